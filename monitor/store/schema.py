"""The tables, for SQLite and PostgreSQL alike.

A change here needs a migration; a test compares the two.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.store.columns import (
    Duration,
    Moment,
    Words,
    column,
    index,
    lease,
    optional,
    serial,
)

REVISION = "0012"
"""The migration that brings a database to these tables."""

VERSION_TABLE = "tocsin_schema"
"""Where the revision stands: not `alembic_version`, which others may use too."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feeds = sa.Table(
    "feeds",
    metadata,
    serial("id"),
    column("url", Words),
    column("url_digest", sa.Text),
    column("host", Words),
    column("shard", sa.SmallInteger),
    column("name", Words),
    column("source", Words),
    column("lang", Words),
    column("every", Duration),
    column("backfill", Duration),
    column("origin", sa.Text),
    column("created", Moment),
    optional("retired", Moment),
    column("etag", Words, ""),
    column("last_modified", Words, ""),
    column("body_hash", sa.Text, ""),
    column("interval", Duration, timedelta()),
    column("failures", sa.Integer, 0),
    optional("last_polled", Moment),
    optional("last_ok", Moment),
    optional("last_new", Moment),
    column("status", Words, ""),
    column("problem", Words, ""),
    column("poll_after", Moment),
    column("reason", Words, ""),
    column("moved_to", Words, ""),
    column("moved_count", sa.Integer, 0),
    optional("last_full", Moment),
    column("ttl", Duration, timedelta()),
    column("skip", sa.Text, ""),
    optional("asked_until", Moment),
    # An item whose own `carried` is before this is no longer listed by the feed.
    optional("carried", Moment),
    *lease(),
    sa.UniqueConstraint("url_digest"),
    index("ix_feeds_due", "poll_after", "id", where="retired IS NULL"),
    index("ix_feeds_leased", "lease_until", where="lease_until IS NOT NULL"),
    index("ix_feeds_host", "host"),
    index("ix_feeds_failing", "id", where="retired IS NULL AND failures > 0"),
)

exchanges = sa.Table(
    "exchanges",
    metadata,
    serial("id"),
    sa.Column("feed_id", sa.ForeignKey("feeds.id"), nullable=False),
    column("at", Moment),
    column("status", sa.Integer),
    column("outcome", Words),
    column("problem", Words),
    column("conditional", sa.Boolean),
    column("whole", sa.Boolean),
    column("early", sa.Boolean),
    column("took", Duration),
    column("size", sa.Integer),
    column("new_items", sa.Integer),
    column("format", sa.Text),
    column("asked", Duration),
    column("times", sa.Integer),
    optional("last", Moment),
    index("ix_exchanges_feed", "feed_id", "id"),
    index("ix_exchanges_at", "at"),
)
"""The polls of the last days; those that went the same way share a row."""

hub_subscriptions = sa.Table(
    "hub_subscriptions",
    metadata,
    serial("id"),
    sa.Column("feed_id", sa.ForeignKey("feeds.id"), nullable=False),
    column("hub", sa.Text),
    column("topic", sa.Text),
    column("state", sa.Text),
    column("token", sa.Text),
    column("secret", sa.Text),
    optional("due", Moment),
    optional("lease_until", Moment),
    column("failures", sa.Integer),
    column("problem", Words),
    column("pushes", sa.Integer),
    optional("last_push", Moment),
    column("refused", sa.Integer),
    optional("missed", Moment),
    index("ix_hub_subscriptions_feed", "feed_id"),
    index("ix_hub_subscriptions_token", "token"),
    index("ix_hub_subscriptions_due", "due"),
)
"""Feeds whose news a hub tells us of (WebSub), or could."""

hub_pushes = sa.Table(
    "hub_pushes",
    metadata,
    serial("id"),
    sa.Column("subscription_id", sa.ForeignKey("hub_subscriptions.id"), nullable=False),
    column("at", Moment),
    column("content_type", Words),
    column("body", sa.LargeBinary),
    index("ix_hub_pushes_subscription", "subscription_id", "id"),
)
"""What hubs sent and nobody has read yet."""

items = sa.Table(
    "items",
    metadata,
    serial("seq"),
    column("id", sa.Text),
    sa.Column("feed_id", sa.ForeignKey("feeds.id"), nullable=False),
    column("shard", sa.SmallInteger),
    column("key", Words),
    column("key_digest", sa.Text),
    column("title", Words),
    column("url", Words),
    optional("url_digest", sa.Text),
    column("canonical_url", Words),
    optional("canonical_digest", sa.Text),
    column("guid", Words),
    # Of source and guid together; NULL where either is empty.
    optional("guid_digest", sa.Text),
    column("summary", Words),
    column("body", Words),
    column("lang", Words),
    column("source", Words),
    column("country", Words),
    column("author", Words),
    column("tags", sa.JSON),
    optional("published", Moment),
    column("date_note", sa.Text),
    column("first_seen", Moment),
    column("content_hash", sa.Text),
    # content_hash where the text is long enough to tell a copy by it.
    optional("copy_hash", sa.Text),
    column("revisions", sa.Integer, 0),
    optional("revised", Moment),
    # When the feed was last seen to list it, to the day. An item that is deleted
    # while its feed still lists it would come back as a new one.
    column("carried", Moment),
    sa.UniqueConstraint("id"),
    index("ix_items_key", "feed_id", "key_digest"),
    index("ix_items_url", "url_digest", where="url_digest IS NOT NULL"),
    index("ix_items_canonical", "canonical_digest", "seq"),
    index("ix_items_guid", "guid_digest", "seq"),
    index("ix_items_copy", "copy_hash", "seq"),
    index("ix_items_seen", "first_seen", "seq"),
    sqlite_autoincrement=True,
)


def _item(name: str = "item_id") -> sa.Column[Any]:
    return sa.Column(name, sa.ForeignKey("items.id"), nullable=False)


matches = sa.Table(
    "matches",
    metadata,
    sa.Column(
        "item_id", sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("rule_id", sa.Text, primary_key=True),
    column("rule_version", sa.Text),
    column("evidence", sa.JSON),
    column("at", Moment),
    index("ix_matches_rule", "rule_id", "at"),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    column("title", Words),
    column("lang", Words),
    column("first_seen", Moment),
    column("last_seen", Moment),
    column("items", sa.Integer),
    column("sources", sa.JSON),
    sa.Column("merged_into", sa.ForeignKey("stories.id"), nullable=True),
    index("ix_stories_seen", "last_seen"),
    index("ix_stories_merged", "merged_into", where="merged_into IS NOT NULL"),
)

story_items = sa.Table(
    "story_items",
    metadata,
    serial("cursor"),
    _item(),
    sa.Column("story_id", sa.ForeignKey("stories.id"), nullable=False),
    column("outcome", sa.Text),
    column("score", sa.Float),
    column("because", sa.JSON),
    column("nearest", sa.Text),
    column("related_to", sa.Text),
    column("level", sa.Text),
    column("at", Moment),
    sa.UniqueConstraint("item_id"),
    index("ix_story_items_story", "story_id", "cursor"),
    # A cursor that was given is never given again, also when its row is gone.
    sqlite_autoincrement=True,
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    column("rule_id", sa.Text),
    column("theme", Words),
    column("rule", sa.JSON),
    sa.Column("story_id", sa.ForeignKey("stories.id"), nullable=False),
    column("opened", Moment),
    column("updated", Moment),
    column("sequence", sa.Integer),
    optional("closed", Moment),
    column("closed_by", Words, ""),
    optional("acknowledged", Moment),
    # The facts that its messages told; NULL for alerts of older versions.
    optional("told", sa.JSON(none_as_null=True)),
    column("escalated", sa.JSON),
    sa.UniqueConstraint("rule_id", "story_id"),
    index("ix_alerts_story", "story_id"),
    index("ix_alerts_updated", "updated", "id"),
    index("ix_alerts_open", "updated", where="closed IS NULL"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    column("kind", sa.Text),
    _item(),
    column("reason", sa.Text),
    column("detail", Words),
    column("at", Moment),
    # What the report said that the story did not, and what the story was worth then.
    optional("changes", sa.JSON(none_as_null=True)),
    optional("assessment", sa.JSON(none_as_null=True)),
    index("ix_messages_item", "item_id"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    serial("id"),
    sa.Column("item_id", sa.ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    column("rule_id", sa.Text),
    column("rule_version", sa.Text),
    column("story_id", sa.Text),
    column("verdict", sa.Text),
    column("reason", sa.Text),
    column("detail", Words),
    column("at", Moment),
    index("ix_decisions_item", "item_id"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    column("shard", sa.SmallInteger),
    # NULL for a test message, which belongs to no alert.
    sa.Column("alert_id", sa.ForeignKey("alerts.id"), nullable=True),
    column("sequence", sa.Integer),
    column("receiver", sa.Text),
    column("recipient", sa.Text),
    column("state", sa.Text),
    column("due", Moment),
    column("created", Moment),
    column("attempts", sa.Integer),
    optional("first_attempt", Moment),
    optional("delivered", Moment),
    # When it left `pending`, by delivery or by giving up.
    optional("closed", Moment),
    column("status", Words),
    column("problem", Words),
    column("content_type", sa.Text, ""),
    optional("content", sa.LargeBinary),
    # What the receiver's own templates add to the request, as JSON; "" for nothing.
    sa.Column("headers", sa.Text, nullable=False, default="", server_default=""),
    column("replays", sa.Integer),
    # What it waits for beside its moment; "" for nothing.
    column("way", sa.Text, ""),
    column("group_key", Words, ""),
    column("rank", sa.SmallInteger, 0),
    optional("released", Moment),
    column("gathered", sa.Text, ""),
    column("carries", sa.Text, ""),
    column("folded_into", sa.Text, ""),
    column("note", Words, ""),
    *lease(),
    # What is leased, in its order; state and way stand first so that SQLite takes it.
    index(
        "ix_deliveries_next",
        *("state", "way", "due", "created", "sequence", "id"),
        where="state = 'pending'",
    ),
    index(
        "ix_deliveries_overdue",
        *("state", "receiver", "due"),
        where="state = 'pending'",
    ),
    index("ix_deliveries_folded", "folded_into", where="folded_into <> ''"),
    index("ix_deliveries_carries", "carries", "receiver", where="carries <> ''"),
    index("ix_deliveries_released", "released", where="released IS NOT NULL"),
    index("ix_deliveries_alert", "alert_id"),
    index("ix_deliveries_created", "created", "id"),
    index("ix_deliveries_state", "state", "closed"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    serial("id"),
    sa.Column(
        "delivery_id",
        sa.ForeignKey("deliveries.id", ondelete="CASCADE"),
        nullable=False,
    ),
    column("number", sa.Integer),
    column("at", Moment),
    column("took", Duration),
    column("outcome", sa.Text),
    column("status", Words),
    column("problem", Words),
    column("response", Words),
    index("ix_attempts_delivery", "delivery_id", "id"),
)

receivers = sa.Table(
    "receivers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    optional("disabled", Moment),
    column("reason", Words, ""),
    column("failures", sa.Integer, 0),
    optional("failing_since", Moment),
    optional("paused_until", Moment),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    column("name", Words),
    # SHA-256 of the token, which has 256 random bits itself.
    column("hash", sa.Text),
    # read or write.
    column("scope", sa.Text),
    column("created", Moment),
    optional("last_used", Moment),
    optional("revoked", Moment),
    sa.UniqueConstraint("hash"),
)

audit = sa.Table(
    "audit",
    metadata,
    serial("id"),
    column("at", Moment),
    column("who", Words),
    column("action", sa.Text),
    column("detail", Words),
)
"""What was changed through the interface for programs, by whom."""

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    column("matchers", sa.JSON),
    column("starts", Moment),
    column("ends", Moment),
    column("created", Moment),
    column("author", Words),
    column("comment", Words),
    # Whether the first report that says something new lifts it.
    column("until_news", sa.Boolean, sa.false()),
    index("ix_silences_ends", "ends"),
)

unsubscribed = sa.Table(
    "unsubscribed",
    metadata,
    sa.Column("receiver", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    column("at", Moment),
)
"""Who wants no more mail from a receiver."""

corrections = sa.Table(
    "corrections",
    metadata,
    serial("id"),
    # merge, split or link.
    column("kind", sa.Text),
    column("item_id", sa.Text),
    column("from_story", sa.Text),
    column("to_story", sa.Text),
    column("at", Moment),
    column("author", Words),
    column("comment", Words),
    index("ix_corrections_item", "item_id"),
    index("ix_corrections_story", "from_story"),
)
"""What people corrected in the grouping; never overruled."""

ledger = sa.Table(
    "ledger",
    metadata,
    serial("seq"),
    column("kind", sa.Text),
    # The keys of the row that it tells of, joined by a slash.
    column("subject", Words),
    column("digest", sa.Text),
    # NULL until a tick seals it.
    optional("position", sa.BigInteger),
    optional("previous", sa.Text),
    optional("hash", sa.Text),
    optional("sealed", Moment),
    sa.UniqueConstraint("position"),
    index("ix_ledger_unsealed", "seq", where="position IS NULL"),
    index("ix_ledger_subject", "subject"),
    sqlite_autoincrement=True,
)
"""What was recorded, in a chain of hashes."""

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    column("value", Words),
    column("at", Moment),
)
