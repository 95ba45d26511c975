"""What a feed's state is after a poll, and how the poll is remembered; pure."""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.collect import cadence
from monitor.collect.parse import ParsedFeed
from monitor.model import (
    BY_HAND,
    Exchange,
    FeedLease,
    FeedState,
    Fetched,
    Polled,
)
from monitor.pipeline.reading import Read

WHOLE_AFTER = timedelta(days=8)
"""A server that says "unchanged" for so long is asked for the whole feed once."""
_DELTA = 226


@dataclass(frozen=True, slots=True)
class Answer:
    """One poll: what was leased, what came, and when."""

    lease: FeedLease
    exchange: Exchange
    read: Read
    now: datetime


def to_ask(state: FeedState, now: datetime) -> FeedState:
    """Return the state whose validators go along: none when it is time for the whole.

    Some servers answer 304 for ever to a validator that they once handed out.
    """
    stale = state.last_full is not None and now - state.last_full > WHOLE_AFTER
    return replace(state, etag="", last_modified="") if stale else state


def succeeded(answer: Answer, new_items: int, chance: float) -> FeedState:
    """Return the state after a poll that was answered; `chance` is in [0, 1)."""
    lease, exchange, now = answer.lease, answer.exchange, answer.now
    before = _with_what_it_says(lease.state, answer.read.parsed)
    chosen = cadence.after_success(
        lease.feed,
        before,
        exchange,
        new_items=new_items,
        now=now,
        chance=chance,
    )
    etag, last_modified = _validators(lease.state, exchange)
    full = exchange.outcome is Fetched.BODY and exchange.status != _DELTA
    return replace(
        before,
        last_full=now if full else lease.state.last_full,
        asked_until=now + chosen.asked if chosen.asked else None,
        etag=etag,
        last_modified=last_modified,
        body_hash=answer.read.body_hash,
        interval=chosen.interval,
        failures=0,
        last_polled=now,
        last_ok=now,
        last_new=now if new_items else lease.state.last_new,
        status=answer.read.status,
        problem="",
        poll_after=chosen.poll_after,
        reason=chosen.reason,
        moved_to=exchange.permanent_url,
        moved_count=_moved(lease.state, exchange),
    )


def failed(answer: Answer, chance: float, *, offline: bool) -> FeedState:
    """Return the state after a poll that failed.

    Nothing of the answer is kept, least of all the validators.
    """
    before, now = answer.lease.state, answer.now
    chosen = cadence.after_failure(
        answer.lease.feed,
        before,
        answer.exchange,
        now=now,
        chance=chance,
        offline=offline,
    )
    return replace(
        before,
        asked_until=now + chosen.asked if chosen.asked else None,
        # Where the new address does not work, the old one is asked again.
        moved_count=min(before.moved_count, cadence.MOVED_AFTER - 1),
        interval=chosen.interval,
        failures=before.failures + (0 if offline else 1),
        last_polled=now,
        status=answer.read.status,
        problem=answer.read.problem,
        poll_after=chosen.poll_after,
        reason=chosen.reason,
    )


def pushed(answer: Answer, new_items: int) -> FeedState:
    """Return the state after a push.

    Validators and the next poll stay, since a push may be a part of the feed. One that
    cannot be read, or says only that there is news, is asked for as soon as may be.
    """
    before, now = answer.lease.state, answer.now
    state = replace(before, last_new=now if new_items else before.last_new)
    if answer.read.parsed is not None or answer.read.status == "unchanged":
        return state
    polled = before.last_polled or now
    soon = max(now, polled + answer.lease.feed.every, before.asked_until or now)
    if before.poll_after is None or before.poll_after <= soon:
        return state
    return replace(state, poll_after=soon, reason="its hub sent what cannot be read")


def asks_for_its_host(answer: Answer, after: FeedState) -> bool:
    """Say whether a server's wish to be left alone is meant for all its feeds.

    The server is the one that answered, which is another one after a redirect.
    """
    asks = (
        after.asked_until is not None
        and answer.exchange.status in cadence.STATUS_TELLING_WHEN
    )
    return asks and _is_public(answer.exchange.final_url)


def remembered(answer: Answer, after: FeedState, new_items: int) -> Polled:
    """Return a poll as it is remembered."""
    before, at = answer.lease.state, answer.now
    has_validators = bool(before.etag or before.last_modified)
    asked = to_ask(before, at)
    asked_until = before.asked_until
    by_hand = before.reason == BY_HAND
    parsed = answer.read.parsed
    return Polled(
        at=at,
        status=answer.exchange.status,
        outcome=after.status,
        problem=after.problem,
        conditional=bool(asked.etag or asked.last_modified),
        whole=not has_validators or asked is not before,
        early=asked_until is not None and at < asked_until and not by_hand,
        took=answer.exchange.took,
        size=len(answer.exchange.body),
        new_items=new_items,
        format=parsed.format if parsed else "",
        asked=after.asked_until - at if after.asked_until else timedelta(),
    )


def _with_what_it_says(state: FeedState, parsed: ParsedFeed | None) -> FeedState:
    """Return the state with what the document asks for, and what was wrong with it.

    Where there is none, as of one that is unchanged, the last one's stands.
    """
    if parsed is None:
        return state
    return replace(
        state,
        ttl=parsed.ttl or timedelta(),
        skip=parsed.skip,
        notes="; ".join(parsed.notes),
    )


def _is_public(url: str) -> bool:
    """Say whether a host's wish to be left alone is meant for all of its feeds.

    An aggregator of one's own, on a private name or address, serves many publishers.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host.endswith((".local", ".internal", ".lan", ".home.arpa")) or "." not in host:
        return False
    try:
        return not ipaddress.ip_address(host).is_private
    except ValueError:
        return True


def _validators(state: FeedState, exchange: Exchange) -> tuple[str, str]:
    """Return ETag and Last-Modified to echo next time, verbatim.

    A 304 may renew them (RFC 9111, 4.3.4); a 200 without them means none.
    """
    unchanged = exchange.outcome is Fetched.NOT_MODIFIED
    return (
        exchange.headers.get("etag", state.etag if unchanged else ""),
        exchange.headers.get("last-modified", state.last_modified if unchanged else ""),
    )


def _moved(state: FeedState, exchange: Exchange) -> int:
    """Count the polls in a row that were redirected permanently to one place."""
    if not exchange.permanent_url:
        return 0
    return state.moved_count + 1 if exchange.permanent_url == state.moved_to else 1
