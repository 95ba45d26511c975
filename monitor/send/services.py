"""Receivers that are services with an API of their own: chats, pagers, Alertmanager.

Each is a POST of JSON to one address. Limits and markup are `render.chat`'s; here stand
the address, the rate that the service allows, and what its answers mean.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from monitor.clock import Clock
from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.send.deliveries import Receipt
from monitor.send.links import Links
from monitor.send.logins import NO_LOGIN, Login
from monitor.send.posting import Post
from monitor.send.render import Voice, chat
from monitor.send.render.chat import Said
from monitor.send.render.chat_bundle import of_bundle
from monitor.send.render.wire import encoded, moment

Json = dict[str, Any] | list[dict[str, Any]]

_MENDS = {
    400: "the service refuses what it was sent",
    401: "check the token",
    403: "check the token, and whether it may write there",
    404: "the address or channel is gone; make a new one",
    429: "it asks for fewer messages",
}


@dataclass(frozen=True, slots=True)
class Amended:
    """What a service that refused a message wants instead."""

    content: bytes
    told: str
    """What the operator is to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is particular to one service."""

    kind: str
    url: str = field(repr=False)
    make: Callable[[Said, str], Json] = field(repr=False)
    """Renders a message; the second argument names the alert."""
    spacing: timedelta = timedelta()
    """The shortest time between two messages that the service allows."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    seal: Callable[[bytes, datetime], bytes] = field(
        default=lambda content, _: content, repr=False
    )
    """Puts into the stored body what is not kept, such as a secret, at the moment of an
    attempt."""
    hide: tuple[str, ...] = field(default=(), repr=False)
    """Secrets in the address or the headers."""
    room: int = 2900
    """How much of several alerts one message holds."""
    size: Callable[[str], int] = field(default=chat.units, repr=False)
    """How the service counts that."""
    each: Callable[[Bundle, Voice], Json] | None = field(default=None, repr=False)
    """Renders several alerts where the service takes a list of them."""
    mends: Mapping[int, str] = field(default_factory=dict, repr=False)
    """What to do about a status, where it is not the usual."""
    gone: frozenset[int] = frozenset()
    """Statuses that say: this address will never work again."""
    stays_open: bool = False
    """Whether what it is told of stays open there until it is told of the end."""
    amend: Callable[[bytes, Receipt], Amended | None] | None = None
    """Reads in a refusal what would be taken, which is then sent at once."""


@dataclass(slots=True, kw_only=True, eq=False)
class ServiceChannel:
    """One configured service."""

    name: str
    service: Service
    client: httpx.AsyncClient = field(repr=False)
    clock: Clock
    timeout: timedelta = timedelta(seconds=15)
    recipients: tuple[str, ...] = ("",)
    links: Links | None = None
    """Where silences are taken; None: nowhere."""
    voice: Voice = field(default_factory=Voice)
    """In which language and time zone its messages speak."""
    _next: float = field(default=0.0, init=False)

    @property
    def kind(self) -> str:
        """Which service."""
        return self.service.kind

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render an alert."""
        said = chat.of_notice(notice, self.voice)
        if self.links is not None:
            said = replace(said, silence=self.links.silence(notice, delivery))
        return self._body(said, notice.alert.id)

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render several alerts as one message."""
        if self.service.each is not None:
            content = encoded(self.service.each(bundle, self.voice))
            return Body(content_type="application/json", content=content)
        service = self.service
        said = of_bundle(bundle, service.room, service.size, self.voice)
        return self._body(said, delivery.id)

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a message that says it is a test."""
        return self._body(chat.of_ping(self.name, now, self.voice), delivery.id)

    def compose_end_of_test(self, delivery: Delivery, now: datetime) -> Body | None:
        """Render what ends all that a test message begins there; None: nothing has to."""
        if not self.service.stays_open:
            return None
        said = chat.of_ping(self.name, now, self.voice)
        return self._body(replace(said, over=True), delivery.id)

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render what Tocsin says about its own work."""
        said = chat.of_remark(remark, now)
        return self._body(said, said.about or delivery.id)

    def _body(self, said: Said, about: str) -> Body:
        made = self.service.make(said, about)
        return Body(content_type="application/json", content=encoded(made))

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """POST once, no sooner than the service allows; once more where it says how."""
        await self._take_turn()
        began = asyncio.get_running_loop().time()
        receipt = await self._post(delivery, body, self.timeout)
        amend = self.service.amend
        amended = amend(body.content, receipt) if amend else None
        if amended is None:
            return receipt
        spent = timedelta(seconds=asyncio.get_running_loop().time() - began)
        changed = replace(body, content=amended.content)
        second = await self._post(delivery, changed, self.timeout - spent)
        told = "; ".join(filter(None, (second.problem, amended.told)))
        return replace(second, problem=told)

    async def _post(self, delivery: Delivery, body: Body, left: timedelta) -> Receipt:
        post = Post(
            client=self.client,
            url=self.service.url,
            clock=self.clock,
            timeout=left,
            mends={**_MENDS, **self.service.mends},
            hide=self.service.hide,
        )
        headers = {
            "content-type": body.content_type,
            "accept-encoding": "identity",
            "idempotency-key": delivery.id,
            **self.service.headers,
        }
        receipt = await post.send(
            headers, self.service.seal(body.content, self.clock.now())
        )
        if receipt.status.isdecimal() and int(receipt.status) in self.service.gone:
            disable = f"it answered {receipt.status}: the address is gone"
            return replace(receipt, outcome="permanent", disable=disable)
        return receipt

    async def _take_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + self.service.spacing.total_seconds()
        if turn > now:
            await asyncio.sleep(turn - now)


_LOGIN_MENDS = {
    401: "check the username and password, or the token",
    403: "check the username and password, or the token, and what they may do",
}
_ALERTMANAGER_MENDS = {
    **_LOGIN_MENDS,
    404: "check url: the path under which it is served belongs to it",
}
_LASTS = timedelta(hours=6)
"""How long Alertmanager shows an alert that nobody ends."""


# ── which there are ──────────────────────────────────────────────────────────


def slack(url: str) -> Service:
    """Return a Slack incoming webhook: one message a second."""
    return Service(
        kind="slack",
        url=url,
        make=lambda said, _: chat.slack(said),
        spacing=timedelta(seconds=1),
        hide=_path(url),
    )


def discord(url: str) -> Service:
    """Return a Discord webhook: five messages in two seconds.

    Unless it is asked to wait it says 204 also of a message that it then does not keep.
    """
    return Service(
        kind="discord",
        url=str(httpx.URL(url).copy_set_param("wait", "true")),
        make=lambda said, _: chat.discord(said),
        spacing=timedelta(seconds=0.4),
        hide=_path(url),
        gone=frozenset({404}),
    )


def teams(url: str) -> Service:
    """Return a Microsoft Teams workflow: four messages a second."""
    return Service(
        kind="teams",
        url=url,
        make=lambda said, _: chat.teams(said),
        room=24_000,
        size=lambda text: len(encoded(text)),
        spacing=timedelta(seconds=0.25),
        hide=_path(url),
    )


def telegram(api: str, token: str, to: str) -> Service:
    """Return a Telegram bot: one message a second to a chat."""
    return Service(
        kind="telegram",
        url=f"{api.rstrip('/')}/bot{token}/sendMessage",
        make=lambda said, _: chat.telegram(said, to),
        spacing=timedelta(seconds=1),
        hide=(token,),
        amend=_to_supergroup,
    )


def _to_supergroup(content: bytes, receipt: Receipt) -> Amended | None:
    """Return the message for the number that a group has since it is a supergroup."""
    try:
        number = json.loads(receipt.response)["parameters"]["migrate_to_chat_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if receipt.outcome != "refused" or not isinstance(number, int):
        return None
    told = f'the group became a supergroup; write chat: "{number}" in the configuration'
    made = {**json.loads(content), "chat_id": str(number)}
    return Amended(encoded(made), told)


def ntfy(url: str, topic: str, login: Login = NO_LOGIN) -> Service:
    """Return a topic on an ntfy server."""
    return Service(
        kind="ntfy",
        url=url,
        make=lambda said, _: chat.ntfy(said, topic),
        room=3400,
        size=lambda text: len(text.encode()),
        headers=login.headers,
        hide=login.hide,
        mends=_LOGIN_MENDS,
    )


def mattermost(url: str) -> Service:
    """Return a Mattermost incoming webhook."""
    return Service(
        kind="mattermost",
        url=url,
        make=lambda said, _: chat.mattermost(said),
        room=12_000,
        spacing=timedelta(seconds=0.1),
        hide=_path(url),
    )


def pagerduty(url: str, routing_key: str) -> Service:
    """Return a PagerDuty integration (Events API v2)."""
    return Service(
        kind="pagerduty",
        url=url,
        make=lambda said, about: chat.pagerduty(said, "", about),
        seal=lambda content, _: _with_key(content, routing_key),
        hide=(routing_key,),
        stays_open=True,
    )


def _with_key(content: bytes, routing_key: str) -> bytes:
    """Return an event with its routing key, which is never stored."""
    return encoded({**json.loads(content), "routing_key": routing_key})


def alertmanager(url: str, login: Login = NO_LOGIN) -> Service:
    """Return an Alertmanager (API v2)."""
    return Service(
        kind="alertmanager",
        headers=login.headers,
        hide=login.hide,
        mends=_ALERTMANAGER_MENDS,
        url=f"{url.rstrip('/')}/api/v2/alerts",
        make=lambda said, _: chat.alertmanager(said, _LASTS),
        seal=_from_now,
        each=lambda bundle, voice: [
            alert
            for notice in bundle.notices
            for alert in chat.alertmanager(chat.of_notice(notice, voice), _LASTS)
        ],
    )


def _from_now(content: bytes, now: datetime) -> bytes:
    """Return alerts that last as long from now on as from when they were decided.

    What was due for hours, or waited for a digest, would else have ended by now:
    Alertmanager tells nobody of an alert that begins and is over.
    """
    return encoded([_lasting(one, now) for one in json.loads(content)])


def _lasting(alert: dict[str, Any], now: datetime) -> dict[str, Any]:
    begins, ends = (
        datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt")
    )
    if ends <= begins:  # it is over
        return alert
    return {**alert, "endsAt": moment(max(ends, now + (ends - begins)))}


def _path(url: str) -> tuple[str, ...]:
    """Return the secret parts of a webhook's address: what follows the host."""
    whole = httpx.URL(url).raw_path.decode("ascii", "replace")
    path, _, query = whole.partition("?")
    return tuple(part for part in (path, query) if len(part) > 1)
