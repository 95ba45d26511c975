"""How receivers fare; tokens of the interface for programs, and what they changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("paused_until", moment, nullable=True),
    ):
        op.add_column("receivers", column)
    with op.batch_alter_table("receivers") as receivers:
        receivers.alter_column("failures", server_default=None)
    op.create_table(
        "tokens",
        _text("id"),
        _text("name"),
        _text("hash"),
        _text("scope"),
        sa.Column("created", moment, nullable=False),
        sa.Column("last_used", moment, nullable=True),
        sa.Column("revoked", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
    )
    op.create_table(
        "audit",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", moment, nullable=False),
        _text("who"),
        _text("action"),
        _text("detail"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
