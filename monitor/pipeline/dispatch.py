"""From a message about an alert to its deliveries: who, when, and with what together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import Alert, Delivery, Item, Kind, Rule, Severity
from monitor.notify.gathering import PLAIN, admit, superseded
from monitor.notify.routes import Route, Routing, deliveries_for, receivers_for
from monitor.pipeline.gathering import Wishes


class Outbox(Protocol):
    """What dispatching needs of a transaction."""

    def unsent(self, alert_id: str, now: datetime) -> Sequence[Delivery]:
        """Return the deliveries of an alert that nobody has begun to send."""
        ...

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Store pending deliveries."""
        ...

    def fold(self, earlier: Sequence[Delivery], into: Delivery, now: datetime) -> None:
        """Let a new delivery tell what earlier ones would have told."""
        ...


class Audience(Protocol):
    """Who can be told, and how."""

    @property
    def route(self) -> Route:
        """The route tree."""
        ...

    @property
    def recipients(self) -> Mapping[str, tuple[str, ...]]:
        """For each receiver whom it writes to."""
        ...

    @property
    def wishes(self) -> Wishes:
        """How receivers and routes want messages to come."""
        ...

    def addressed(self, rule: Rule) -> Rule:
        """Return the rule of an alert with the receivers that it names by now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message about an alert that is to be sent."""

    alert: Alert
    """With the message's number."""
    item: Item
    """The report that caused it; routes ask of it."""
    kind: Kind
    earliest: datetime | None = None
    """It goes no sooner."""
    severity: Severity | None = None
    """How urgent it is, where that is more than the rule says."""
    hurried: bool = False
    """Whether it waits for no group."""
    only: frozenset[str] | None = None
    """The receivers that are told; None: all that the routes name."""
    heard: frozenset[str] = frozenset()
    """Who heard of the alert before and is told too, whatever the routes say by now: they
    may ask for what another report of the story was, or be others than they were."""


def dispatch(
    transaction: Outbox, outgoing: Outgoing, audience: Audience, now: datetime
) -> int:
    """Store the deliveries of a message; return how many.

    Earlier messages about the alert that wait for as long or longer are folded into it.
    """
    alert = outgoing.alert
    rule = audience.addressed(alert.rule)
    ways = receivers_for(audience.route, rule, outgoing.item, alert.story_id)
    ways = (*ways, *_ways_to(outgoing.heard - {way.receiver for way in ways}))
    told = {way.receiver: way for way in ways if _hears(way, outgoing, audience)}
    severity = outgoing.severity or alert.rule.severity
    made = [
        admit(
            delivery,
            told[delivery.receiver].group,
            audience.wishes.terms.get(delivery.receiver, PLAIN),
            severity,
            hurried=outgoing.hurried,
        )
        for delivery in deliveries_for(
            _as_grave(alert, severity),
            tuple(told.values()),
            audience.recipients,
            now,
            outgoing.earliest,
        )
    ]
    before = transaction.unsent(alert.id, now) if made and alert.sequence > 1 else ()
    transaction.add_deliveries(made)
    for delivery in made:
        if earlier := superseded(before, delivery):
            transaction.fold(earlier, delivery, now)
    return len(made)


def _ways_to(receivers: frozenset[str]) -> list[Routing]:
    because = "it heard of the alert before"
    return [
        Routing(receiver=name, group_wait=timedelta(), because=because)
        for name in sorted(receivers)
    ]


def _as_grave(alert: Alert, severity: Severity) -> Alert:
    """Return an alert that keeps quiet no longer than a message so grave may."""
    return replace(alert, rule=replace(alert.rule, severity=severity))


def unheard(audience: Audience, rule: Rule, graver: Rule, item: Item) -> frozenset[str]:
    """Return the receivers of one rule's alerts that do not hear of another one's."""
    ways = receivers_for(audience.route, audience.addressed(rule), item)
    others = {way.receiver for way in receivers_for(audience.route, graver, item)}
    return frozenset(way.receiver for way in ways) - others


def _hears(way: Routing, outgoing: Outgoing, audience: Audience) -> bool:
    if outgoing.only is not None and way.receiver not in outgoing.only:
        return False
    if outgoing.kind is not Kind.CLOSED:
        return True
    return audience.wishes.terms.get(way.receiver, PLAIN).send_closed
