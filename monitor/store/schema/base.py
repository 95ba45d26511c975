"""What all tables share: how constraints are named, and the reference to an item."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def to_item() -> sa.Column[Any]:
    """Return the column of a row that belongs to an item."""
    return sa.Column("item_id", sa.ForeignKey("items.id"), nullable=False)
