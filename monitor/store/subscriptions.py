"""Who wants no more mail from a receiver, by the link in a message."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from monitor.model import Delivery, DeliveryState
from monitor.store.schema import deliveries, unsubscribed
from monitor.store.statements import insert_new
from monitor.store.views import Unsubscribed

WHY = "the recipient has unsubscribed"


def end(
    connection: sa.Connection, receiver: str, recipient: str, now: datetime
) -> bool:
    """End a subscription and what waits for it; False where it had ended before."""
    if (receiver, recipient) in _ended(connection, [recipient]):
        return False
    row = {"receiver": receiver, "recipient": recipient, "at": now}
    insert_new(connection, unsubscribed, [row])
    column = deliveries.c
    connection.execute(
        sa.update(deliveries)
        .where(
            column.receiver == receiver,
            column.recipient == recipient,
            column.state == DeliveryState.PENDING.value,
        )
        .values(state=DeliveryState.DEAD.value, problem=WHY, closed=now)
    )
    return True


def begin(connection: sa.Connection, receiver: str, recipient: str) -> bool:
    """Let a recipient have mail again; False where it had never ended."""
    result = connection.execute(
        sa.delete(unsubscribed).where(
            unsubscribed.c.receiver == receiver, unsubscribed.c.recipient == recipient
        )
    )
    return result.rowcount == 1


def every(connection: sa.Connection) -> list[Unsubscribed]:
    """Return who has unsubscribed, the latest first."""
    query = sa.select(unsubscribed).order_by(unsubscribed.c.at.desc())
    return [
        Unsubscribed(receiver=r["receiver"], recipient=r["recipient"], at=r["at"])
        for r in connection.execute(query).mappings()
    ]


def wanted(connection: sa.Connection, pending: Iterable[Delivery]) -> list[Delivery]:
    """Return the deliveries whose recipients have not unsubscribed."""
    found = list(pending)
    addresses = {one.recipient for one in found if one.recipient}
    ended = _ended(connection, addresses) if addresses else set()
    return [one for one in found if (one.receiver, one.recipient) not in ended]


def subscribed() -> sa.ColumnElement[bool]:
    """Choose the deliveries whose recipients have not unsubscribed."""
    return ~sa.exists().where(
        unsubscribed.c.receiver == deliveries.c.receiver,
        unsubscribed.c.recipient == deliveries.c.recipient,
    )


def _ended(connection: sa.Connection, addresses: Iterable[str]) -> set[tuple[str, str]]:
    column = unsubscribed.c
    query = sa.select(column.receiver, column.recipient)
    query = query.where(column.recipient.in_(list(addresses)))
    return {(row.receiver, row.recipient) for row in connection.execute(query)}
