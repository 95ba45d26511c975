"""What waits in vain for a receiver, and nobody was told of instead."""

import sqlalchemy as sa

from monitor.model import Delivery, Stranded
from monitor.store.outbox_rows import to_delivery
from monitor.store.schema import deliveries
from monitor.store.selections import PENDING, WITHOUT_BODY


def stranded(
    connection: sa.Connection, which: Stranded, after: Delivery | None, limit: int
) -> list[Delivery]:
    """Return what waits in vain, without bodies, in the order in which it is due.

    The next ones after a delivery. What was never tried counts from its moment: before it,
    it waits for the end of quiet hours, not for its receiver; and so does what waits at a
    gate, as those of a receiver that rests or is disabled do not open. Tests and remarks are
    left out, and what deliveries to `which.instead` tell already.
    """
    column = deliveries.c
    member = deliveries.alias()
    carried = sa.func.coalesce(_named(column), column.id)
    new_in_it = sa.exists().where(
        member.c.folded_into == carried,
        member.c.folded_into != sa.literal_column("''"),
        ~_told(member.c.id, which.instead),
    )
    query = (
        WITHOUT_BODY.where(
            PENDING,
            column.receiver == which.receiver,
            sa.or_(column.attempts > 0, column.due <= which.until),
            column.created <= which.until,
            sa.or_(column.alert_id.is_not(None), column.gathered != ""),
            ~_told(carried, which.instead),
            sa.or_(column.gathered == "", new_in_it),
        )
        .order_by(column.due, column.id)
        .limit(limit)
    )
    if after is not None:
        here = sa.tuple_(sa.literal(after.due, column.due.type), after.id)
        query = query.where(sa.tuple_(column.due, column.id) > here)
    return [to_delivery(row) for row in connection.execute(query).mappings()]


def _told(carried: sa.ColumnElement[str], instead: str) -> sa.ColumnElement[bool]:
    """Choose what a delivery to the other receiver carries, or is."""
    stand_in, own = deliveries.alias(), deliveries.alias()
    stands_in = sa.exists().where(
        stand_in.c.carries == carried,
        stand_in.c.carries != sa.literal_column("''"),
        stand_in.c.receiver == instead,
    )
    # Where two stand in for each other, neither is told by the other of its own.
    return sa.or_(
        stands_in, sa.exists().where(own.c.id == carried, own.c.receiver == instead)
    )


def is_told(connection: sa.Connection, given_up: Delivery, instead: str) -> bool:
    """Say whether the other receiver has, or had, a delivery of the same message."""
    carried = sa.literal(given_up.carries or given_up.id)
    return bool(connection.scalar(sa.select(_told(carried, instead))))


def _named(column: sa.ColumnCollection[str, sa.Column[str]]) -> sa.Function[str]:
    """Return what a delivery carries; NULL: it carries itself."""
    return sa.func.nullif(column.carries, "")
