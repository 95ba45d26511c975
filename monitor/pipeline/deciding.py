"""One report in its story: what is decided on it, and the messages that come of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from monitor.group.merging import Rival
from monitor.group.novelty import News
from monitor.model import (
    Alert,
    Decision,
    FeedLease,
    Grouping,
    Item,
    Kind,
    Match,
    Message,
    Relation,
    Rule,
    Story,
    Updates,
    Verdict,
)
from monitor.notify import lifecycle, triggers
from monitor.notify.alerts import (
    SETTLING,
    Case,
    decide,
    raise_alert,
    update_alert,
)
from monitor.notify.wording import minute
from monitor.pipeline.dispatch import Outgoing, dispatch
from monitor.pipeline.escalating import outdone
from monitor.pipeline.merging import merge
from monitor.pipeline.newness import Newness
from monitor.pipeline.policy import Policy
from monitor.pipeline.ports import PollTransaction
from monitor.pipeline.quiet import Quiet
from monitor.pipeline.reports import Finding

_AHEAD = timedelta(minutes=15)
"""Another poll's clock may be ahead by so much; what is later was told by a wrong one."""


class Groups(Protocol):
    """The active window of stories, in which a report is placed."""

    def group(self, item: Item, twin_story: str) -> Grouping:
        """Return which story a report joins, and why."""
        ...

    def rivals(self, item: Item, grouping: Grouping) -> Sequence[Rival]:
        """Return the other stories that an item shows to be one with its own."""
        ...

    def grouped(self, item: Item, grouping: Grouping, cursor: int) -> None:
        """Take a report into the window."""
        ...

    def follow(self, transaction: PollTransaction, now: datetime) -> None:
        """Take in what a merge has moved."""
        ...


@dataclass(slots=True)
class Telling:
    """What was told in one poll."""

    findings: list[Finding] = field(default_factory=list)
    new_stories: int = 0
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """An item in its story, just now."""

    item: Item
    story: Story
    grouping: Grouping
    new_source: bool


@dataclass(frozen=True, slots=True)
class Fired:
    """What rules fired on in one poll."""

    first: list[tuple[Item, tuple[Match, ...]]]
    """Items with the rules that had not fired on them before."""
    again: list[tuple[Item, tuple[Match, ...]]]
    """Items whose text has changed, with the rules that had."""

    @property
    def all(self) -> list[tuple[Item, tuple[Match, ...]]]:
        """Both."""
        return [*self.first, *self.again]


class Deciding:
    """One poll's telling."""

    def __init__(
        self,
        groups: Groups,
        policy: Policy,
        transaction: PollTransaction,
        lease: FeedLease,
        now: datetime,
    ) -> None:
        self._groups = groups
        self._policy = policy
        self._transaction = transaction
        self._now = now
        self._first_poll = lease.state.last_ok is None
        # What came while the feed could not be read is not old, it is late.
        # A clock that was ahead at the last poll makes nothing of today old.
        self._fresh_since = min(lease.state.last_ok or now, now) - lease.feed.backfill
        self._quiet = Quiet(transaction, policy.inhibitions, now)
        self._newness = Newness(transaction, policy.sources)
        self.done = Telling()

    def place(self, item: Item, own_story: str, twin_story: str) -> Placed:
        """Put an item into its story; one that changed stays where it was."""
        if own_story:
            story = self._transaction.story(own_story)
            grouping = Grouping(
                item_id=item.id,
                story_id=own_story,
                outcome=Relation.SAME,
                score=1.0,
                because=(("revision of the same item", 1.0),),
                level="identity",
            )
            return Placed(item, story, grouping, new_source=False)
        grouping = decided = self._groups.group(item, twin_story)
        if grouping.outcome is Relation.SAME:
            before = self._transaction.story(grouping.story_id)
            # A person may have merged the story into another one meanwhile.
            grouping = replace(grouping, story_id=before.id)
            story = _joined(before, item, self._now)
        else:
            before = None
            story = _opened(grouping.story_id, item, self._now)
            self.done.new_stories += 1
        self._transaction.save_story(story)
        cursor = self._transaction.save_grouping(grouping, self._now)
        found = self._groups.rivals(item, decided)
        story = merge(self._transaction, item, story, found, self._now)
        taken = replace(grouping, story_id=story.id)
        self._groups.grouped(item, taken, cursor)
        if found:
            self._groups.follow(self._transaction, self._now)
        new_source = before is not None and item.source not in before.sources
        return Placed(item, story, grouping, new_source=new_source)

    def decide(self, placed: Placed, match: Match, *, again: bool = False) -> None:
        """Decide on one rule that fired, record it, and write what it sends.

        `again` is for a report whose text has changed: its news are told, and that it
        joins its story a second time is nothing to be recorded.
        """
        rule = self._policy.rules.rules[match.rule_id]
        before = self._transaction.alert(rule.id, placed.story.id)
        if again and before is None:
            return
        asked = self._asked(placed, rule, before)
        found = self._newness.news(placed.item, placed.story, rule, before, asked=asked)
        case = self._case(placed, rule, before, found)
        if asked:
            case = replace(case, asked=True)
        decision = decide(case)
        if decision.verdict is Verdict.RAISE or decision.verdict in _AGAIN:
            decision = self._quiet.unless_held(decision, case)
        if again and decision.verdict is Verdict.JOIN:
            return
        alert = self._told(placed, case, decision, found)
        self._transaction.add_decisions([decision])
        if alert is not None and decision.verdict is Verdict.RAISE:
            self._outdo(alert, placed)
        self.done.findings.append(
            Finding(item=placed.item, match=match, decision=decision, alert=alert)
        )

    def _told(
        self, placed: Placed, case: Case, decision: Decision, found: Sequence[News]
    ) -> Alert | None:
        """Write the message that a decision asks for, if any; return its alert."""
        if decision.verdict is Verdict.RAISE:
            alert = raise_alert(case)
            message = self._message(alert, Kind.NEW, decision, placed)
            self._send(alert, message, placed.item)
        elif decision.verdict in _AGAIN and case.alert is not None:
            alert = update_alert(case.alert, case)
            settled = self._settled(case.alert)
            hurry = case.urgent or decision.reason != "news"
            message = self._message(alert, _AGAIN[decision.verdict], decision, placed)
            changes = self._newness.changes(
                placed.item, placed.story, case.alert, found
            )
            message = replace(message, changes=changes)
            self._send(alert, message, placed.item, None if hurry else settled)
        else:
            return None
        self._newness.remember(alert, placed.item, placed.story)
        return alert

    def _lately(self, alert: Alert) -> int:
        """Return how many messages there were within the hour; what waits can be joined."""
        if self._waiting(alert):
            return 0
        since, until = self._now - timedelta(hours=1), self._now + _AHEAD
        return self._transaction.messages_between(alert.id, since, until)

    def _waiting(self, alert: Alert) -> list[datetime]:
        """Return when the messages go that news about an alert can still be part of."""
        unsent = self._transaction.unsent(alert.id, self._now)
        # A digest of tomorrow must not make those wait who are told at once.
        soon = self._now + SETTLING
        return [one.due for one in unsent if self._now < one.due <= soon]

    def _settled(self, alert: Alert) -> datetime:
        """Return when the next news about an alert may go.

        With what waits already, so that it is one message, else some time after the last.
        """
        last = min(alert.updated, self._now)
        return min(self._waiting(alert), default=last + SETTLING)

    def _asked(self, placed: Placed, rule: Rule, alert: Alert | None) -> bool:
        """Say whether a person wants to hear of an alert again when there is news."""
        if alert is None:
            return False
        words = self._quiet.words(rule, placed.item, placed.story.id, alert.id)
        return bool(alert.closed_by) or self._quiet.waits_for_news(words)

    def _reached(
        self, placed: Placed, rule: Rule, alert: Alert | None
    ) -> tuple[tuple[str, str], ...]:
        """Return the thresholds of a rule that are to be told now."""
        if rule.escalate is None:
            return ()
        worth = self._newness.assessment(placed.item, placed.story)
        told = alert.escalated if alert else ()
        found = lifecycle.reached(rule.escalate, len(worth.voices), worth.grade)
        return tuple(one for one in found if one[0] not in told)

    def _outdo(self, graver: Alert, placed: Placed) -> None:
        """Tell those who know of a lighter alert of the story, and not of this one."""
        alerts = list(self._transaction.alerts_of(placed.story.id))
        for one in outdone(graver, placed.item, alerts, self._quiet, self._policy):
            self._transaction.add_decisions([one.decision])
            if one.outgoing is None:
                continue
            alert = one.outgoing.alert
            message = self._message(alert, Kind.UPDATE, one.decision, placed)
            self._post(message, one.outgoing)
            self._newness.remember(alert, placed.item, placed.story)

    def _case(
        self,
        placed: Placed,
        rule: Rule,
        alert: Alert | None,
        fresh: Sequence[News],
    ) -> Case:
        voices, grade = self._newness.voices(
            placed.story, rule, alert, placed.item, self._now
        )
        return Case(
            rule=rule,
            item=placed.item,
            story=placed.story,
            alert=alert,
            new_source=placed.new_source,
            # An alert that is open is followed, whatever the trigger says now.
            triggered=(True, "") if alert else self._triggered(placed.item, rule),
            news=tuple(one.text for one in fresh),
            corrections=_corrections(fresh, rule),
            grade=grade,
            reached=self._reached(placed, rule, alert),
            urgent=any(one.urgent for one in fresh),
            messages_lately=self._lately(alert) if alert and fresh else 0,
            grouping=placed.grouping,
            voices=voices,
            fresh_since=self._fresh_since,
            first_poll=self._first_poll,
            now=self._now,
        )

    def _triggered(self, item: Item, rule: Rule) -> tuple[bool, str]:
        """Ask the rule's trigger; once it was told, it rests for its own time."""
        trigger = rule.trigger
        if trigger.type == "each":
            return True, ""
        last = self._transaction.last_alert(rule.id, self._now + _AHEAD)
        counts = trigger.type in {"frequency", "spike", "cardinality"}
        if counts and last is not None and self._now - last < trigger.timeframe:
            return False, f"told at {minute(last)} already"
        since = self._now - triggers.reach(trigger)
        past = triggers.Past(
            now=self._now,
            item_id=item.id,
            own=self._transaction.history(rule.id, since),
            others={
                name: self._transaction.history(name, since) for name in trigger.after
            },
            since=self._transaction.oldest_item() or self._now,
        )
        return triggers.answer(trigger, past)

    def _message(
        self, alert: Alert, kind: Kind, decision: Decision, placed: Placed
    ) -> Message:
        return Message(
            alert_id=alert.id,
            sequence=alert.sequence,
            kind=kind,
            item_id=placed.item.id,
            reason=decision.reason,
            detail=decision.detail,
            at=self._now,
            assessment=self._newness.assessment(placed.item, placed.story),
        )

    def _send(
        self,
        alert: Alert,
        message: Message,
        item: Item,
        earliest: datetime | None = None,
    ) -> None:
        outgoing = Outgoing(
            alert=alert,
            item=item,
            kind=message.kind,
            earliest=earliest,
            hurried=message.kind is Kind.CORRECTION or message.reason == "escalated",
        )
        self._post(message, outgoing)

    def _post(self, message: Message, outgoing: Outgoing) -> None:
        self._transaction.save_alert(outgoing.alert, message)
        self.done.deliveries += dispatch(
            self._transaction, outgoing, self._policy, self._now
        )


_AGAIN = {Verdict.UPDATE: Kind.UPDATE, Verdict.CORRECT: Kind.CORRECTION}
"""Verdicts that tell a story again, and what such a message is."""


def _corrections(found: Sequence[News], rule: Rule) -> tuple[tuple[str, str], ...]:
    """Return what is told as a correction.

    A denial is news; a rule that asks for no updates hears only of mistakes.
    """
    quiet = rule.updates is Updates.NONE
    return tuple(
        (one.kind, one.text)
        for one in found
        if one.corrects and not (quiet and one.kind == "denial")
    )


def _opened(story_id: str, item: Item, now: datetime) -> Story:
    return Story(
        id=story_id,
        title=item.title,
        lang=item.lang,
        first_seen=now,
        last_seen=now,
        items=1,
        sources=(item.source,),
    )


def _joined(story: Story, item: Item, now: datetime) -> Story:
    known = item.source in story.sources
    sources = story.sources if known else (*story.sources, item.source)
    return replace(story, last_seen=now, items=story.items + 1, sources=sources)
