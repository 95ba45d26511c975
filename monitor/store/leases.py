"""Leases of feeds and deliveries alike."""

from collections.abc import Callable

import sqlalchemy as sa

from monitor.store.schema import deliveries, feeds
from monitor.store.statements import chunks


def free(connection: sa.Connection, is_gone: Callable[[str], bool]) -> int:
    """End the leases of owners that are gone; return how many.

    The fences stay: whoever leases next moves them on.
    """
    return sum(_free(connection, table, is_gone) for table in (feeds, deliveries))


def _free(
    connection: sa.Connection, table: sa.Table, is_gone: Callable[[str], bool]
) -> int:
    held = table.c.lease_until.is_not(None)
    owners = connection.scalars(sa.select(table.c.lease_owner).where(held).distinct())
    gone = [owner for owner in owners if is_gone(owner)]
    freed = 0
    for chunk in chunks(gone):
        freed += connection.execute(
            sa.update(table)
            .where(held, table.c.lease_owner.in_(chunk))
            .values(lease_until=None, lease_owner="")
        ).rowcount
    return freed
