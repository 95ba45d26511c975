"""What waits for more than its moment, and what goes as one message.

pending ──┬─ released: it can be leased when it is due
          └─ folded: another delivery tells what it would have told
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from monitor.model import Delivery, DeliveryState, Gathered, Way
from monitor.store import chain
from monitor.store import deliveries as outbox
from monitor.store.locks import Lock, hold
from monitor.store.outbox_rows import to_delivery
from monitor.store.receivers import enabled
from monitor.store.schema import deliveries
from monitor.store.selections import FOLDED, PENDING, WITHOUT_BODY
from monitor.store.statements import chunks

_FOLDED_HERE = 100
"""How deep messages may be folded into one another; far more than ever happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was let go before for one receiver and recipient."""

    released: tuple[datetime, ...] = ()
    groups: Mapping[str, datetime] = field(default_factory=dict)
    """When each group was last told of."""
    last_digest: datetime | None = None
    catching_up: bool = False


class Gathering:
    """One transaction in which it is decided what goes as one message.

    No poll and no other replica writes meanwhile, so that there is one digest.
    """

    def __init__(self, connection: sa.Connection) -> None:
        """Lock out the others."""
        hold(connection, Lock.STORIES)
        self._connection = connection

    def waiting(
        self,
        now: datetime,
        expiries: Mapping[str, timedelta],
        digests: Mapping[str, datetime] | None,
    ) -> list[Delivery]:
        """Return what is due and waits at a gate, whole groups, and what is overdue.

        `expiries` says of receivers how long after its moment a message is overdue,
        `digests` which have one, and when the next is: what waits for one that is no more
        is due, what waits for a later one comes with the next. None leaves that out, which
        has to look at all that waits for a digest.
        """
        found: dict[str, Delivery] = {}
        column = deliveries.c
        for query in _chosen(sa.select(deliveries), now, expiries, digests):
            ordered = query.order_by(column.due, column.created, column.sequence)
            rows = self._connection.execute(ordered.with_for_update(of=deliveries))
            found |= {row["id"]: to_delivery(row) for row in rows.mappings()}
        return list(found.values())

    def before(self, receiver: str, recipient: str, since: datetime) -> Before:
        """Return what was let go for a receiver since."""
        column = deliveries.c
        here = (column.receiver == receiver, column.recipient == recipient)
        rows = self._connection.execute(
            sa.select(column.released, column.group_key).where(
                *here, column.released >= since
            )
        ).all()
        groups: dict[str, datetime] = {}
        for moment, group in rows:
            if group:
                groups[group] = max(moment, groups.get(group, moment))
        digest = sa.select(
            sa.func.max(column.created, type_=column.created.type)
        ).where(*here, column.gathered == Gathered.DIGEST.value)
        catching_up = sa.select(sa.func.count()).where(
            *here,
            column.gathered == Gathered.CATCH_UP.value,
            column.state == DeliveryState.PENDING.value,
        )
        return Before(
            released=tuple(moment for moment, _ in rows),
            groups=groups,
            last_digest=self._connection.scalar(digest),
            catching_up=bool(self._connection.scalar(catching_up)),
        )

    def release(self, these: Iterable[Delivery], now: datetime) -> None:
        """Let deliveries go: they can be leased now."""
        column = deliveries.c.due
        due = sa.case((column > now, sa.literal(now, column.type)), else_=column)
        for chunk in chunks(one.id for one in these):
            self._connection.execute(
                sa.update(deliveries)
                .where(deliveries.c.id.in_(chunk))
                .values(way=Way.READY.value, due=due, released=now, note="")
            )

    def fold(
        self, bundle: Delivery, members: Sequence[Delivery], now: datetime
    ) -> None:
        """Store a delivery that tells what its members would have told."""
        outbox.add(self._connection, [bundle])
        fold(self._connection, members, bundle, now)

    def put_off(self, these: Iterable[Delivery]) -> None:
        """Store that deliveries wait on, until when, and why."""
        for one in these:
            self._connection.execute(
                sa.update(deliveries)
                .where(deliveries.c.id == one.id)
                .values(way=one.way.value, due=one.due, note=one.note)
            )


def is_needed(
    connection: sa.Connection,
    now: datetime,
    expiries: Mapping[str, timedelta],
    digests: Mapping[str, datetime] | None,
) -> bool:
    """Say whether anything that is due waits at a gate; cheap, and locks nothing."""
    what = sa.select(deliveries.c.id).limit(1)
    return any(
        connection.execute(query).first() is not None
        for query in _chosen(what, now, expiries, digests)
    )


def unsent(connection: sa.Connection, alert_id: str, now: datetime) -> list[Delivery]:
    """Return the deliveries of an alert that nobody has begun to send."""
    query = (
        sa.select(deliveries)
        .where(deliveries.c.alert_id == alert_id, *_untouched(now))
        .order_by(deliveries.c.sequence, deliveries.c.id)
    )
    return [to_delivery(row) for row in connection.execute(query).mappings()]


def fold(
    connection: sa.Connection,
    members: Iterable[Delivery],
    into: Delivery,
    now: datetime,
) -> None:
    """Let one delivery tell what others would have told; their fences move on."""
    for chunk in chunks(one.id for one in members):
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(chunk), *_untouched(now))
            .values(
                state=DeliveryState.FOLDED.value,
                folded_into=into.id,
                closed=now,
                fence=deliveries.c.fence + 1,
                lease_until=None,
                lease_owner="",
                note=f"told in {into.id}"
                + (f", a {into.gathered}" * bool(into.gathered)),
            )
        )
        chain.append_stored(connection, "fold", chunk)


def folded(connection: sa.Connection, ids: Collection[str]) -> list[Delivery]:
    """Return what was folded into deliveries, and into what was folded into them."""
    found: dict[str, Delivery] = {}
    wanted = list(ids)
    for _ in range(_FOLDED_HERE):
        rows: list[Delivery] = []
        for chunk in chunks(wanted):
            query = WITHOUT_BODY.where(FOLDED, deliveries.c.folded_into.in_(chunk))
            rows += [to_delivery(row) for row in connection.execute(query).mappings()]
        wanted = [row.id for row in rows if row.id not in found]
        found |= {row.id: row for row in rows}
        if not wanted:
            break
    return list(found.values())


def _untouched(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Choose what was never rendered, so never tried, and nobody is at."""
    column = deliveries.c
    return (
        PENDING,
        column.content.is_(None),
        sa.or_(column.lease_until.is_(None), column.lease_until <= now),
    )


_BY_TIME = tuple(way.value for way in Way if way not in {Way.READY, Way.GROUP})


def _chosen(
    what: sa.Select[Any],
    now: datetime,
    expiries: Mapping[str, timedelta],
    digests: Mapping[str, datetime] | None,
) -> list[sa.Select[Any]]:
    """Return queries for what waits at a gate, and for what is overdue; each by its index.

    One way a query: either engine then looks up what is due, however much waits.
    """
    column = deliveries.c
    what = what.where(*_untouched(now), enabled(now))
    due = [what.where(column.way == way, column.due <= now) for way in _BY_TIME]
    groups = what.where(column.way == Way.GROUP.value)
    overdue = [
        what.where(
            column.receiver == receiver,
            column.due < now - limit,
            column.alert_id.is_not(None),
        )
        for receiver, limit in expiries.items()
    ]
    if digests is None:
        return [*due, groups, *overdue]
    orphans = what.where(
        column.way == Way.DIGEST.value, column.receiver.not_in(list(digests))
    )
    later = [
        what.where(
            column.way == Way.DIGEST.value,
            column.receiver == receiver,
            column.due > following,
        )
        for receiver, following in digests.items()
    ]
    return [*due, groups, orphans, *later, *overdue]
