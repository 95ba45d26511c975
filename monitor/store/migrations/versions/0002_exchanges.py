"""Polls are remembered; silences; corrections of stories."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    _feeds()
    _exchanges()
    _silences()
    _corrections()


def _feeds() -> None:
    # The defaults stay: SQLite would have to make the table anew without them, and may
    # not, since items refer to it. The program always states its own.
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("last_full", moment, nullable=True),
        sa.Column("ttl", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("skip", sa.Text(), nullable=False, server_default=""),
        sa.Column("asked_until", moment, nullable=True),
    ):
        op.add_column("feeds", column)


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("feed_id", _SERIAL, nullable=False),
        _moment("at"),
        _integer("status"),
        _text("outcome"),
        _text("problem"),
        _flag("conditional"),
        _flag("whole"),
        _flag("early"),
        sa.Column("took", sa.BigInteger(), nullable=False),
        _integer("size"),
        _integer("new_items"),
        _text("format"),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        _integer("times"),
        sa.Column("last", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name="fk_exchanges_feed_id_feeds"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exchanges"),
    )
    op.create_index("ix_exchanges_feed", "exchanges", ["feed_id", "id"])
    op.create_index("ix_exchanges_at", "exchanges", ["at"])


def _silences() -> None:
    op.create_table(
        "silences",
        _text("id"),
        sa.Column("matchers", sa.JSON(), nullable=False),
        _moment("starts"),
        _moment("ends"),
        _moment("created"),
        _text("author"),
        _text("comment"),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_ends", "silences", ["ends"])


def _corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        _text("kind"),
        _text("item_id"),
        _text("from_story"),
        _text("to_story"),
        _moment("at"),
        _text("author"),
        _text("comment"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_item", "corrections", ["item_id"])
    op.create_index("ix_corrections_story", "corrections", ["from_story"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
