"""When to poll a feed again, and why.

The interval follows the feed: it shortens with what is new and lengthens with every
poll that brought nothing. What the publisher asks for (Retry-After, max-age, ttl) is
a floor under it; what a publisher may ask for has a ceiling, so that one wrong header
silences no feed. Chance spreads polls, so that feeds that started together drift
apart.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from monitor.model import Exchange, Feed, FeedState

LONGEST_QUIET = timedelta(hours=1)
"""The widest interval of a feed that answers: an alert may wait no longer for it."""
LONGEST_FAILING = timedelta(hours=24)
"""The widest interval of one that does not."""
LONGEST_ASKED = timedelta(hours=24)
"""The most that a publisher's hint may put a poll off."""
OFFLINE = timedelta(minutes=1)
"""Between tries while no feed answers at all."""
GONE = timedelta(days=7)
"""Between polls of a feed that says it is gone (410)."""
LONGEST_REST = timedelta(days=3)
"""The longest rest that skipHours and skipDays may ask for: a weekend."""
MOVED_AFTER = 10
"""Permanent redirects in a row to one place after which that place is asked at once."""
_SHORTEST = timedelta(seconds=1)
_JITTER = 0.1
_FASTER = 0.5
_SLOWER = 1.25
_STATUS_GONE = 410
STATUS_TELLING_WHEN = frozenset({429, 503})
"""Answers with which a server asks to be left alone for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """When a feed is polled next."""

    poll_after: datetime
    interval: timedelta
    """What the next choice goes from; without hints and jitter."""
    reason: str
    """One sentence for people."""
    asked: timedelta = timedelta()
    """How long the publisher asked to be left alone, within our ceiling."""


def after_success(  # noqa: PLR0913 - all of it decides
    feed: Feed,
    state: FeedState,
    exchange: Exchange,
    *,
    new_items: int,
    now: datetime,
    chance: float,
) -> Cadence:
    """Choose after a poll that was answered; `state` has the feed's own wishes.

    `chance` is drawn from [0, 1).
    """
    shortest = max(feed.every, _SHORTEST)
    longest = max(LONGEST_QUIET, shortest)
    before = state.interval or shortest
    if new_items:
        interval = max(shortest, before * _FASTER)
        reason = f"{new_items} new, so every {_shown(interval)}"
    elif state.last_polled is None:
        interval = shortest
        reason = f"first poll, so every {_shown(interval)}"
    else:
        interval = min(longest, max(shortest, before * _SLOWER))
        reason = f"nothing new, so every {_shown(interval)}"
    asked, asker = _asked(exchange.headers, state.ttl, now)
    waited = interval
    if asked > interval:
        waited = asked
        reason = f"{asker} asks for {_shown(asked)}"
    due = now + waited * (1 + _JITTER * chance)
    allowed = _rested(due, state.skip, now, chance)
    if allowed > due:
        reason = _resting(allowed)
    return Cadence(
        poll_after=max(due, allowed),
        interval=interval,
        reason=reason,
        asked=max(asked, allowed - now if allowed > due else timedelta()),
    )


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _rested(due: datetime, skip: str, now: datetime, chance: float) -> datetime:
    """Return `due`, or some time after the rest in which it falls.

    Everybody whose rest ends at the full hour would come at the full hour.
    """
    ends = _after_rest(due, skip, now)
    return ends + timedelta(minutes=30) * chance if ends > due else due


def _resting(until: datetime) -> str:
    return f"the feed asks not to be polled before {until:%a %H:%M}Z"


def _after_rest(due: datetime, skip: str, now: datetime) -> datetime:
    """Return `due`, or the end of the hours and days in which the feed rests.

    RSS 2.0, skipHours and skipDays, in GMT. One that always rests is not believed.
    """
    words = set(skip.split(",")) - {""}
    moment = due.astimezone(UTC)
    while str(moment.hour) in words or _DAYS[moment.weekday()] in words:
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if moment - now > max(LONGEST_REST, due - now):
            return due
    return moment


def after_failure(  # noqa: PLR0913 - all of it decides
    feed: Feed,
    state: FeedState,
    exchange: Exchange,
    *,
    now: datetime,
    chance: float,
    offline: bool,
) -> Cadence:
    """Choose after a poll that failed.

    `offline` says that no feed answers: that is this machine's trouble, so the feed
    keeps its interval and is tried again soon.
    """
    shortest = max(feed.every, _SHORTEST)
    before = state.interval or shortest
    if offline:
        return Cadence(
            poll_after=now + OFFLINE * (1 + _JITTER * chance),
            interval=before,
            reason="no feed answers, so the fault is on this side; trying again soon",
        )
    if exchange.status == _STATUS_GONE and state.moved_count < MOVED_AFTER:
        waited, reason = GONE, "the server says that the feed is gone for good (410)"
    else:
        doublings = min(state.failures, 10)
        waited = min(max(LONGEST_FAILING, shortest), shortest * 2**doublings)
        count = state.failures + 1
        times = "failure" if count == 1 else "failures in a row"
        reason = f"{count} {times}, so in {_shown(waited)}"
    asked = timedelta()
    if exchange.status in STATUS_TELLING_WHEN:
        asked = min(_retry_after(exchange.headers, now), LONGEST_ASKED)
        if asked > waited:
            waited, reason = asked, f"the server asks for {_shown(asked)} (Retry-After)"
    due = now + waited * (1 + _JITTER * chance)
    allowed = _rested(due, state.skip, now, chance)
    if allowed > due:
        reason = f"{reason}; {_resting(allowed)}"
    return Cadence(
        poll_after=max(due, allowed),
        interval=before,
        reason=reason,
        asked=asked,
    )


def _asked(
    headers: Mapping[str, str], ttl: timedelta, now: datetime
) -> tuple[timedelta, str]:
    """Return the longest wait that the publisher asks for, and where it says so."""
    hints = (
        (_retry_after(headers, now), "Retry-After"),
        (_fresh_for(headers, now), "Cache-Control or Expires"),
        (ttl, "the feed itself"),
    )
    asked, asker = max(hints, key=lambda hint: hint[0])
    return min(asked, LONGEST_ASKED), asker


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return what Retry-After asks for: seconds or a date (RFC 9110, 10.2.3).

    A date counts from the server's own, since its clock may differ from ours.
    """
    written = headers.get("retry-after", "").strip()
    seconds = _seconds(written)
    if seconds is not None:
        return seconds
    return _until(written, _date(headers.get("date", "")) or now)


def _fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how much longer an answer is fresh (RFC 9111, 4.2).

    max-age; without it Expires, counted from the server's own Date, since its clock may
    differ from ours. Either less Age, the time it has spent in caches.
    """
    control = headers.get("cache-control", "").lower()
    if re.search(r"\bno-(?:cache|store)\b", control):
        return timedelta()
    found = re.search(r"\bmax-age\s*=\s*\"?(\d+)", control)
    if found:
        fresh = _seconds(found[1]) or timedelta()
    else:
        made = _date(headers.get("date", "")) or now
        fresh = _until(headers.get("expires", ""), made)
    age = _seconds(headers.get("age", "").strip()) or timedelta()
    return max(timedelta(), fresh - age)


def _seconds(written: str) -> timedelta | None:
    if not (written.isascii() and written.isdecimal()):
        return None
    capped = int(written) if len(written) < 10 else 10**9  # noqa: PLR2004 - digits
    return timedelta(seconds=capped)


def _until(written: str, start: datetime) -> timedelta:
    moment = _date(written)
    return max(timedelta(), moment - start) if moment else timedelta()


def _date(written: str) -> datetime | None:
    """Read an HTTP date (RFC 9110, 5.6.7)."""
    if not written:
        return None
    try:
        found = parsedate_to_datetime(written)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _shown(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds}s"
    minutes, hours = round(seconds / 60), seconds // 3600
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes}m"
    left = minutes - hours * 60
    return f"{hours}h{left}m" if left > 0 else f"{hours}h"
