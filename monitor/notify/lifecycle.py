"""How an alert goes on after its first message: escalated, repeated, closed, opened again; pure.

open ──┬─ graver rule, more sources, better grade -> escalated, told at once
       ├─ nobody acknowledged it                  -> repeat, where a route asks for it
       ├─ its story is quiet, a person is done    -> closed
       └─ closed, and a report comes              -> reopened; after a person, on news only
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.model import Alert, Escalation, Rule, Standing, Story, Verdict
from monitor.model.counts import counted
from monitor.notify.routes import Routing
from monitor.notify.wording import duration, minute

Choice = tuple[Verdict, str, str]
"""A verdict, its reason in one word, and the same for people."""


# ── graver than it was ───────────────────────────────────────────────────────


def reached(
    escalate: Escalation | None, voices: int, grade: str
) -> tuple[tuple[str, str], ...]:
    """Return which thresholds of a rule a story has reached: a key, and words."""
    if escalate is None:
        return ()
    found = []
    if escalate.sources and voices >= escalate.sources:
        words = (
            f"{counted(voices, 'independent source')} (told anew at {escalate.sources})"
        )
        found.append((f"sources {escalate.sources}", words))
    if escalate.grade and as_good(grade, escalate.grade):
        words = f"graded {grade} (told anew at {escalate.grade})"
        found.append((f"grade {escalate.grade}", words))
    return tuple(found)


def as_good(grade: str, least: str) -> bool:
    """Compare Admiralty grades: both the letter and the number must be as good."""
    return bool(grade) and grade[0] <= least[0] and grade[1] <= least[1]


def outdone(alerts: Iterable[Alert], graver: Rule) -> tuple[Alert, ...]:
    """Return the alerts of a story that a graver rule's alert outdoes for the first time."""
    return tuple(
        alert
        for alert in alerts
        if alert.closed is None
        and alert.rule.id != graver.id
        and alert.rule.severity.rank < graver.severity.rank
        and not any(
            key.startswith("severity ") and int(key[9:]) >= graver.severity.rank
            for key in alert.escalated
        )
    )


def outdone_by(graver: Rule) -> tuple[str, str]:
    """Return the key and the words of being outdone by a graver rule."""
    words = f"the rule {graver.id} ({graver.severity.value}) fired on this story too"
    return f"severity {graver.severity.rank}", words


# ── over, and not ────────────────────────────────────────────────────────────


def resolve_after(rule: Rule, ways: Sequence[Routing]) -> timedelta:
    """Return how long a story must be quiet until its alert is closed; 0: never.

    What the rule says goes before its routes; of those the most patient counts.
    """
    if rule.resolve_after is not None:
        return rule.resolve_after
    waits = [way.resolve_after for way in ways]
    return timedelta() if timedelta() in waits else max(waits, default=timedelta())


def quiet(story: Story, after: timedelta, now: datetime) -> str:
    """Return for how long a story has been quiet, in words; "" while it is not."""
    if after <= timedelta() or now - story.last_seen < after:
        return ""
    outlets = len(story.sources)
    return (
        f"no report for {duration(after)}, the last at {minute(story.last_seen)}; "
        f"{story.items} in all, by {counted(outlets, 'outlet')}"
    )


def reopening(alert: Alert, *, copy: bool, news: Sequence[str], outlet: str) -> Choice:
    """Return what becomes of a report on a story whose alert is closed.

    Where the story was quiet, any report but a copy opens it again; where a person said
    that it is over, only one that says something new.
    """
    closed = f"closed at {minute(alert.closed)}" if alert.closed else "closed"
    said = "; ".join(news)
    # A report that its publisher has edited counts as a copy, for what is not new in it.
    if copy and not said:
        return Verdict.JOIN, "known-story", f"an exact copy of what was told; {closed}"
    if alert.closed_by and not said:
        detail = f"{closed} by {alert.closed_by}, and nothing new is said"
        return Verdict.JOIN, "closed", detail
    by = f" by {alert.closed_by}" if alert.closed_by else ", its story was quiet"
    again = said or f"a further report, by {outlet or 'unknown outlet'}"
    return Verdict.UPDATE, "reopened", f"{again} ({closed}{by})"


# ── again ────────────────────────────────────────────────────────────────────


def to_repeat(
    alert: Alert, ways: Iterable[Routing], told: Mapping[str, datetime], now: datetime
) -> frozenset[str]:
    """Return the receivers that are to be told of an open alert once more.

    `told` says when each was last sent anything about it; who waits for that still is
    not in it.
    """
    if alert.closed is not None or alert.acknowledged is not None:
        return frozenset()
    return frozenset(
        way.receiver
        for way in ways
        if way.repeat_interval > timedelta()
        and way.receiver in told
        and now - told[way.receiver] >= way.repeat_interval
    )


def first_due(
    found: Standing, ways: Iterable[Routing], after: timedelta, now: datetime
) -> datetime:
    """Return when an alert can first close or repeat, if nothing happens till then.

    A receiver that has not been told yet can be told as soon as now.
    """
    moments = [datetime.max.replace(tzinfo=UTC)]
    if after > timedelta():
        moments.append(found.story.last_seen + after)
    if found.alert.acknowledged is None:
        moments += [
            found.told.get(way.receiver, now) + way.repeat_interval
            for way in ways
            if way.repeat_interval > timedelta()
        ]
    return min(moments)
