"""WebSub (W3C, 2018): hubs that tell us of news; pure.

A feed names its hub and its own address (`named`). We ask the hub to subscribe us
(`request`), it asks back whether we meant it (`answered`), and then it posts what is new,
signed with a secret that only it and we know (`is_signed`). What follows from each event
is a new Subscription; nobody here talks to anybody.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from monitor.model import Subscribed, Subscription

LEASE = timedelta(days=10)
"""What we ask for; the hub decides."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)
"""What we take a hub's lease for at least and at most."""
VERIFIED_WITHIN = timedelta(hours=1)
"""A hub that has not asked back by then is asked again."""
BACKUP = timedelta(days=1)
"""How often a feed is polled whose hub has proved that it tells us of news."""
_RENEW_AFTER = 0.75
_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=5), timedelta(days=1)
_DENIED_AGAIN = timedelta(days=7)
_MOST_HUBS = 5
_LONGEST_URL = 2000
_LONGEST_HEADER = 16 * 1024
_LINK = re.compile(r"<([^<>]{1,2000})>((?:\s*;\s*[\w!*-]{1,40}\s*=\s*(?:\"[^\"]{0,500}\"|'[^']{0,500}'|[^\s\",;]{1,500}))*)")  # fmt: skip
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\",;]+))", re.IGNORECASE)  # fmt: skip
_METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Where news of a topic can be subscribed to."""

    hubs: tuple[str, ...]
    """In the publisher's order; http or https."""
    topic: str
    """The feed's own address, as it states it (rel="self")."""


def named(
    headers: Mapping[str, str], hubs: tuple[str, ...], topic: str, url: str
) -> Offer | None:
    """Return what a feed offers; None where it names no hub.

    `headers` are the answer's, `hubs` and `topic` what the document itself says: the
    Link header takes precedence (4). Without rel="self" the topic is `url`, without the
    login that a person may have put into it: hubs are strangers.
    """
    url = _without_login(url)
    links = _links(headers.get("link", ""))
    found = [target for rel, target in links if rel == "hub"] or list(hubs)
    selves = [target for rel, target in links if rel == "self"] or [topic]
    usable = [one for one in (_web(hub, url) for hub in found) if one][:_MOST_HUBS]
    if not usable:
        return None
    return Offer(tuple(dict.fromkeys(usable)), _web(selves[0], url) or url)


def _links(header: str) -> list[tuple[str, str]]:
    """Return (relation, target) of a Link header (RFC 8288)."""
    found = []
    for link in _LINK.finditer(header[:_LONGEST_HEADER]):
        rel = _REL.search(link[2])
        if rel is not None:
            words = (rel[1] or rel[2] or rel[3] or "").lower().split()
            found += [(word, link[1].strip()) for word in words]
    return found


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _web(url: str, base: str) -> str:
    try:
        absolute = urljoin(base, url.strip())
        parts = urlsplit(absolute)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    usable = usable and absolute.isprintable() and len(absolute) <= _LONGEST_URL
    return absolute if url and usable else ""


# ── what we ask ──────────────────────────────────────────────────────────────


def begun(
    offered: Subscription, token: str, secret: str, now: datetime
) -> Subscription:
    """Return an offer as a subscription that is to be asked for now.

    `token` makes the callback's path, which nobody can guess; `secret` signs.
    """
    return replace(
        offered,
        state=Subscribed.ASKING,
        token=token,
        secret=secret,
        due=now,
        failures=0,
        problem="",
    )


def request(subscription: Subscription, callback: str) -> dict[str, str]:
    """Return the form that is posted to the hub: subscribe, renew or unsubscribe."""
    form = {"hub.callback": callback, "hub.topic": subscription.topic}
    if subscription.state is Subscribed.ENDING:
        return {**form, "hub.mode": "unsubscribe"}
    return {
        **form,
        "hub.mode": "subscribe",
        "hub.secret": subscription.secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }


def accepted(subscription: Subscription, now: datetime) -> Subscription:
    """Return it when the hub took the request: if it never asks back, it is asked again."""
    asked = (
        Subscribed.ASKED
        if subscription.state is Subscribed.ASKING
        else subscription.state
    )
    return replace(
        subscription,
        state=asked,
        due=now + VERIFIED_WITHIN,
        failures=subscription.failures + 1,
        problem="",
    )


def failed(subscription: Subscription, why: str, now: datetime) -> Subscription:
    """Return it when the hub could not be asked: later, and ever later."""
    wait = _FIRST_RETRY * 2 ** min(subscription.failures, 16)
    return replace(
        subscription,
        due=now + min(wait, _LONGEST_RETRY),
        failures=subscription.failures + 1,
        problem=why,
    )


# ── what the hub says ────────────────────────────────────────────────────────


def answered(
    subscription: Subscription, query: Mapping[str, str], now: datetime
) -> tuple[Subscription | None, str | None]:
    """Return what a hub's question (5.3) makes of a subscription, and our answer.

    The answer is the challenge to echo, or None: then it is 404, we did not mean it.
    The subscription is None where nothing changes.
    """
    mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
    challenge = query.get("hub.challenge", "")
    if topic != subscription.topic:
        return None, None
    if mode == "denied" and subscription.state in _UNWANTED:
        return replace(subscription, state=Subscribed.ENDED, due=now), ""
    if mode == "denied":
        return _denied(subscription, query.get("hub.reason", ""), now), ""
    if mode == "unsubscribe" and challenge:
        if subscription.state is not Subscribed.ENDING:
            return None, None
        return replace(subscription, state=Subscribed.ENDED, due=now), challenge
    meant = {Subscribed.ASKING, Subscribed.ASKED, Subscribed.ACTIVE}
    if mode != "subscribe" or not challenge or subscription.state not in meant:
        return None, None
    if subscription.state is Subscribed.ACTIVE and not subscription.failures:
        # Nothing was asked for since the last answer: it is not ours to prolong.
        return None, challenge
    return _active(subscription, query.get("hub.lease_seconds", ""), now), challenge


_UNWANTED = {Subscribed.ENDING, Subscribed.ENDED}
"""A hub that denies what is to end has ended it; it is not asked for it again."""


def _active(subscription: Subscription, lease: str, now: datetime) -> Subscription:
    stated = timedelta(seconds=int(lease)) if re.fullmatch(r"\d{1,9}", lease) else LEASE
    lasts = min(max(stated, SHORTEST), LONGEST)
    return replace(
        subscription,
        state=Subscribed.ACTIVE,
        due=now + lasts * _RENEW_AFTER,
        lease_until=now + lasts,
        failures=0,
        problem="",
    )


def _denied(subscription: Subscription, reason: str, now: datetime) -> Subscription:
    said = f": {' '.join(reason.split())[:200]}" if reason else ""
    return replace(
        subscription,
        state=Subscribed.DENIED,
        due=now + _DENIED_AGAIN,
        lease_until=None,
        problem=f"the hub denies the subscription{said}",
    )


def is_signed(subscription: Subscription, header: str, body: bytes) -> bool:
    """Return whether X-Hub-Signature, `method=hex`, is that of the body (7.1)."""
    method, _, given = header.strip().partition("=")
    algorithm = _METHODS.get(method.strip().lower())
    if algorithm is None or not subscription.secret:
        return False
    made = hmac.new(subscription.secret.encode(), body, algorithm).hexdigest()
    stated = given.strip().lower().encode("utf-8", "replace")
    return hmac.compare_digest(made.encode(), stated)


# ── what is done next ────────────────────────────────────────────────────────


def lapsed(subscription: Subscription, now: datetime) -> Subscription:
    """Return the subscription as it stands: one past its lease has to be asked for."""
    until = subscription.lease_until
    if subscription.state is Subscribed.ACTIVE and until is not None and until <= now:
        return replace(
            subscription,
            state=Subscribed.ASKING,
            lease_until=None,
            problem=subscription.problem or "the lease ended before it was renewed",
        )
    if subscription.state in {Subscribed.DENIED, Subscribed.ASKED}:
        return replace(subscription, state=Subscribed.ASKING)
    return subscription


def relied_until(subscription: Subscription) -> datetime | None:
    """Return until when a hub's pushes stand for most polls; None where they do not.

    Many feeds name a hub that nobody tells of anything. One is relied on from its first
    push on, until a poll finds news that it did not push; the next push mends that.
    """
    if subscription.state is not Subscribed.ACTIVE or subscription.last_push is None:
        return None
    missed = subscription.missed
    if missed is not None and missed >= subscription.last_push:
        return None
    return subscription.lease_until
