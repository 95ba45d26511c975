"""Alerts are closed and acknowledged; deliveries wait for each other and are folded."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward.

    The defaults stay: without them SQLite would have to write every row anew, and the
    program always states its own.
    """
    moment = sa.DateTime(timezone=True)
    op.add_column("alerts", sa.Column("closed", moment, nullable=True))
    op.add_column("alerts", _text("closed_by"))
    op.add_column("alerts", sa.Column("acknowledged", moment, nullable=True))
    _index("ix_alerts_open", "alerts", ["updated"], "closed IS NULL")
    for name in ("way", "group_key", "gathered", "carries", "folded_into", "note"):
        op.add_column("deliveries", _text(name))
    rank = sa.Column("rank", sa.SmallInteger(), nullable=False, server_default="0")
    op.add_column("deliveries", rank)
    op.add_column("deliveries", sa.Column("released", moment, nullable=True))
    waits = "state = 'pending' AND way <> ''"
    _index("ix_deliveries_way", "deliveries", ["way", "due"], waits)
    _index("ix_deliveries_folded", "deliveries", ["folded_into"], "folded_into <> ''")
    given = "released IS NOT NULL"
    _index("ix_deliveries_released", "deliveries", ["released"], given)
    flag: sa.Column[bool] = sa.Column(
        "until_news", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("silences", flag)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
