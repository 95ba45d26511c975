"""The first tables."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    _feeds()
    _items()
    _matches()
    _stories()
    _alerts()
    _decisions()
    _deliveries()
    _receivers()


def _feeds() -> None:
    op.create_table(
        "feeds",
        _serial("id"),
        _text("url"),
        _text("url_digest"),
        _text("host"),
        _column("shard", sa.SmallInteger()),
        _text("name"),
        _text("source"),
        _text("lang"),
        _duration("every"),
        _duration("backfill"),
        _text("origin"),
        _moment("created"),
        _moment("retired", nullable=True),
        _text("etag"),
        _text("last_modified"),
        _text("body_hash"),
        _duration("interval"),
        _integer("failures"),
        _moment("last_polled", nullable=True),
        _moment("last_ok", nullable=True),
        _moment("last_new", nullable=True),
        _text("status"),
        _text("problem"),
        _moment("poll_after"),
        _text("reason"),
        _text("moved_to"),
        _integer("moved_count"),
        _moment("carried", nullable=True),
        *_lease(),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("url_digest", name="uq_feeds_url_digest"),
    )
    _index("ix_feeds_due", "feeds", "poll_after", "id", where="retired IS NULL")
    _index("ix_feeds_leased", "feeds", "lease_until", where="lease_until IS NOT NULL")


def _items() -> None:
    op.create_table(
        "items",
        _serial("seq"),
        _text("id"),
        _column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        _column("shard", sa.SmallInteger()),
        _text("key"),
        _text("key_digest"),
        _text("title"),
        _text("url"),
        _text("url_digest", nullable=True),
        _text("canonical_url"),
        _text("canonical_digest", nullable=True),
        _text("guid"),
        _text("guid_digest", nullable=True),
        _text("summary"),
        _text("body"),
        _text("lang"),
        _text("source"),
        _text("country"),
        _text("author"),
        _column("tags", sa.JSON()),
        _moment("published", nullable=True),
        _text("date_note"),
        _moment("first_seen"),
        _text("content_hash"),
        _text("copy_hash", nullable=True),
        _integer("revisions"),
        _moment("revised", nullable=True),
        _moment("carried"),
        _foreign("items", "feed_id", "feeds"),
        sa.PrimaryKeyConstraint("seq", name="pk_items"),
        sa.UniqueConstraint("id", name="uq_items_id"),
        sqlite_autoincrement=True,
    )
    _index("ix_items_key", "items", "feed_id", "key_digest")
    _index("ix_items_url", "items", "url_digest", where="url_digest IS NOT NULL")
    _index("ix_items_canonical", "items", "canonical_digest", "seq")
    _index("ix_items_guid", "items", "guid_digest", "seq")
    _index("ix_items_copy", "items", "copy_hash", "seq")
    _index("ix_items_seen", "items", "first_seen", "seq")


def _matches() -> None:
    op.create_table(
        "matches",
        _text("item_id"),
        _text("rule_id"),
        _text("rule_version"),
        _column("evidence", sa.JSON()),
        _moment("at"),
        _foreign("matches", "item_id", "items", cascade=True),
        sa.PrimaryKeyConstraint("item_id", "rule_id", name="pk_matches"),
    )
    _index("ix_matches_rule", "matches", "rule_id", "at")


def _stories() -> None:
    op.create_table(
        "stories",
        _text("id"),
        _text("title"),
        _text("lang"),
        _moment("first_seen"),
        _moment("last_seen"),
        _integer("items"),
        _column("sources", sa.JSON()),
        _text("merged_into", nullable=True),
        _foreign("stories", "merged_into", "stories"),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
    )
    _index("ix_stories_seen", "stories", "last_seen")
    _index(
        "ix_stories_merged", "stories", "merged_into", where="merged_into IS NOT NULL"
    )
    op.create_table(
        "story_items",
        _serial("cursor"),
        _text("item_id"),
        _text("story_id"),
        _text("outcome"),
        _column("score", sa.Float()),
        _column("because", sa.JSON()),
        _text("nearest"),
        _text("related_to"),
        _text("level"),
        _moment("at"),
        _foreign("story_items", "item_id", "items"),
        _foreign("story_items", "story_id", "stories"),
        sa.PrimaryKeyConstraint("cursor", name="pk_story_items"),
        sa.UniqueConstraint("item_id", name="uq_story_items_item_id"),
        sqlite_autoincrement=True,
    )
    _index("ix_story_items_story", "story_items", "story_id", "cursor")


def _alerts() -> None:
    op.create_table(
        "alerts",
        _text("id"),
        _text("rule_id"),
        _text("theme"),
        _column("rule", sa.JSON()),
        _text("story_id"),
        _moment("opened"),
        _moment("updated"),
        _integer("sequence"),
        _foreign("alerts", "story_id", "stories"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("rule_id", "story_id", name="uq_alerts_rule_id_story_id"),
    )
    _index("ix_alerts_story", "alerts", "story_id")
    _index("ix_alerts_updated", "alerts", "updated", "id")
    op.create_table(
        "messages",
        _text("alert_id"),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        _text("kind"),
        _text("item_id"),
        _text("reason"),
        _text("detail"),
        _moment("at"),
        _foreign("messages", "alert_id", "alerts"),
        _foreign("messages", "item_id", "items"),
        sa.PrimaryKeyConstraint("alert_id", "sequence", name="pk_messages"),
    )
    _index("ix_messages_item", "messages", "item_id")


def _decisions() -> None:
    op.create_table(
        "decisions",
        _serial("id"),
        _text("item_id"),
        _text("rule_id"),
        _text("rule_version"),
        _text("story_id"),
        _text("verdict"),
        _text("reason"),
        _text("detail"),
        _moment("at"),
        _foreign("decisions", "item_id", "items", cascade=True),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    _index("ix_decisions_item", "decisions", "item_id")


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _text("id"),
        _column("shard", sa.SmallInteger()),
        _text("alert_id", nullable=True),
        _integer("sequence"),
        _text("receiver"),
        _text("recipient"),
        _text("state"),
        _moment("due"),
        _moment("created"),
        _integer("attempts"),
        _moment("first_attempt", nullable=True),
        _moment("delivered", nullable=True),
        _moment("closed", nullable=True),
        _text("status"),
        _text("problem"),
        _text("content_type"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        _integer("replays"),
        *_lease(),
        _foreign("deliveries", "alert_id", "alerts"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    _index("ix_deliveries_due", "deliveries", "due", "id", where="state = 'pending'")
    _index("ix_deliveries_alert", "deliveries", "alert_id")
    _index("ix_deliveries_created", "deliveries", "created", "id")
    _index("ix_deliveries_state", "deliveries", "state", "closed")
    op.create_table(
        "attempts",
        _serial("id"),
        _text("delivery_id"),
        _integer("number"),
        _moment("at"),
        _duration("took"),
        _text("outcome"),
        _text("status"),
        _text("problem"),
        _text("response"),
        _foreign("attempts", "delivery_id", "deliveries", cascade=True),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    _index("ix_attempts_delivery", "attempts", "delivery_id", "id")


def _receivers() -> None:
    op.create_table(
        "receivers",
        _text("name"),
        _moment("disabled", nullable=True),
        _text("reason"),
        sa.PrimaryKeyConstraint("name", name="pk_receivers"),
    )
    op.create_table(
        "meta",
        _text("key"),
        _text("value"),
        _moment("at"),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


# ── kinds of columns ─────────────────────────────────────────────────────────


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _serial(name: str) -> sa.Column[Any]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=True, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _integer(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _duration(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _lease() -> tuple[sa.Column[Any], ...]:
    return (
        _column("fence", sa.BigInteger()),
        _moment("lease_until", nullable=True),
        _text("lease_owner"),
    )


def _foreign(
    table: str, column: str, other: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=f"fk_{table}_{column}_{other}",
        ondelete="CASCADE" if cascade else None,
    )


def _index(name: str, table: str, *columns: str, where: str = "") -> None:
    partial = sa.text(where) if where else None
    op.create_index(
        name, table, list(columns), sqlite_where=partial, postgresql_where=partial
    )
