"""Tables of what feeds brought: feeds, polls, hubs, items and the rules that fired on them."""

from datetime import timedelta

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
from monitor.store.schema.base import metadata

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
    column("notes", Words, ""),
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
