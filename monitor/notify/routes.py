"""Who hears of an alert: a tree of routes, walked as Alertmanager walks it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from monitor.model import Alert, Delivery, Item, Rule, Severity, stable_id
from monitor.notify.intervals import Hours, Interval, speaks_at

KEYS = ("theme", "severity", "rule", "tag", "lang", "source", "country")
"""What a route can ask for."""

GROUPED = (*KEYS, "story")
"""What a route can group by."""

QUIET = timedelta(hours=72)
"""How long a story must be quiet until its alerts are closed, unless a route says
otherwise: no report joins a story after so long."""

_T = TypeVar("_T")

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
    group_by: tuple[str, ...] | None = None
    """What alerts of one group have in common; () tells of each by itself."""
    group_interval: timedelta | None = None
    """The shortest time between two messages about one group."""
    repeat_interval: timedelta | None = None
    """How often an alert that is open and nobody knows of is told again; 0: never."""
    resolve_after: timedelta | None = None
    """How long its story must be quiet until an alert is closed; 0: never."""
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
        unknown = sorted(set(self.group_by or ()) - set(GROUPED))
        if unknown:
            raise ValueError(f"routes do not group by {', '.join(unknown)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """One receiver of an alert, and why."""

    receiver: str
    group_wait: timedelta
    because: str
    """The way through the tree, or the rule's own choice."""
    place: str = ""
    """Of the route in the tree."""
    common: str = ""
    """What it has in common with alerts that it is told with; "" for none."""
    group_interval: timedelta = timedelta()
    repeat_interval: timedelta = timedelta()
    resolve_after: timedelta = timedelta()
    mute: tuple[Interval, ...] = ()
    active: tuple[Interval, ...] = ()

    @property
    def group(self) -> str:
        """The group that it is told with: the route's place and what is common."""
        return f"{self.place}?{self.common}" if self.common else self.place

    def due(self, moment: datetime, severity: Severity) -> datetime:
        """Return when a message that is ready may go; what is critical never waits."""
        if severity is Severity.CRITICAL:
            return moment
        return speaks_at(moment, self.mute, self.active)


def receivers_for(
    root: Route, rule: Rule, item: Item | None, story: str = ""
) -> tuple[Routing, ...]:
    """Return who hears of an alert, each once, in the order of the routes.

    Without an item it is who hears of the rule itself.

    Receivers that the rule names itself go before the routes; when and how often they
    are told, the first route says.
    """
    words = {**words_of(rule, item), "story": frozenset({story} - {""})}
    top = _inherited(root, _Times())
    if rule.receivers:
        found: Iterator[Routing] | list[Routing] = [
            replace(
                _routing(name, "route", top, words, because="the rule names it"),
                mute=root.mute,
                active=root.active,
            )
            for name in rule.receivers
        ]
    else:
        found = _walk(root, words, "", _Times(), "route")
    once: dict[str, Routing] = {}
    for routing in found:
        once.setdefault(routing.receiver, routing)
    return tuple(once.values())


def group_intervals(root: Route) -> dict[str, timedelta]:
    """Return how often each route may tell of a group, by its place in the tree."""
    return {
        place: times.group_interval for place, times in _below(root, _Times(), "route")
    }


def hours_of(root: Route) -> dict[str, Hours]:
    """Return when the routes speak that do not always, by their places in the tree."""
    return {
        place: Hours(mute=node.mute, active=node.active)
        for place, node in _nodes(root, "route")
        if node.mute or node.active
    }


def _nodes(node: Route, place: str) -> Iterator[tuple[str, Route]]:
    yield place, node
    for index, child in enumerate(node.routes):
        yield from _nodes(child, f"{place}.routes[{index}]")


def waits_of(root: Route) -> list[timedelta]:
    """Return after how long the routes let alerts change by themselves; 0: never."""
    return [
        wait
        for _, times in _below(root, _Times(), "route")
        for wait in (times.repeat_interval, times.resolve_after)
    ]


def _below(node: Route, above: "_Times", place: str) -> Iterator[tuple[str, "_Times"]]:
    """Yield a node and all below it, with what each inherits."""
    times = _inherited(node, above)
    yield place, times
    for index, child in enumerate(node.routes):
        yield from _below(child, times, f"{place}.routes[{index}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """What a route inherits."""

    group_wait: timedelta = timedelta()
    group_by: tuple[str, ...] = ()
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta()
    resolve_after: timedelta = QUIET


def _inherited(node: Route, above: _Times) -> _Times:
    return _Times(
        group_wait=_own(node.group_wait, above.group_wait),
        group_by=_own(node.group_by, above.group_by),
        group_interval=_own(node.group_interval, above.group_interval),
        repeat_interval=_own(node.repeat_interval, above.repeat_interval),
        resolve_after=_own(node.resolve_after, above.resolve_after),
    )


def _own(own: _T | None, above: _T) -> _T:
    return above if own is None else own


def _routing(
    receiver: str, place: str, times: _Times, words: Words, because: str = ""
) -> Routing:
    common = "&".join(
        f"{key}={'|'.join(sorted(words.get(key, ())))}" for key in times.group_by
    )
    return Routing(
        receiver=receiver,
        because=because or place,
        group_wait=times.group_wait,
        place=place,
        common=common,
        group_interval=times.group_interval,
        repeat_interval=times.repeat_interval,
        resolve_after=times.resolve_after,
    )


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
    node: Route, words: Words, receiver: str, above: _Times, place: str
) -> Iterator[Routing]:
    """Yield the receivers below a node that matches."""
    receiver = node.receiver or receiver
    times = _inherited(node, above)
    taken = False
    for index, child in enumerate(node.routes):
        if not fits(child.match, words):
            continue
        taken = True
        yield from _walk(child, words, receiver, times, f"{place}.routes[{index}]")
        if not child.continue_:
            break
    if not taken:
        routing = _routing(receiver, place, times, words)
        yield replace(routing, mute=node.mute, active=node.active)


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
    # One that a clock raised that was ahead is not waited for until then.
    opened = min(alert.opened, now)
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
                max(now, opened + routing.group_wait, earliest or now),
                alert.rule.severity,
            ),
            created=now,
        )
        for routing in routings
        for recipient in recipients.get(routing.receiver, ("",))
    )
