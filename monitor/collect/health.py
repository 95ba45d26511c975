"""How a feed fares, from its last polls: one word, and why; pure.

new        not polled yet
ok         it answers, and brings what it used to bring
failing    its last polls failed
gone       it says that it is gone for good (410)
offline    it did not answer, and nor did any other: it is not to blame
silent     it answers, and has brought nothing for longer than it ever was quiet
empty      it answers, and has never brought an item
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.model import FeedState, Polled

WINDOW = timedelta(days=15)
"""How far back the polls go that a feed is judged by: two weeks show a weekly rhythm."""
ENOUGH_NEWS = 5
"""Polls with news from which on a feed has a rhythm."""
SHORTEST_SILENCE = timedelta(days=1)
_SILENT = 2.0
"""How many times the longest quiet time of the last two weeks is silence."""
_GIVEN_TIME = timedelta(days=1)
"""After how long a feed without any item is empty."""
_GONE = 410
_DAYS_FROM = timedelta(days=2)
"""Times as long as this are told in days."""

UNHEALTHY = frozenset({"failing", "gone", "offline", "silent", "empty"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a feed fares."""

    state: str
    reason: str
    polls: int = 0
    """Of the last two weeks."""
    success: float | None = None
    """The share of them that were answered, 0 to 1."""
    took: timedelta = timedelta()
    """The median time of an answer."""
    items_a_day: float = 0.0
    longest_quiet: timedelta = timedelta()
    """Between two polls with news."""
    formats: tuple[str, ...] = ()
    """What it was, the latest first; more than one where it changed."""


def health(state: FeedState, polls: Sequence[Polled], now: datetime) -> Health:
    """Return how a feed fares; `polls` are those of two weeks, the newest first.

    Of a quiet feed they hold also older ones with news: the rhythm that it had.
    """
    quiet = _quiet_times(polls)
    word, reason = _state(state, polls, quiet, now)
    polls = [one for one in polls if (one.last or one.at) >= now - WINDOW]
    count = sum(one.times for one in polls)
    good = sum(one.times for one in polls if one.outcome in {"ok", "unchanged"})
    first = min((one.at for one in polls), default=now)
    days = max((now - first) / timedelta(days=1), 1.0)
    times = sorted(one.took for one in polls if one.status)
    return Health(
        state=word,
        reason=reason,
        polls=count,
        success=good / count if count else None,
        took=times[len(times) // 2] if times else timedelta(),
        items_a_day=sum(one.new_items for one in polls) / days,
        longest_quiet=max(quiet, default=timedelta()),
        formats=tuple(dict.fromkeys(one.format for one in polls if one.format)),
    )


def _state(
    state: FeedState,
    polls: Sequence[Polled],
    quiet: Sequence[timedelta],
    now: datetime,
) -> tuple[str, str]:
    if state.last_polled is None:
        return "new", "not polled yet"
    if state.failures:
        gone = bool(polls) and polls[0].status == _GONE
        return "gone" if gone else "failing", _failing(state, now)
    if state.problem:
        return "offline", _unblamed(state, now)
    if state.last_new is None:
        waited = now - (min((one.at for one in polls), default=now))
        if waited < _GIVEN_TIME:
            return "ok", "it answers; nothing has come yet"
        return "empty", f"it answers, and no item has come in {_days(waited)}"
    return _rhythm(now - state.last_new, quiet)


def _failing(state: FeedState, now: datetime) -> str:
    times = "poll" if state.failures == 1 else "polls in a row"
    return f"{state.failures} {times} failed{_since(state, now)}: {state.problem}"


def _unblamed(state: FeedState, now: datetime) -> str:
    return f"no feed answers{_since(state, now)}: {state.problem}"


def _since(state: FeedState, now: datetime) -> str:
    good = state.last_ok
    return f", the last good one {_days(now - good)} ago" if good else ""


def _rhythm(silence: timedelta, quiet: Sequence[timedelta]) -> tuple[str, str]:
    longest = max(quiet, default=timedelta())
    if len(quiet) + 1 >= ENOUGH_NEWS:
        limit = max(longest * _SILENT, SHORTEST_SILENCE)
        if silence > limit:
            quiet_for = f"nothing new for {_days(silence)}"
            usual = f"before, it was never quiet for more than {_days(longest)}"
            return "silent", f"{quiet_for}; {usual}"
    return "ok", f"last news {_days(silence)} ago"


def _quiet_times(polls: Sequence[Polled]) -> list[timedelta]:
    """Return the times between polls with news."""
    news = sorted(one.at for one in polls if one.new_items)
    return [after - before for before, after in pairwise(news)]


def _days(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    if hours < 1:
        return f"{max(round(hours * 60), 0)} min"
    return f"{hours:.0f} h" if time < _DAYS_FROM else f"{hours / 24:.0f} days"
