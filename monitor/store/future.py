"""What was written while the clock was ahead, and would wait until it is there again.

A machine may start with a clock that is months ahead and set it right a minute later.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.store.schema import alerts, deliveries, feeds, receivers, stories
from monitor.store.selections import PENDING
from monitor.store.statements import Values

SLACK = timedelta(minutes=15)
"""Another replica's clock may be ahead by so much."""

LONGEST_WAIT = timedelta(hours=30)
"""No attempt waits longer for the next one."""

LONGEST_LEASE = timedelta(days=1)
"""No process says that it holds anything for longer."""

_FREE: Values = {"lease_until": None, "lease_owner": ""}


def make_due(connection: sa.Connection, now: datetime) -> tuple[int, int]:
    """Make due what a clock that was ahead put off; return how many feeds, deliveries.

    A feed that was polled in the future says nothing of when it is due, nor of since when
    it has been well. What somebody held then is free, and not counted.
    """
    column = feeds.c
    past = {
        name: sa.case(
            (column[name] > now, sa.literal(now, column[name].type)), else_=column[name]
        )
        for name in ("last_ok", "last_new", "last_full")
    }
    polled = connection.execute(
        sa.update(feeds)
        .where(column.retired.is_(None), column.last_polled > now + SLACK)
        .values(poll_after=now, last_polled=now, asked_until=None, **past, **_FREE)
    ).rowcount
    column = deliveries.c
    made_ahead = sa.and_(column.created > now + SLACK, column.due > now + SLACK)
    tried_ahead = sa.and_(column.attempts > 0, column.due > now + LONGEST_WAIT)
    waiting = connection.execute(
        sa.update(deliveries)
        .where(
            PENDING,
            sa.or_(made_ahead, tried_ahead),
        )
        .values(due=now, **_FREE)
    ).rowcount
    for table, held in ((feeds, sa.true()), (deliveries, PENDING)):
        held_ahead = table.c.lease_until > now + LONGEST_LEASE
        connection.execute(sa.update(table).where(held, held_ahead).values(_FREE))
    for moment in (alerts.c.updated, stories.c.last_seen):
        # Else nothing would be quiet for long enough to be over.
        told_ahead = sa.update(moment.table).where(moment > now + SLACK)
        connection.execute(told_ahead.values({moment: now}))
    connection.execute(
        sa.update(receivers)
        .where(receivers.c.paused_until > now + LONGEST_WAIT)
        .values(paused_until=now)
    )
    return polled, waiting
