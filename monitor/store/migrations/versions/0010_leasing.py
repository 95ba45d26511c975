"""Indexes by which what is due is found in a backlog, on SQLite too."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.drop_index("ix_deliveries_due", "deliveries")
    op.drop_index("ix_deliveries_way", "deliveries")
    in_order = ["state", "way", "due", "created", "sequence", "id"]
    _index("ix_deliveries_next", in_order)
    _index("ix_deliveries_overdue", ["state", "receiver", "due"])


def _index(name: str, columns: list[str]) -> None:
    pending = sa.text("state = 'pending'")
    op.create_index(
        name,
        "deliveries",
        columns,
        sqlite_where=pending,
        postgresql_where=pending,
    )
