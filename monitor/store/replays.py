"""Sending again: what ended becomes pending once more, what waits becomes due at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.model import Delivery, DeliveryState, Severity, Way
from monitor.store import chain
from monitor.store.outbox_rows import to_delivery
from monitor.store.schema import deliveries, receivers
from monitor.store.selections import PENDING, chosen
from monitor.store.statements import chunks
from monitor.store.subscriptions import subscribed
from monitor.store.views import DeliveryFilter

_WISHED = Severity.CRITICAL.rank
"""What a person wants to be sent keeps no quiet hours."""


def over(connection: sa.Connection, which: DeliveryFilter) -> list[Delivery]:
    """Return those that were delivered or given up, oldest first, without bodies.

    Those to recipients who have unsubscribed meanwhile are left out. They are held: who
    wants to send them again at the same moment finds them pending.
    """
    states = (DeliveryState.DELIVERED.value, DeliveryState.DEAD.value)
    ended = deliveries.c.state.in_(states)
    query = chosen(which).where(ended, subscribed()).with_for_update(of=deliveries)
    rows = connection.execute(query).mappings().all()
    return [to_delivery(row) for row in reversed(rows)]


def replay(
    connection: sa.Connection,
    ended: Sequence[Delivery],
    due: datetime,
    spacing: timedelta,
) -> list[Delivery]:
    """Make them pending again, one after the other; return them as they now stand.

    The id stays, so a receiver can tell the repetition; attempts count afresh
    for the schedule, those made before stay on record.
    """
    again = [
        replace(
            delivery,
            state=DeliveryState.PENDING,
            due=due + number * spacing,
            rank=_WISHED,
            attempts=0,
            first_attempt=None,
            delivered=None,
            status="",
            problem="",
            replays=delivery.replays + 1,
        )
        for number, delivery in enumerate(ended)
    ]
    update = (
        sa.update(deliveries)
        .where(deliveries.c.id == sa.bindparam("the_id"))
        .values(
            state=DeliveryState.PENDING.value,
            due=sa.bindparam("the_due"),
            rank=_WISHED,
            attempts=0,
            first_attempt=None,
            delivered=None,
            closed=None,
            status="",
            problem="",
            replays=deliveries.c.replays + 1,
        )
    )
    for chunk in chunks({"the_id": each.id, "the_due": each.due} for each in again):
        connection.execute(update, chunk)
    told = [{"id": each.id, "replays": each.replays} for each in again]
    chain.append(connection, "replay", told)
    return again


def hurry(
    connection: sa.Connection, which: DeliveryFilter, now: datetime
) -> list[Delivery]:
    """Make what waits for its next attempt due; end the rests of its receivers.

    It goes also in hours in which its route keeps quiet.
    """
    waiting = waiting_for_attempt(connection, which, now)
    for chunk in chunks(one.id for one in waiting):
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(chunk))
            .values(due=now, rank=_WISHED)
        )
    for name in {one.receiver for one in waiting}:
        connection.execute(
            sa.update(receivers)
            .where(receivers.c.name == name, receivers.c.paused_until > now)
            .values(paused_until=now)
        )
    return [replace(one, due=now, rank=_WISHED) for one in waiting]


def waiting_for_attempt(
    connection: sa.Connection, which: DeliveryFilter, now: datetime
) -> list[Delivery]:
    """Return what waits for nothing but its next attempt, the oldest first."""
    column = deliveries.c
    query = chosen(which).where(
        PENDING,
        column.way == Way.READY.value,
        sa.or_(column.lease_until.is_(None), column.lease_until <= now),
    )
    rows = connection.execute(query).mappings().all()
    return [to_delivery(row) for row in reversed(rows)]
