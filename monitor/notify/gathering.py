"""Which messages go by themselves, which go as one, and which wait; pure.

A message that is due passes four gates, in this order:

    stale    its receiver could not be reached while it was fresh -> one catch-up
    digest   its receiver is told at set times                    -> one digest
    group    its route tells of a group once an interval          -> one batch
    limit    its receiver takes so many messages in a time        -> one burst

What goes by itself is released; what goes as one is folded into a message that lists
all of it; what waits is put off with its reason. Nothing is dropped.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from monitor.model import Delivery, Gathered, Severity, Way, stable_id
from monitor.model.counts import counted
from monitor.notify.digests import Digest
from monitor.notify.intervals import ALWAYS, Hours

MOST = 500
"""Messages in one digest, batch or burst; what is more goes in a further one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many messages in so much time, and no more."""

    messages: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a receiver wants to be told."""

    digest: Digest | None = None
    limit: Limit | None = None
    expires_after: timedelta | None = None
    """What is overdue by more goes in one message; None: however late, by itself."""
    send_closed: bool = False
    """Whether it is told that an alert was closed."""
    apart: bool = False
    """Whether each alert goes by itself, in no group: it is an incident there."""


PLAIN = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was let go before, for one receiver and recipient."""

    released: tuple[datetime, ...] = ()
    """When messages were, as far back as its limit reaches."""
    groups: Mapping[str, datetime] = field(default_factory=dict)
    """When each group was last told of."""
    last_digest: datetime | None = None
    catching_up: bool = False
    """Whether a catch-up is on its way and not yet taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Messages that go as one."""

    bundle: Delivery
    members: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of the messages that are due."""

    release: tuple[Delivery, ...] = ()
    """They go by themselves now."""
    folds: tuple[Fold, ...] = ()
    put_off: tuple[Delivery, ...] = ()
    """As they now stand: later, with the reason in `note`."""


def admit(
    delivery: Delivery,
    group: str,
    terms: Terms,
    severity: Severity,
    *,
    hurried: bool = False,
) -> Delivery:
    """Return a new delivery with the gate that it must pass, and its due moment.

    What is critical, or `hurried`, waits for no group. A delivery that passes no gate is
    released when it is made. Where it is told with no others its `group` is the route's
    place alone, by whose hours it goes.
    """
    made = replace(delivery, rank=severity.rank)
    place, grouped, _ = group.partition("?")
    digest = terms.digest
    if digest is not None and not digest.urgent(severity):
        due = digest.after(made.created)
        return replace(made, way=Way.DIGEST, due=due, note="waits for the digest")
    if (
        grouped
        and not terms.apart
        and not hurried
        and severity is not Severity.CRITICAL
    ):
        return replace(made, way=Way.GROUP, group=group)
    if terms.limit is not None:
        return replace(made, way=Way.LIMIT, group=place)
    return replace(made, released=made.created, group=place)


def plan(  # noqa: PLR0913 - what a plan is made from
    waiting: Sequence[Delivery],
    terms: Terms,
    history: History,
    intervals: Mapping[str, timedelta],
    now: datetime,
    *,
    hours: Mapping[str, Hours] = MappingProxyType({}),
) -> Plan:
    """Return what becomes of what waits for one receiver and recipient.

    `waiting` is what is due and was never tried, and of groups what is not yet due
    too. `intervals` are the group intervals of the routes, by their places, and `hours`
    when those speak that do not always.
    """
    making = _Plan(terms, history, intervals, now)
    making.hours = hours
    rest = making.stale(waiting)
    rest = making.digest(rest)
    units = making.groups(rest)
    making.limit(units)
    return making.made()


Unit = tuple[Gathered | None, tuple[Delivery, ...]]
"""What goes as one message, and why; None for a message by itself."""


class _Plan:
    """One receiver's plan while it is made."""

    def __init__(
        self,
        terms: Terms,
        history: History,
        intervals: Mapping[str, timedelta],
        now: datetime,
    ) -> None:
        self._terms = terms
        self._history = history
        self._intervals = intervals
        self._now = now
        self.hours: Mapping[str, Hours] = {}
        self._release: list[Delivery] = []
        self._folds: list[Fold] = []
        self._put_off: list[Delivery] = []

    def made(self) -> Plan:
        return Plan(
            release=tuple(self._release),
            folds=tuple(self._folds),
            put_off=tuple(self._put_off),
        )

    # ── the gates ────────────────────────────────────────────────────────────

    def stale(self, waiting: Sequence[Delivery]) -> list[Delivery]:
        """Fold what came too late; while a catch-up is on its way, the rest waits."""
        limit = self._terms.expires_after
        if limit is None:
            return list(waiting)
        late = [
            one
            for one in waiting
            if one.way == Way.STALE
            or (one.way != Way.DIGEST and self._now - one.due > limit)
        ]
        names = {one.id for one in late}
        if self._history.catching_up:
            note = "waits until the message before it, on what is late, is taken"
            self._put_off += [
                replace(one, way=Way.STALE, note=note)
                for one in late
                if one.way != Way.STALE
            ]
        elif len(late) == 1:
            self._release += late
        else:
            self._fold(Gathered.CATCH_UP, late)
        return [one for one in waiting if one.id not in names]

    def digest(self, waiting: Iterable[Delivery]) -> list[Delivery]:
        """Fold what waited for the digest; return the others."""
        rest: list[Delivery] = []
        told: list[Delivery] = []
        digest, last = self._terms.digest, self._history.last_digest
        for one in waiting:
            if one.way != Way.DIGEST or digest is None:
                rest.append(one)
            elif one.due > self._now:
                due = min(one.due, digest.after(self._now))
                note = "waits for the digest, which comes at other times now"
                self._put_off.append(replace(one, due=due, note=note))
            elif last is not None and one.due <= last <= self._now:
                # It was written while its digest was being made.
                note = "came too late for the last digest, waits for the next"
                due = digest.after(self._now)
                self._put_off.append(replace(one, due=due, note=note))
            else:
                told.append(one)
        self._fold(Gathered.DIGEST, told)
        return rest

    def groups(self, waiting: Iterable[Delivery]) -> list[Unit]:
        """Put messages of one group together once the group may speak."""
        units: list[Unit] = []
        groups: defaultdict[str, list[Delivery]] = defaultdict(list)
        for one in waiting:
            if one.way == Way.GROUP:
                groups[one.group].append(one)
            else:
                units.append((None, (one,)))
        for name, members in groups.items():
            due = [one for one in members if one.due <= self._now]
            if not due:
                continue
            speaks = max(self._speaks(name), self._now)
            if self._hours(name).speaks_at(speaks) > self._now:
                note = "its group was told of just before"
                self._put_off += [self._later(one, speaks, note) for one in due]
            elif len(members) == 1:
                units.append((None, tuple(members)))
            else:
                units += [(Gathered.BATCH, part) for part in _parts(members)]
        return units

    def _speaks(self, group: str) -> datetime:
        """Return when a group may be told of again."""
        last = self._history.groups.get(group)
        interval = self._intervals.get(group.partition("?")[0], timedelta())
        # A clock that was set back must not keep a group quiet.
        if last is None or last > self._now:
            return self._now
        return last + interval

    def _hours(self, group: str) -> Hours:
        return self.hours.get(group.partition("?")[0], ALWAYS)

    def _later(self, one: Delivery, due: datetime, note: str) -> Delivery:
        """Put a message off until its route speaks: no other gate opens it at night."""
        hours = self._hours(one.group)
        if quiet := hours.quiet(due):
            due, note = hours.speaks_at(due), f"its route keeps quiet ({quiet})"
        return replace(one, due=due, note=note)

    def limit(self, units: Sequence[Unit]) -> None:
        """Let go as many as the receiver takes, the gravest first; fold the others."""
        limit = self._terms.limit
        ordered = sorted(units, key=_order)
        if limit is None:
            self._go(ordered)
            return
        grave = [unit for unit in ordered if _rank(unit) == Severity.CRITICAL.rank]
        others = [unit for unit in ordered if _rank(unit) < Severity.CRITICAL.rank]
        since = self._now - limit.per
        lately = [at for at in self._history.released if since < at <= self._now]
        room = limit.messages - len(lately) - len(grave)
        self._go(grave)
        if len(others) <= room:
            self._go(others)
        elif room > 0:
            self._go(others[: room - 1])
            rest = [one for _, members in others[room - 1 :] for one in members]
            self._fold(Gathered.BURST, rest)
        else:
            until = min(lately, default=self._now) + limit.per
            note = f"{counted(limit.messages, 'message was', 'messages were')} sent within {limit.per}"
            self._put_off += [
                self._later(replace(one, way=Way.LIMIT), until, note)
                for _, members in others
                for one in members
            ]

    # ── what goes ────────────────────────────────────────────────────────────

    def _go(self, units: Iterable[Unit]) -> None:
        for why, members in units:
            if why is None:
                self._release += members
            else:
                self._fold(why, members)

    def _fold(self, why: Gathered, members: Sequence[Delivery]) -> None:
        for part in _parts(members):
            if part:
                self._folds.append(
                    Fold(bundle=bundle_of(why, part, self._now), members=part)
                )


def superseded(unsent: Iterable[Delivery], new: Delivery) -> tuple[Delivery, ...]:
    """Return which earlier messages about an alert a new one tells of as well.

    Those to the same recipient that would come no sooner: the new message is rendered
    from the story as it then stands, so nothing in them is lost.
    """
    return tuple(
        one
        for one in unsent
        if (one.receiver, one.recipient) == (new.receiver, new.recipient)
        and one.id != new.id
        and one.due >= new.due
    )


def bundle_of(why: Gathered, members: Sequence[Delivery], now: datetime) -> Delivery:
    """Return the delivery that tells of several; the same members give the same id."""
    first = members[0]
    names = sorted(one.id for one in members)
    made = stable_id("dlv", why.value, first.receiver, first.recipient, *names)
    return Delivery(
        id=made,
        alert_id="",
        sequence=0,
        receiver=first.receiver,
        recipient=first.recipient,
        due=now,
        created=now,
        rank=max(one.rank for one in members),
        group=first.group if why is Gathered.BATCH else _place(members),
        released=now,
        gathered=why.value,
        carries=made,
        note=f"tells of {_many(members)} ({why.value})",
    )


def _place(members: Sequence[Delivery]) -> str:
    """Return the place of the route whose hours hold for all of them; "" for none."""
    places = {one.group.partition("?")[0] for one in members}
    return places.pop() if len(places) == 1 else ""


def _many(members: Sequence[Delivery]) -> str:
    return "1 message" if len(members) == 1 else f"{len(members)} messages as one"


def _parts(members: Sequence[Delivery]) -> list[tuple[Delivery, ...]]:
    return [tuple(members[n : n + MOST]) for n in range(0, len(members), MOST)]


def _rank(unit: Unit) -> int:
    return max(one.rank for one in unit[1])


def _order(unit: Unit) -> tuple[int, datetime, datetime, int, str]:
    first = unit[1][0]
    return -_rank(unit), first.due, first.created, first.sequence, first.id
