"""Which deliveries are meant: what lists show of them, and the filter of a person."""

from typing import Any

import sqlalchemy as sa

from monitor.store.schema import deliveries
from monitor.store.views import DeliveryFilter

PENDING = deliveries.c.state == sa.literal_column("'pending'")
"""Written out, so that PostgreSQL sees that the partial index fits."""

FOLDED = deliveries.c.folded_into != sa.literal_column("''")
"""To the letter of its index: without it, what one message tells is sought in all."""

WITHOUT_BODY: sa.Select[Any] = sa.select(
    *(column for column in deliveries.c if column.name != "content"),
    sa.null().label("content"),
)
"""Deliveries as lists show them: a body may have many kilobytes."""


def chosen(which: DeliveryFilter) -> sa.Select[Any]:
    """Return the deliveries that a filter names, the newest first, without bodies."""
    column = deliveries.c
    query = WITHOUT_BODY.order_by(column.created.desc(), column.id)
    conditions = (
        (which.ids, column.id.in_(which.ids)),
        (which.states, column.state.in_([state.value for state in which.states])),
        (which.receiver, column.receiver == which.receiver),
        (which.alert, column.alert_id == which.alert),
        (which.folded_into, FOLDED & (column.folded_into == which.folded_into)),
    )
    for wanted, condition in conditions:
        if wanted:
            query = query.where(condition)
    if which.since is not None:
        query = query.where(column.created >= which.since)
    if which.until is not None:
        query = query.where(column.created < which.until)
    return query.limit(which.limit)
