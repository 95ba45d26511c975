"""Whether an item that a rule fired on is told: a decision with its reason; pure.

no alert yet   fresh, gate met            -> RAISE   new-story, corroborated
               older than the backfill    -> HOLD    backfill
               undated on a first poll    -> HOLD    undated-first-poll
               trigger not met            -> HOLD    frequency, spike, ...
               too few sources            -> HOLD    uncorroborated
alert is open  it takes back what was told -> CORRECT  correction, retraction, denial
               the rule asks for it       -> UPDATE  new-source, further-report
               it says something new      -> UPDATE   news (HOLD capped)
               a threshold is reached     -> UPDATE   escalated
alert closed   news, or it was just quiet -> UPDATE   reopened (JOIN closed)
               otherwise                  -> JOIN    known-story
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import (
    Alert,
    Decision,
    Grouping,
    Item,
    Rule,
    Story,
    Updates,
    Verdict,
    stable_id,
)
from monitor.model.counts import counted
from monitor.notify.lifecycle import Choice, as_good, reopening
from monitor.notify.wording import minute

MOST_AN_HOUR = 4
"""Messages about one alert within an hour, beside what is urgent."""
SETTLING = timedelta(minutes=10)
"""The shortest time between two messages of news about one alert, unless urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a decision is made from."""

    rule: Rule
    item: Item
    story: Story
    """With the item in it."""
    grouping: Grouping
    alert: Alert | None
    """The rule's alert for this story, if it has one."""
    new_source: bool
    """Whether the item's outlet had not reported the story before."""
    voices: tuple[str, ...]
    """The independent sources of the story so far."""
    news: tuple[str, ...] = ()
    """What the report says that was not told yet, in words."""
    messages_lately: int = 0
    """About the alert, within the last hour."""
    corrections: tuple[tuple[str, str], ...] = ()
    """What of that takes back, corrects or denies what was told: reason and words."""
    grade: str = ""
    """The Admiralty grade of the story, where the rule waits for one."""
    urgent: bool = False
    """Whether some of the news is not to wait for a cap."""
    asked: bool = False
    """Whether a person wants to hear of news, whatever the rule says of updates."""
    reached: tuple[tuple[str, str], ...] = ()
    """Thresholds of the rule that the story has reached and that were not told yet: their
    keys and words."""
    triggered: tuple[bool, str] = (True, "")
    """Whether the rule's trigger lets it through, and its figures."""
    fresh_since: datetime
    """What was published before is backfill: stored, not told."""
    first_poll: bool
    now: datetime


def decide(case: Case) -> Decision:
    """Return what becomes of the item under the rule, and why."""
    verdict, reason, detail = _raise(case) if case.alert is None else _follow(case)
    return Decision(
        item_id=case.item.id,
        rule_id=case.rule.id,
        rule_version=case.rule.version,
        story_id=case.story.id,
        verdict=verdict,
        reason=reason,
        detail=detail,
        at=case.now,
    )


def _raise(case: Case) -> Choice:
    published = case.item.published
    # Whoever adds a feed does not want to hear of last week.
    if published is not None and published < case.fresh_since:
        detail = f"published {minute(published)}, before {minute(case.fresh_since)}"
        return Verdict.HOLD, "backfill", detail
    # Without a date nobody can tell last year's item from today's, so what is
    # there at the first poll counts as old. What comes later is new to us.
    if published is None and case.first_poll:
        return Verdict.HOLD, "undated-first-poll", "no date, and the feed is new"
    met, figures = case.triggered
    if not met:
        return Verdict.HOLD, case.rule.trigger.type, figures
    gate = case.rule.corroboration
    if gate is None and figures:
        return Verdict.RAISE, case.rule.trigger.type, figures
    if gate is None:
        outlet = case.item.source or "unknown outlet"
        return Verdict.RAISE, "new-story", f"first matching report, by {outlet}"
    return _gated(case)


def _gated(case: Case) -> Choice:
    """Let the story through when enough independent sources report it in time."""
    gate = case.rule.corroboration
    if gate is None:
        raise TypeError(case.rule)
    count = f"{len(case.voices)} of {counted(gate.sources, 'independent source')}"
    names = ", ".join(case.voices)
    hours = gate.within.total_seconds() / 3600
    if len(case.voices) < gate.sources:
        return Verdict.HOLD, "uncorroborated", f"{count} within {hours:g} h: {names}"
    if gate.grade and not as_good(case.grade, gate.grade):
        detail = f"{count}, but graded {case.grade}, not {gate.grade}: {names}"
        return Verdict.HOLD, "uncorroborated", detail
    graded = f", graded {case.grade}" if gate.grade else ""
    return Verdict.RAISE, "corroborated", f"{count}{graded}: {names}"


def _follow(case: Case) -> Choice:
    known = f"{counted(case.story.items, 'report')} of this story, already alerted"
    if case.corrections:
        said = "; ".join(text for _, text in case.corrections)
        return Verdict.CORRECT, case.corrections[0][0], said
    if case.alert is not None and case.alert.closed is not None:
        copy = case.grouping.level == "identity"
        outlet = case.item.source
        return reopening(case.alert, copy=copy, news=case.news, outlet=outlet)
    if case.reached:
        words = [*(words for _, words in case.reached), *case.news]
        return Verdict.UPDATE, "escalated", "; ".join(words)
    if case.news and (case.asked or case.rule.updates is Updates.NEWS):
        return _newly(case)
    # A copy to the letter says nothing that the receiver has not read.
    if case.grouping.level == "identity":
        return Verdict.JOIN, "known-story", f"an exact copy; {known}"
    if case.rule.updates is Updates.REPORT:
        outlet = case.item.source or "unknown outlet"
        return Verdict.UPDATE, "further-report", f"a further report, by {outlet}"
    if case.rule.updates is Updates.SOURCE and case.new_source:
        count = len(case.story.sources)
        detail = f"now also {case.item.source}, {counted(count, 'outlet')} in all"
        return Verdict.UPDATE, "new-source", detail
    return Verdict.JOIN, "known-story", known


def _newly(case: Case) -> Choice:
    """Tell what is new, but not too often."""
    said = "; ".join(case.news)
    if case.messages_lately >= MOST_AN_HOUR and not case.urgent:
        return Verdict.HOLD, "capped", f"{MOST_AN_HOUR} messages an hour: {said}"
    return Verdict.UPDATE, "news", said


def raise_alert(case: Case) -> Alert:
    """Return the first alert of a rule for a story."""
    return Alert(
        id=stable_id("alr", case.rule.id, case.story.id),
        rule=case.rule,
        story_id=case.story.id,
        opened=case.now,
        updated=case.now,
        escalated=tuple(key for key, _ in case.reached),
    )


def update_alert(alert: Alert, case: Case) -> Alert:
    """Return the alert with its next message's number; one that was closed is open."""
    closed = alert.closed is not None
    return replace(
        alert,
        updated=case.now,
        sequence=alert.sequence + 1,
        closed=None,
        closed_by="",
        acknowledged=None if closed else alert.acknowledged,
        escalated=(*alert.escalated, *(key for key, _ in case.reached)),
    )
