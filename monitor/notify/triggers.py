"""When a rule's matches become an alert: pure functions of what is recorded and a time.

each         every story
frequency    so many reports within a time
spike        more reports within a time than the rule's own past makes likely
cardinality  so many different outlets, countries or languages within a time
first_seen   a term, or two terms together, that the rule has never found before
sequence     other rules fired before, in this order, within a time
flatline     no report for so long; told by a tick, since no report brings it

Words and meaning are those of ElastAlert's rule types and of Sigma's correlations. The
same history gives the same answer, live and replayed.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from monitor.model import Happening, Trigger
from monitor.model.counts import counted
from monitor.notify.wording import duration

SEASON = timedelta(days=7)
"""A rule's past is compared at the same hours of the week."""
SEASONS = 4
"""So many weeks of it."""
_MOST = 1_000_000
_LEAST_HISTORY = timedelta(days=2)
"""A younger rule has no past to be compared with."""
_DAYS_FROM = timedelta(days=2)
"""Times as long as this are told in days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a trigger may look at."""

    now: datetime
    item_id: str
    """The report that is decided on."""
    own: Sequence[Happening]
    """Matches of the rule itself, this one included, in order."""
    others: Mapping[str, Sequence[Happening]]
    """Matches of the rules that a sequence names."""
    since: datetime
    """When the oldest item was seen at all: what was before is not known."""


Answer = tuple[bool, str]
"""Whether it is told, and the figures for people."""


def reach(trigger: Trigger) -> timedelta:
    """Return how far back a trigger looks."""
    if trigger.type == "spike":
        return SEASON * SEASONS + trigger.timeframe
    return trigger.timeframe


def answer(trigger: Trigger, past: Past) -> Answer:
    """Say whether a match becomes an alert now."""
    match trigger.type:
        case "frequency":
            return _frequency(trigger, past)
        case "spike":
            return _spike(trigger, past)
        case "cardinality":
            return _cardinality(trigger, past)
        case "first_seen":
            return _first_seen(trigger, past)
        case "sequence":
            return _sequence(trigger, past)
        case "flatline":
            return False, "counted: the rule tells of silence alone"
        case _:
            return True, ""


def flat(trigger: Trigger, since: datetime, now: datetime) -> bool:
    """Say whether a rule has been silent for longer than its trigger allows.

    `since` is its last match; where there is none, when it was first listened to.
    """
    return trigger.type == "flatline" and now - since >= trigger.timeframe


def _within(past: Past, timeframe: timedelta) -> list[Happening]:
    return [one for one in past.own if past.now - timeframe < one.at <= past.now]


def _frequency(trigger: Trigger, past: Past) -> Answer:
    count = len(_within(past, trigger.timeframe))
    said = f"{count} of {counted(trigger.count, 'report')} within {_shown(trigger.timeframe)}"
    return count >= trigger.count, said


def _cardinality(trigger: Trigger, past: Past) -> Answer:
    found = {getattr(one, trigger.field) for one in _within(past, trigger.timeframe)}
    values = sorted(value for value in found if value)
    wanted = (
        f"{len(values)} of {counted(trigger.count, f'different {trigger.field} value')}"
    )
    said = f"{wanted} within {_shown(trigger.timeframe)}: {', '.join(values)[:200]}"
    return len(values) >= trigger.count, said


def _spike(trigger: Trigger, past: Past) -> Answer:
    """Compare with the same hours of former weeks, by Poisson's distribution.

    The setting is how often a false alert is acceptable: one in `false_alerts`. Of the
    windows of `timeframe` in that time one may be called a spike by chance.
    """
    known = past.now - past.since
    if known < _LEAST_HISTORY:
        return False, f"only {_shown(known)} of history, too little to know a spike"
    count = len(_within(past, trigger.timeframe))
    usual = _usual(trigger, past)
    chance = min(trigger.timeframe / trigger.false_alerts, 0.5)
    needed = _needed(usual, chance)
    said = (
        f"{counted(count, 'report')} within {_shown(trigger.timeframe)}, usual are {usual:.1f}; "
        f"{needed} would be a spike"
    )
    return count >= needed, said


def _usual(trigger: Trigger, past: Past) -> float:
    """Return how many reports such a window usually has, at this hour of the week."""
    counts: list[float] = []
    for weeks in range(1, SEASONS + 1):
        end = past.now - SEASON * weeks
        start = end - trigger.timeframe
        if start < past.since:
            break
        counts.append(sum(start < one.at <= end for one in past.own))
    if not counts:
        # Less than a week: what the whole known time had, evenly.
        before = past.now - trigger.timeframe
        known = max(before - past.since, trigger.timeframe)
        seen = sum(one.at <= before for one in past.own)
        counts.append(seen * (trigger.timeframe / known))
    # Half a report is imagined beside: a silent past makes no first report a spike.
    return (sum(counts) + 0.5) / len(counts)


def _needed(usual: float, chance: float) -> int:
    """Return the least count that is less likely than `chance` (Poisson's tail)."""
    # Each term by its logarithm: from some 745 usual reports on the first one is 0.
    below, count = math.exp(-usual), 0
    while 1.0 - below > chance and count < _MOST:
        count += 1
        term = math.exp(count * math.log(usual) - usual - math.lgamma(count + 1))
        below += term
        if term < 1e-300 and count > usual:  # noqa: PLR2004 - nothing is left to add
            break
    return max(count + 1, 2)


def _first_seen(trigger: Trigger, past: Past) -> Answer:
    """Say whether the report has a term, or a pair, that no earlier one had."""
    mine = next((one for one in past.own if one.item_id == past.item_id), None)
    if mine is None:
        return False, "nothing is known of the report"
    pairs = trigger.field == "pair"
    now = _sets(mine.terms, pairs=pairs)
    before: set[tuple[str, ...]] = set()
    for one in past.own:
        if one.item_id != mine.item_id and one.at <= mine.at:
            before |= _sets(one.terms, pairs=pairs)
    fresh = sorted(now - before)
    if not fresh:
        what = "pair of terms" if pairs else "term"
        return False, f"no {what} that was not found before"
    shown = "; ".join(" and ".join(terms) for terms in fresh[:5])
    return True, f"never found before: {shown}"


def _sets(terms: Iterable[str], *, pairs: bool) -> set[tuple[str, ...]]:
    ordered = sorted(terms)
    return set(combinations(ordered, 2)) if pairs else {(one,) for one in ordered}


def _sequence(trigger: Trigger, past: Past) -> Answer:
    """Go through the rules in order, each from where the one before fired."""
    at = past.now - trigger.timeframe
    steps: list[str] = []
    for rule in trigger.after:
        later = [
            one.at for one in past.others.get(rule, ()) if at <= one.at <= past.now
        ]
        if not later:
            said = f"{rule} has not fired" + (f" after {steps[-1]}" if steps else "")
            return False, f"{said} within {_shown(trigger.timeframe)}"
        at = min(later)
        steps.append(rule)
    return True, f"after {', then '.join(steps)} within {_shown(trigger.timeframe)}"


def _shown(time: timedelta) -> str:
    return duration(time, _DAYS_FROM)
