"""What one replica at a time may do: PostgreSQL's advisory locks.

Each is held until the transaction ends. In SQLite every writer is alone anyway.
"""

from enum import IntEnum

import sqlalchemy as sa


class Lock(IntEnum):
    """The numbers of the locks; they are the same in every version of Tocsin."""

    MIGRATE = 0x70C51A
    """Bring the database to the newest tables."""
    FEEDS = 0x70C51B
    """Change which feeds there are, or are leased; count a host's leases."""
    STORIES = 0x70C51C
    """Group items, and decide what follows from it."""
    SEAL = 0x70C51D
    """Seal the ledger's entries, or cut them off."""
    ORDER = 0x70C51E
    """Lease deliveries to receivers that want them in their order."""


def hold(connection: sa.Connection, lock: int) -> None:
    """Wait until nobody else holds a lock, and hold it."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def try_to_hold(connection: sa.Connection, lock: int) -> bool:
    """Hold a lock, or return False at once where somebody else does."""
    if connection.dialect.name == "sqlite":
        return True
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(lock))))
