"""Feeds remember what had to be mended in what they last published."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    notes: sa.Column[str] = sa.Column(
        "notes", sa.Text(), nullable=False, server_default=""
    )
    op.add_column("feeds", notes)
