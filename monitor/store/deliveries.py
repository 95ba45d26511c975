"""The outbox: a delivery is a row before it is an attempt.

pending ── leased ──┬─ delivered
   ▲                ├─ pending, due later
   │                └─ dead
   └──── replayed ─────┘
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from monitor.errors import LeaseLost
from monitor.model import Apart, Body, Delivery, DeliveryState, Kind, Settled, Way
from monitor.store import chain, subscriptions
from monitor.store.columns import shard_of
from monitor.store.locks import Lock, hold
from monitor.store.outbox_rows import (
    attempt_row,
    delivery_row,
    to_delivery,
    written_headers,
)
from monitor.store.receivers import disable, enabled, set_circuit
from monitor.store.schema import attempts, deliveries, messages
from monitor.store.selections import PENDING
from monitor.store.statements import Row, Values, chunks, insert_new, insert_one


def add(
    connection: sa.Connection, pending: Sequence[Delivery], shard: int | None = None
) -> None:
    """Store deliveries; one that is already there is left as it is.

    None is stored for recipients who have unsubscribed.
    """
    rows = [
        {
            **delivery_row(each, shard_of(each.id) if shard is None else shard),
            "fence": 0,
            "lease_owner": "",
        }
        for each in subscriptions.wanted(connection, pending)
    ]
    added = insert_new(connection, deliveries, rows, (deliveries.c.id,))
    new = [row for row in rows if (row["id"],) in added]
    chain.append(connection, "delivery", new)
    chain.append(connection, "body", [row for row in new if row["content"] is not None])


def choose(
    connection: sa.Connection, now: datetime, limit: int, apart: Apart
) -> list[Row]:
    """Return due deliveries that nobody has leased, oldest first.

    Receivers that are disabled or in `apart.skip` are passed over; so are rows that
    another replica is leasing right now. For receivers in `apart.ordered` nothing is chosen
    while something older has to be tried again or is in somebody's hand.
    """
    if apart.ordered:
        # No other replica leases what is newer while this one takes what is older.
        hold(connection, Lock.ORDER)
    query = _due(connection, now, limit, apart)
    query = query.with_for_update(skip_locked=True, of=deliveries)
    rows = list(connection.execute(query).mappings())
    early = {
        row["id"] for row in _ends(connection, rows) if _put_off(connection, row, now)
    }
    return [row for row in rows if row["id"] not in early]


def due(
    connection: sa.Connection, now: datetime, limit: int, apart: Apart
) -> list[Delivery]:
    """Return what would be chosen now; nothing is locked."""
    rows = connection.execute(_due(connection, now, limit, apart)).mappings()
    return [to_delivery(row) for row in rows]


def _due(
    connection: sa.Connection, now: datetime, limit: int, apart: Apart
) -> sa.Select[Any]:
    column = deliveries.c
    free = sa.or_(column.lease_until.is_(None), column.lease_until <= now)
    keeps_order = column.receiver.in_(list(apart.ordered))
    first: sa.ColumnElement[Any] = column.due
    if apart.ordered:
        first = sa.case((keeps_order, column.created), else_=column.due)
    query = (
        sa.select(deliveries)
        .where(
            PENDING,
            column.way == Way.READY.value,
            column.due <= now,
            free,
            enabled(now),
        )
        .order_by(first, column.created, column.sequence, column.id)
        .limit(limit)
    )
    if apart.skip:
        query = query.where(column.receiver.not_in(list(apart.skip)))
    if apart.held:
        query = query.where(column.id.not_in(list(apart.held)))
    behind = [_behind(connection, name, now) for name in sorted(apart.ordered)]
    return query.where(*(~one for one in behind if one is not None))


def _ends(connection: sa.Connection, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that tell that an alert is over."""
    later = [row for row in rows if row["alert_id"] and row["sequence"] > 1]
    ends: set[tuple[str, int]] = set()
    for chunk in chunks({row["alert_id"] for row in later}):
        query = sa.select(messages.c.alert_id, messages.c.sequence).where(
            messages.c.alert_id.in_(chunk), messages.c.kind == Kind.CLOSED.value
        )
        ends.update((one.alert_id, one.sequence) for one in connection.execute(query))
    return [row for row in later if (row["alert_id"], row["sequence"]) in ends]


def _put_off(connection: sa.Connection, row: Row, now: datetime) -> bool:
    """Put off the end of an alert while something before it is still to be sent.

    Sent before what has to be tried again it would end nothing, and a pager would begin
    after it what nothing ends.
    """
    column = deliveries.c
    before = connection.scalar(
        sa.select(sa.func.max(column.due)).where(
            column.alert_id == row["alert_id"],
            column.receiver == row["receiver"],
            column.recipient == row["recipient"],
            column.sequence < row["sequence"],
            PENDING,
        )
    )
    if before is None:
        return False
    due = max(before, now) + timedelta(seconds=1)
    note = "waits for an earlier message about its alert, which is tried again"
    connection.execute(
        sa.update(deliveries).where(column.id == row["id"]).values(due=due, note=note)
    )
    return True


def _behind(
    connection: sa.Connection, receiver: str, now: datetime
) -> sa.ColumnElement[bool] | None:
    """Choose what has something older before it that cannot go now; None: nothing has."""
    column = deliveries.c
    key = (column.created, column.sequence, column.id)
    oldest = connection.execute(
        sa.select(*key)
        .where(
            column.receiver == receiver,
            PENDING,
            column.way == Way.READY.value,
            # What was never tried waits for no receiver: for the end of quiet hours, say.
            sa.or_(
                sa.and_(column.due > now, column.attempts > 0),
                column.lease_until > now,
            ),
        )
        .order_by(*key)
        .limit(1)
    ).one_or_none()
    if oldest is None:
        return None
    created = sa.literal(oldest.created, column.created.type)
    blocked = sa.tuple_(created, oldest.sequence, oldest.id)
    return sa.and_(column.receiver == receiver, blocked < sa.tuple_(*key))


def lease(
    connection: sa.Connection, chosen: Sequence[Row], until: datetime, owner: str
) -> list[Delivery]:
    """Lease the chosen ones; their fences move on."""
    for chunk in chunks(row["id"] for row in chosen):
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(chunk))
            .values(fence=deliveries.c.fence + 1, lease_until=until, lease_owner=owner)
        )
    return [to_delivery(_fenced(row)) for row in chosen]


def _fenced(row: Row) -> Row:
    return {**row, "fence": row["fence"] + 1}


def postpone(
    connection: sa.Connection, these: Iterable[Delivery], now: datetime
) -> None:
    """Let deliveries wait on that nobody has leased: until when, and why."""
    column = deliveries.c
    free = sa.or_(column.lease_until.is_(None), column.lease_until <= now)
    for one in these:
        connection.execute(
            sa.update(deliveries)
            .where(column.id == one.id, PENDING, free)
            .values(due=one.due, note=one.note)
        )


def release(connection: sa.Connection, held: Iterable[Delivery]) -> None:
    """Give back deliveries that were not attempted; they stay due."""
    for delivery in held:
        connection.execute(
            sa.update(deliveries)
            .where(*_held(delivery))
            .values(lease_until=None, lease_owner="")
        )


def save_body(connection: sa.Connection, delivery: Delivery, body: Body) -> bool:
    """Store a rendered message; False where the lease is not ours any more."""
    values: Values = {
        "content_type": body.content_type,
        "content": body.content,
        "headers": written_headers(body),
    }
    if not _update_held(connection, delivery, values):
        return False
    chain.append(connection, "body", [{"id": delivery.id, **values}])
    return True


def save_drafts(
    connection: sa.Connection, leased: Iterable[Delivery], drafts: Mapping[str, Body]
) -> list[Delivery]:
    """Store what was rendered of what has just been leased; return all of it."""
    made: list[Delivery] = []
    for delivery in leased:
        body = drafts.get(delivery.id)
        if body is None or delivery.body is not None:
            made.append(delivery)
            continue
        save_body(connection, delivery, body)
        made.append(replace(delivery, body=body))
    return made


def settle(connection: sa.Connection, settled: Settled) -> LeaseLost | None:
    """Store an attempt's outcome and end the lease; return LeaseLost if late."""
    delivery, attempt, state = settled.delivery, settled.attempt, settled.state
    over = state is not DeliveryState.PENDING
    values: Values = {
        "state": state.value,
        "due": settled.due,
        "attempts": attempt.number,
        "first_attempt": delivery.first_attempt or attempt.at,
        "delivered": attempt.at if state is DeliveryState.DELIVERED else None,
        "closed": attempt.at if over else None,
        "status": attempt.status,
        "problem": attempt.problem,
        "lease_until": None,
        "lease_owner": "",
    }
    if not over:
        # Its recipient may have left meanwhile: what has ended is not begun again.
        values |= {name: _unless_ended(name, values[name]) for name in _END}
    if not _update_held(connection, delivery, values):
        return LeaseLost(f"the lease on {delivery.id} ran out and was taken over")
    made = attempt_row(attempt)
    number = insert_one(connection, attempts, made)
    chain.append(connection, "attempt", [{**made, "id": number}])
    add(connection, settled.instead)
    if settled.disable:
        disable(connection, delivery.receiver, settled.disable, attempt.at)
    if settled.circuit is not None:
        set_circuit(connection, delivery.receiver, settled.circuit)
    return None


def tried_at(connection: sa.Connection, delivery: Delivery) -> list[datetime]:
    """Return when a delivery was attempted; since it was replayed, where it was."""
    column = attempts.c
    query = sa.select(column.at).where(column.delivery_id == delivery.id)
    if delivery.first_attempt is not None:
        query = query.where(column.at >= delivery.first_attempt)
    return list(connection.scalars(query.order_by(column.id)))


_END = ("state", "closed", "problem")


def _unless_ended(name: str, value: Any) -> sa.ColumnElement[Any]:
    column = deliveries.c[name]
    return sa.case((PENDING, sa.literal(value, column.type)), else_=column)


def _held(delivery: Delivery) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        deliveries.c.id == delivery.id,
        deliveries.c.fence == delivery.fence,
        deliveries.c.lease_until.is_not(None),
    )


def _update_held(connection: sa.Connection, delivery: Delivery, values: Values) -> bool:
    update = sa.update(deliveries).where(*_held(delivery)).values(values)
    return connection.execute(update).rowcount == 1
