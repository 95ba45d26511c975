"""Closes alerts whose story is quiet, repeats those that nobody knows of; for people too.

Each change is one transaction, in which the alert is looked at once more: two replicas, or
a poll at the same moment, do nothing twice.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from monitor.model import (
    Alert,
    Decision,
    Delivery,
    Kind,
    Message,
    Silence,
    Standing,
    Verdict,
)
from monitor.notify import lifecycle
from monitor.notify.lifecycle import Choice
from monitor.notify.routes import receivers_for, waits_of
from monitor.notify.silences import silenced, words_of_family
from monitor.notify.wording import duration
from monitor.pipeline.dispatch import Outgoing, dispatch
from monitor.pipeline.policy import Policy

MOST = 1000
"""Alerts that one look reads; the next one, half a minute later, reads others."""
_SOON = timedelta(minutes=1)
"""What is due and does not change, as under a silence, is looked at again after this."""
_AGAIN = timedelta(hours=6)
"""However long nothing can be due, each open alert is looked at as often as this."""


class Transaction(Protocol):
    """One transaction in which nobody else writes."""

    def standing(self, alert_id: str) -> Standing | None:
        """Return an alert as it now stands."""
        ...

    def family(self, story_id: str) -> frozenset[str]:
        """Return the ids that lead to a story, its own included."""
        ...

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return the silences that have not ended."""
        ...

    def keep(self, alert: Alert, decision: Decision) -> None:
        """Store a change that nobody is told of, and why."""
        ...

    def tell(self, alert: Alert, message: Message, decision: Decision) -> None:
        """Store a change with its numbered message, and why."""
        ...

    def unsent(self, alert_id: str, now: datetime) -> Sequence[Delivery]:
        """Return the deliveries of an alert that nobody has begun to send."""
        ...

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Store pending deliveries."""
        ...

    def fold(self, earlier: Sequence[Delivery], into: Delivery, now: datetime) -> None:
        """Let a new delivery tell what earlier ones would have told."""
        ...


class LifecycleStore(Protocol):
    """What lifecycles need of the store."""

    def open_alerts(self, quiet_since: datetime) -> Sequence[str]:
        """Return the ids of open alerts that nothing was told of since."""
        ...

    def standing(self, alert_id: str) -> Standing | None:
        """Return an alert as it now stands."""
        ...

    def lifecycle(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Who changed an alert, and why."""

    by: str
    comment: str = ""

    @property
    def words(self) -> str:
        """Both, for people."""
        return f"by {self.by}" + (f": {self.comment}" if self.comment else "")


class Lifecycles:
    """Lets time and people change alerts."""

    def __init__(self, store: LifecycleStore, policy: Callable[[], Policy]) -> None:
        """`policy` is asked for each time: a reload replaces it."""
        self._store = store
        self._policy = policy
        self._later: dict[str, datetime] = {}
        self._of: Policy | None = None
        self._as_of: datetime | None = None

    def look(self, now: datetime) -> int:
        """Close and repeat what is due; return how many alerts changed.

        Each alert is looked at when something can first be due for it, at most `MOST` of
        them in one call: an alert that does not change comes after those not seen yet.
        """
        policy = self._policy()
        shortest = _shortest(policy)
        if shortest is None:
            return 0
        set_back = self._as_of is not None and now < self._as_of
        if policy is not self._of or set_back:
            self._of, self._later = policy, {}
        self._as_of = now
        waiting = self._store.open_alerts(now - shortest)
        later = {one: self._later[one] for one in waiting if one in self._later}
        self._later = later
        changed = 0
        for alert_id in islice(
            (one for one in waiting if later.get(one, now) <= now), MOST
        ):
            found = self._store.standing(alert_id)
            if found is None:
                continue
            due = _Due.of(found, policy, now)
            later[alert_id] = due.next
            if due.anything:
                with self._store.lifecycle() as transaction:
                    changed += _change(transaction, alert_id, policy, now)
        return changed

    def close(self, alert_id: str, note: Note, now: datetime) -> Alert | None:
        """Close an alert for a person; None where none of that id is open."""
        with self._store.lifecycle() as transaction:
            found = transaction.standing(alert_id)
            if found is None or found.alert.closed is not None:
                return None
            closed = replace(found.alert, closed=now, closed_by=note.by)
            choice = (Verdict.CLOSE, "closed", note.words)
            step = _Step(choice=choice, kind=Kind.CLOSED)
            return _tell(
                transaction, replace(found, alert=closed), step, self._policy(), now
            )

    def acknowledge(self, alert_id: str, note: Note, now: datetime) -> Alert | None:
        """Note that a person knows of an alert: it is not repeated. None as for `close`."""
        with self._store.lifecycle() as transaction:
            found = transaction.standing(alert_id)
            if found is None or found.alert.closed is not None:
                return None
            known = replace(found.alert, acknowledged=now)
            choice = (Verdict.ACKNOWLEDGE, "acknowledged", note.words)
            transaction.keep(known, _decision(found, choice, now))
            return known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """What is due for one alert."""

    quiet: str
    """For how long its story has been quiet, in words; "" while it stays open."""
    again: frozenset[str]
    """The receivers that are told once more."""
    next: datetime
    """When something can be due for it at the earliest, unless something happens."""

    @classmethod
    def of(cls, found: Standing, policy: Policy, now: datetime) -> "_Due":
        """Look at an alert; one that is closed has nothing due."""
        alert = found.alert
        if alert.closed is not None:
            return cls(quiet="", again=frozenset(), next=now + _AGAIN)
        rule = policy.addressed(alert.rule)
        ways = receivers_for(policy.route, rule, found.item, alert.story_id)
        current = policy.rules.rules.get(alert.rule.id, alert.rule)
        after = lifecycle.resolve_after(current, ways)
        # Of two alerts that became one story's the first alone is told again.
        again = ways if found.goes_on else ()
        first = lifecycle.first_due(found, again, after, now)
        return cls(
            quiet=lifecycle.quiet(found.story, after, now),
            again=lifecycle.to_repeat(alert, again, found.told, now),
            next=min(max(first, now + _SOON), now + _AGAIN),
        )

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.quiet or self.again)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One change that is told."""

    choice: Choice
    kind: Kind
    only: frozenset[str] | None = None
    """The receivers that are told; None: all that the routes name."""


def _shortest(policy: Policy) -> timedelta | None:
    """Return the least time after which an alert changes by itself; None: never."""
    own = [rule.resolve_after for rule in policy.rules.rules.values()]
    waits = [*waits_of(policy.route), *(wait for wait in own if wait is not None)]
    return min((wait for wait in waits if wait > timedelta()), default=None)


def _change(
    transaction: Transaction, alert_id: str, policy: Policy, now: datetime
) -> int:
    """Close an alert, or repeat it, if that is still due; return whether."""
    found = transaction.standing(alert_id)
    if found is None:
        return 0
    due = _Due.of(found, policy, now)
    if due.quiet:
        closed = replace(found, alert=replace(found.alert, closed=now))
        choice = (Verdict.CLOSE, "quiet", due.quiet)
        _tell(transaction, closed, _Step(choice=choice, kind=Kind.CLOSED), policy, now)
        return 1
    alert, stories = found.alert, transaction.family(found.story.id)
    words = words_of_family(alert.rule, found.item, stories, alert.id)
    if not due.again or silenced(transaction.silences(now), words, now):
        return 0
    open_for = duration(now - found.alert.opened)
    choice = (Verdict.UPDATE, "repeat", f"open for {open_for}, not acknowledged yet")
    step = _Step(choice=choice, kind=Kind.UPDATE, only=due.again)
    _tell(transaction, found, step, policy, now)
    return 1


def _tell(
    transaction: Transaction,
    found: Standing,
    step: _Step,
    policy: Policy,
    now: datetime,
) -> Alert:
    alert = replace(found.alert, updated=now, sequence=found.alert.sequence + 1)
    _, reason, detail = step.choice
    message = Message(
        alert_id=alert.id,
        sequence=alert.sequence,
        kind=step.kind,
        item_id=found.item.id,
        reason=reason,
        detail=detail,
        at=now,
        assessment=found.assessment,
    )
    transaction.tell(alert, message, _decision(found, step.choice, now))
    over = step.kind is Kind.CLOSED
    outgoing = Outgoing(
        alert=alert,
        item=found.item,
        kind=step.kind,
        only=step.only,
        heard=found.heard if over else frozenset(),
    )
    dispatch(transaction, outgoing, policy, now)
    return alert


def _decision(found: Standing, choice: Choice, now: datetime) -> Decision:
    verdict, reason, detail = choice
    return Decision(
        item_id=found.item.id,
        rule_id=found.alert.rule.id,
        rule_version=found.alert.rule.version,
        story_id=found.story.id,
        verdict=verdict,
        reason=reason,
        detail=detail,
        at=now,
    )
