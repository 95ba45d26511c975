"""Forgetting what nobody needs any more, a bounded batch at a time."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from monitor.model import DeliveryState
from monitor.store import chain
from monitor.store.schema import (
    deliveries,
    feeds,
    items,
    matches,
    messages,
    story_items,
)
from monitor.store.statements import CHUNK


def old_items(connection: sa.Connection, before: datetime, limit: int) -> list[str]:
    """Return the ids of items first seen before that nothing needs, the oldest first.

    An item stays while a story or a message needs it, and while its feed still
    lists it: deleted, it would come back as a new item and be alerted. Many may stay,
    and have to be looked at, so nobody who writes is to wait for this.
    """
    query = _unneeded(before).order_by(items.c.first_seen).limit(limit)
    return list(connection.scalars(query))


def forget_items(
    connection: sa.Connection, old: Collection[str], before: datetime
) -> int:
    """Delete those of one batch of items that nothing needs still; return how many."""
    query = _unneeded(before).where(items.c.id.in_(old))
    query = query.with_for_update(skip_locked=True, of=items)
    ids = list(connection.scalars(query))
    told = sa.select(matches.c.item_id).where(matches.c.item_id.in_(ids)).distinct()
    chain.forgotten(connection, connection.scalars(told).all())
    return connection.execute(sa.delete(items).where(items.c.id.in_(ids))).rowcount


def _unneeded(before: datetime) -> sa.Select[tuple[str]]:
    gone = sa.or_(feeds.c.retired.is_not(None), items.c.carried < feeds.c.carried)
    needed = sa.or_(
        sa.exists().where(story_items.c.item_id == items.c.id),
        sa.exists().where(messages.c.item_id == items.c.id),
    )
    return (
        sa.select(items.c.id)
        .join(feeds, feeds.c.id == items.c.feed_id)
        .where(items.c.first_seen < before, gone, ~needed)
    )


def forget_dead(connection: sa.Connection, before: datetime) -> int:
    """Delete up to one batch of deliveries that died before; return how many.

    One that told of others stays beside them: they name it. One that stood in for what
    still waits stays too: without it, that would be told of once more.
    """
    told, waits = deliveries.alias("told"), deliveries.alias("waits")
    stands_in = sa.exists().where(
        deliveries.c.carries != "",
        waits.c.id == deliveries.c.carries,
        waits.c.state == DeliveryState.PENDING.value,
    )
    old = (
        sa.select(deliveries.c.id)
        .where(
            deliveries.c.state == DeliveryState.DEAD.value,
            deliveries.c.closed < before,
            ~sa.exists().where(
                told.c.folded_into != "", told.c.folded_into == deliveries.c.id
            ),
            ~stands_in,
        )
        .order_by(deliveries.c.closed)
        .limit(CHUNK)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    ids = list(connection.scalars(old))
    chain.forgotten(connection, ids)
    gone = sa.delete(deliveries).where(deliveries.c.id.in_(ids))
    return connection.execute(gone).rowcount
