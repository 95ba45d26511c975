"""Subscriptions at hubs, and what they push."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "hub_subscriptions",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("feed_id", _SERIAL, nullable=False),
        *(_text(name) for name in ("hub", "topic", "state", "token", "secret")),
        _moment("due"),
        _moment("lease_until"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _text("problem"),
        sa.Column("pushes", sa.Integer(), nullable=False),
        _moment("last_push"),
        sa.Column("refused", sa.Integer(), nullable=False),
        _moment("missed"),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name="fk_hub_subscriptions_feed_id_feeds"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hub_subscriptions"),
    )
    for name, column in (("feed", "feed_id"), ("token", "token"), ("due", "due")):
        op.create_index(f"ix_hub_subscriptions_{name}", "hub_subscriptions", [column])
    op.create_table(
        "hub_pushes",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("subscription_id", _SERIAL, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _text("content_type"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["hub_subscriptions.id"],
            name="fk_hub_pushes_subscription_id_hub_subscriptions",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hub_pushes"),
    )
    op.create_index(
        "ix_hub_pushes_subscription", "hub_pushes", ["subscription_id", "id"]
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)
