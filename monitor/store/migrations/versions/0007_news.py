"""What messages told: the facts, the sentences that were new, the story's worth."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("alerts", sa.Column("told", sa.JSON(), nullable=True))
    op.add_column("messages", sa.Column("changes", sa.JSON(), nullable=True))
    op.add_column("messages", sa.Column("assessment", sa.JSON(), nullable=True))
