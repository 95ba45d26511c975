"""Indexes for what is asked of all feeds: those of a host, and those that fail."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_index("ix_feeds_host", "feeds", ["host"])
    failing = sa.text("retired IS NULL AND failures > 0")
    op.create_index(
        "ix_feeds_failing",
        "feeds",
        ["id"],
        sqlite_where=failing,
        postgresql_where=failing,
    )
