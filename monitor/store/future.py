"""What was written while the clock was ahead, and would wait until it is there again.

A machine may start with a clock that is months ahead and set it right a minute later.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.model import DeliveryState, Way
from monitor.store.schema import (
    alerts,
    attempts,
    deliveries,
    feeds,
    receivers,
    stories,
)
from monitor.store.selections import PENDING
from monitor.store.statements import Values

SLACK = timedelta(minutes=15)
"""Another replica's clock may be ahead by so much."""

LONGEST_WAIT = timedelta(hours=30)
"""No attempt waits longer for the next one."""

LONGEST_LEASE = timedelta(days=1)
"""No process says that it holds anything for longer."""

_GATES = (Way.GROUP.value, Way.LIMIT.value)
"""What opens at a moment that is reckoned from when others were told."""

_FREE: Values = {"lease_until": None, "lease_owner": ""}


def make_due(connection: sa.Connection, now: datetime) -> tuple[int, int, int]:
    """Make due what a clock that was ahead put off.

    Return how many feeds, deliveries and alerts. A feed that was polled in the future says
    nothing of when it is due, nor of since when it has been well. What somebody held then
    is free, and not counted.
    """
    column = feeds.c
    past = {
        name: sa.case(
            (column[name] > now, sa.literal(now, column[name].type)), else_=column[name]
        )
        for name in ("last_polled", "last_ok", "last_new", "last_full")
    }
    polled = connection.execute(
        sa.update(feeds)
        .where(column.retired.is_(None), _put_off(now))
        .values(poll_after=now, asked_until=None, **past, **_FREE)
    ).rowcount
    waiting = connection.execute(
        sa.update(deliveries).where(_waits(now)).values(due=now, **_FREE)
    ).rowcount
    for table, held in ((feeds, sa.true()), (deliveries, PENDING)):
        held_ahead = table.c.lease_until > now + LONGEST_LEASE
        connection.execute(sa.update(table).where(held, held_ahead).values(_FREE))
    connection.execute(sa.update(receivers).where(_rests(now)).values(paused_until=now))
    return polled, waiting, _told_ahead(connection, now)


def _told_ahead(connection: sa.Connection, now: datetime) -> int:
    """Let alerts that were told of in the future, and their stories, be of now.

    Else they would be closed and repeated only when that time has come.
    """
    connection.execute(
        sa.update(stories)
        .where(stories.c.last_seen > now + SLACK)
        .values(last_seen=now)
    )
    column = deliveries.c
    connection.execute(
        sa.update(deliveries)
        .where(
            column.state == DeliveryState.DELIVERED.value,
            column.closed > now + SLACK,
            column.delivered > now + SLACK,
        )
        .values(delivered=now)
    )
    return connection.execute(
        sa.update(alerts).where(alerts.c.updated > now + SLACK).values(updated=now)
    ).rowcount


def _put_off(now: datetime) -> sa.ColumnElement[bool]:
    """Choose feeds that were polled or added in the future, or whose host asked then."""
    column, mate = feeds.c, feeds.alias()
    added_ahead = sa.and_(
        column.last_polled.is_(None),
        column.asked_until.is_(None),
        column.poll_after > now + SLACK,
    )
    polled_then = sa.exists().where(
        mate.c.host == column.host, mate.c.last_polled > now + SLACK
    )
    asked_ahead = sa.and_(column.asked_until > now + SLACK, polled_then)
    return sa.or_(column.last_polled > now + SLACK, added_ahead, asked_ahead)


def _waits(now: datetime) -> sa.ColumnElement[bool]:
    """Choose deliveries that were made, tried or kept at a gate in the future."""
    column, other = deliveries.c, deliveries.alias()
    tried_then = _tried_then(column.id, now)
    tried_ahead = sa.and_(
        column.attempts > 0, sa.or_(column.due > now + LONGEST_WAIT, tried_then)
    )
    # The gate is asked again, and puts off what still has to wait.
    told_then = sa.select(other.c.receiver).where(other.c.released > now + SLACK)
    kept_ahead = sa.and_(column.way.in_(_GATES), column.receiver.in_(told_then))
    return sa.and_(
        PENDING,
        column.due > now + SLACK,
        sa.or_(column.created > now + SLACK, tried_ahead, kept_ahead),
    )


def _rests(now: datetime) -> sa.ColumnElement[bool]:
    """Choose receivers that rest because of what failed in the future."""
    column, failed = receivers.c, deliveries.alias()
    failed_then = sa.exists().where(
        failed.c.receiver == column.name,
        failed.c.state == DeliveryState.PENDING.value,
        _tried_then(failed.c.id, now),
    )
    too_long = column.paused_until > now + LONGEST_WAIT
    return sa.or_(too_long, sa.and_(column.paused_until > now + SLACK, failed_then))


def _tried_then(
    delivery_id: sa.ColumnElement[str], now: datetime
) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        attempts.c.delivery_id == delivery_id, attempts.c.at > now + SLACK
    )
