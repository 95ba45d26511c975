"""The webhook receiver: a signed POST as in Standard Webhooks 1.0.

The body is sent byte for byte as it was stored; only the timestamp, the
signature and the attempt's number are new each time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from monitor.clock import Clock
from monitor.errors import InputRefused, Problem
from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.send import messages, render, signatures
from monitor.send.deliveries import Receipt
from monitor.send.links import Links
from monitor.send.logins import NO_LOGIN, Login
from monitor.send.messages import Format
from monitor.send.posting import Post
from monitor.send.templates import Form

_SIGNED_ELSEWHERE = "check that the receiver and Tocsin have the same secret"
_LOGGED_IN_ELSEWHERE = "check the username and password, or the token"
_SECRET = 4
"""Characters from which on a text may be a secret."""
_MENDS = {
    401: _SIGNED_ELSEWHERE,
    403: _SIGNED_ELSEWHERE,
    404: "check the address",
    405: "the address takes no POST; check it",
    410: "the receiver is disabled until `tocsin receivers enable`",
    413: "the receiver must take 64 KiB",
    429: "it asks for fewer messages",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """One webhook.

    Where no secret is configured messages carry no signature; `tocsin check`
    warns of that. The client must be guarded against private addresses; its
    refusal to connect counts as a temporary failure.
    """

    name: str
    url: str
    client: httpx.AsyncClient = field(repr=False)
    clock: Clock
    """Real time, also where the rest of the program replays the past: receivers
    refuse old timestamps."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """`whsec_...` or `whsk_...`; two while rotating. A wrong one raises InputRefused."""
    format: Format = "tocsin"
    form: Form = field(default_factory=Form)
    """The body and the headers that the operator wrote, where there are such."""
    links: Links | None = None
    """Where silences are taken; None: nowhere."""
    login: Login = NO_LOGIN
    user_agent: str = "Tocsin"
    timeout: timedelta = timedelta(seconds=15)
    """For the whole exchange."""
    kind: str = field(init=False, default="webhook")
    recipients: tuple[str, ...] = field(init=False, default=("",))
    _keys: tuple[signatures.Key, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the secrets once."""
        try:
            keys = tuple(signatures.read_key(secret) for secret in self.secrets)
        except ValueError as error:
            problem = Problem(
                where=f"receiver {self.name}",
                field="webhook.secret",
                message=str(error),
                mend="make one with `tocsin webhook secret`",
            )
            raise InputRefused([problem]) from None
        object.__setattr__(self, "_keys", keys)

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render the payload; MessageProblem where a template fails."""
        silence = self.links.silence(notice, delivery) if self.links else ""
        payload = render.payload(notice, delivery.id, silence)
        plain = messages.body_of(self.format, payload, [notice])
        values_of = messages.values_of_notice
        return self._body(plain, values_of, notice, delivery.id, silence)

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render several alerts as one message."""
        payload = render.bundle_payload(bundle, delivery.id)
        plain = messages.body_of(self.format, payload, bundle.notices)
        return self._body(plain, messages.values_of_bundle, bundle, delivery.id)

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a payload of type `test.ping`."""
        plain = messages.body_of(self.format, render.ping(self.name, delivery.id, now))
        return self._body(plain, messages.values_of_ping, self.name, delivery.id, now)

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render a payload of the remark's type."""
        plain = messages.body_of(self.format, render.remark(remark, delivery.id, now))
        return self._body(plain, messages.values_of_remark, remark, delivery.id, now)

    def _body(
        self, plain: Body, values_of: Callable[..., Mapping[str, Any]], *about: Any
    ) -> Body:
        form = self.form
        own = form.body is not None or form.headers
        values = values_of(*about) if own else {}
        if form.body is not None:
            plain = Body(content_type=form.content_type, content=form.make_body(values))
        return replace(plain, headers=form.make_headers(values))

    def headers(self, delivery: Delivery, body: Body) -> dict[str, str]:
        """Return the headers of an attempt that is made now."""
        timestamp = int(self.clock.now().timestamp())
        headers = {
            "user-agent": self.user_agent,
            **{name.lower(): value for name, value in self.form.fixed.items()},
            **{name.lower(): value for name, value in body.headers},
            **self.login.headers,
            "content-type": body.content_type,
            "accept-encoding": "identity",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "idempotency-key": delivery.id,
            "x-tocsin-attempt": str(delivery.attempts + 1),
        }
        if delivery.replays:
            headers["x-tocsin-replay"] = str(delivery.replays)
        if self._keys:
            headers["webhook-signature"] = signatures.sign(
                self._keys, delivery.id, timestamp, body.content
            )
        return headers

    @property
    def _hidden(self) -> tuple[str, ...]:
        """What an answer may repeat and nobody is to read: queries and own headers."""
        query = httpx.URL(self.url).query.decode("ascii", "replace")
        values = self.form.fixed.values()
        last = (value.rpartition(" ")[2] for value in values)
        hidden = (query, *values, *last, *self.login.hide)
        return tuple(one for one in hidden if len(one) >= _SECRET)

    @property
    def _mends(self) -> Mapping[int, str]:
        if not self.login.value:
            return _MENDS
        return {**_MENDS, 401: _LOGGED_IN_ELSEWHERE, 403: _LOGGED_IN_ELSEWHERE}

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """POST the body once; redirects are not followed."""
        post = Post(
            client=self.client,
            url=self.url,
            clock=self.clock,
            timeout=self.timeout,
            mends=self._mends,
            hide=self._hidden,
        )
        return await post.send(self.headers(delivery, body), body.content)
