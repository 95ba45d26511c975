"""Alerts remember which of their rule's thresholds were told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    escalated: sa.Column[object] = sa.Column(
        "escalated", sa.JSON(), nullable=False, server_default="[]"
    )
    op.add_column("alerts", escalated)
