"""An index for what of a receiver's messages another one was told instead."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    carrying = sa.text("carries <> ''")
    op.create_index(
        "ix_deliveries_carries",
        "deliveries",
        ["carries", "receiver"],
        sqlite_where=carrying,
        postgresql_where=carrying,
    )
