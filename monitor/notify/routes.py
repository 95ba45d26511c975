"""Who hears of an alert: a tree of routes, walked as Alertmanager walks it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import Alert, Delivery, Item, Rule, Severity, stable_id
from monitor.notify.intervals import Interval, speaks_at

KEYS = ("theme", "severity", "rule", "tag", "lang", "source", "country")
"""What a route can ask for."""

Words = Mapping[str, frozenset[str]]
"""What an alert is, by key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the tree; the root matches everything."""

    receiver: str = ""
    """"" inherits the parent's."""
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each key the words of which one must fit; see KEYS."""
    continue_: bool = False
    """Whether later siblings are asked too when this one matched."""
    group_wait: timedelta | None = None
    """None inherits the parent's."""
    mute: tuple[Interval, ...] = ()
    """When it keeps quiet: what is due then waits until the end."""
    active: tuple[Interval, ...] = ()
    """When it speaks; empty is always."""
    routes: tuple["Route", ...] = ()

    def __post_init__(self) -> None:
        """Refuse a key that no alert has: it would never match."""
        unknown = sorted(set(self.match) - set(KEYS))
        if unknown:
            raise ValueError(f"routes do not match on {', '.join(unknown)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """One receiver of an alert, and why."""

    receiver: str
    group_wait: timedelta
    because: str
    """The way through the tree, or the rule's own choice."""
    mute: tuple[Interval, ...] = ()
    active: tuple[Interval, ...] = ()

    def due(self, moment: datetime, severity: Severity) -> datetime:
        """Return when a message that is ready may go; what is critical never waits."""
        if severity is Severity.CRITICAL:
            return moment
        return speaks_at(moment, self.mute, self.active)


def receivers_for(root: Route, rule: Rule, item: Item) -> tuple[Routing, ...]:
    """Return who hears of an alert, each once, in the order of the routes.

    Receivers that the rule names itself go before the routes.
    """
    if rule.receivers:
        wait = root.group_wait or timedelta()
        found: Iterator[Routing] | list[Routing] = [
            Routing(receiver=name, group_wait=wait, because="the rule names it")
            for name in rule.receivers
        ]
    else:
        words = words_of(rule, item)
        found = _walk(root, words, "", timedelta(), "route")
    once: dict[str, Routing] = {}
    for routing in found:
        once.setdefault(routing.receiver, routing)
    return tuple(once.values())


def words_of(rule: Rule, item: Item | None) -> Words:
    """Return what a route can ask of an alert; without an item, of its rule alone."""
    return {
        "theme": frozenset({rule.theme}),
        "severity": frozenset({rule.severity.value}),
        "rule": frozenset({rule.id}),
        "tag": frozenset(rule.tags),
        "lang": frozenset({item.lang} if item else ()),
        "source": frozenset({item.source} if item else ()),
        "country": frozenset({item.country} if item else ()),
    }


def _walk(
    node: Route,
    words: Words,
    receiver: str,
    wait: timedelta,
    place: str,
) -> Iterator[Routing]:
    """Yield the receivers below a node that matches."""
    receiver = node.receiver or receiver
    wait = wait if node.group_wait is None else node.group_wait
    taken = False
    for index, child in enumerate(node.routes):
        if not fits(child.match, words):
            continue
        taken = True
        yield from _walk(child, words, receiver, wait, f"{place}.routes[{index}]")
        if not child.continue_:
            break
    if not taken:
        yield Routing(
            receiver=receiver,
            group_wait=wait,
            because=place,
            mute=node.mute,
            active=node.active,
        )


def fits(wanted: Mapping[str, tuple[str, ...]], words: Words) -> bool:
    """Say whether an alert has one of the words for each key."""
    return all(words[key].intersection(values) for key, values in wanted.items())


def deliveries_for(
    alert: Alert,
    routings: Sequence[Routing],
    recipients: Mapping[str, tuple[str, ...]],
    now: datetime,
    earliest: datetime | None = None,
) -> tuple[Delivery, ...]:
    """Return the deliveries of an alert's last message, one a recipient.

    The first message waits for further reports as its route says, and an update
    never goes before it. A receiver without addresses is written to as "".
    """
    return tuple(
        Delivery(
            id=stable_id(
                "dlv", alert.id, str(alert.sequence), routing.receiver, recipient
            ),
            alert_id=alert.id,
            sequence=alert.sequence,
            receiver=routing.receiver,
            recipient=recipient,
            due=routing.due(
                max(now, alert.opened + routing.group_wait, earliest or now),
                alert.rule.severity,
            ),
            created=now,
        )
        for routing in routings
        for recipient in recipients.get(routing.receiver, ("",))
    )
