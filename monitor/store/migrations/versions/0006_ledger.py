"""The ledger: what was recorded, in a chain of hashes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward; what is there already is older than the ledger's beginning."""
    op.create_table(
        "ledger",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("sealed", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger"),
        sa.UniqueConstraint("position", name="uq_ledger_position"),
        sqlite_autoincrement=True,
    )
    unsealed = sa.text("position IS NULL")
    op.create_index(
        "ix_ledger_unsealed",
        "ledger",
        ["seq"],
        sqlite_where=unsealed,
        postgresql_where=unsealed,
    )
    op.create_index("ix_ledger_subject", "ledger", ["subject"])
