"""Headers of a receiver's own; recipients who want no more mail."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "deliveries",
        sa.Column("headers", sa.Text(), nullable=False, server_default=""),
    )
    op.create_table(
        "unsubscribed",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "recipient", name="pk_unsubscribed"),
    )
