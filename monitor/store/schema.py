"""The tables, for SQLite and PostgreSQL alike.

Long texts that are looked up (addresses, guids) have a digest column beside them:
an index entry in PostgreSQL holds at most 2.7 kB, and a publisher's guid may be
longer. `shard` is there so that the tables can be distributed one day.

A change here needs a migration; a test compares the two.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

REVISION = "0010"
"""The migration that brings a database to these tables."""

VERSION_TABLE = "tocsin_schema"
"""Where the revision stands: not `alembic_version`, which others may use too."""

SHARDS = 256

_MICROSECOND = timedelta(microseconds=1)


def digest(*texts: str) -> str:
    """Return 32 hex digits that stand for these texts in an index."""
    joined = "\x1f".join(clean(text) for text in texts)
    return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


def shard_of(text: str) -> int:
    """Return the shard, 0 to 255, that a feed's address (or an id) falls in."""
    encoded = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, digest_size=1).digest()[0] % SHARDS


def clean(text: str) -> str:
    """Replace what no database takes (NUL, lone surrogates) by U+FFFD.

    One for one, so that offsets into the text stay right.
    """
    if text.isascii():
        return text.replace("\x00", "\ufffd")
    if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
        return "".join(
            "\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char
            for char in text
        )
    return text


_Kind = TypeEngine[Any] | type[TypeEngine[Any]]


class Moment(TypeDecorator[datetime]):
    """An aware datetime, UTC on both engines; a naive one is refused."""

    impl: _Kind = sa.DateTime(timezone=True)
    cache_ok: bool | None = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn into UTC; SQLite keeps no zone, so it is taken off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a moment without a time zone: {value!r}"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return it aware and in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class Duration(TypeDecorator[timedelta]):
    """A timedelta, as whole microseconds."""

    impl: _Kind = sa.BigInteger
    cache_ok: bool | None = True

    def process_bind_param(
        self,
        value: timedelta | None,
        dialect: Dialect,  # noqa: ARG002 - the base's
    ) -> int | None:
        """Return the microseconds."""
        return None if value is None else value // _MICROSECOND

    def process_result_value(
        self,
        value: int | None,
        dialect: Dialect,  # noqa: ARG002 - the base's
    ) -> timedelta | None:
        """Return the timedelta."""
        return None if value is None else timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """A text that a stranger wrote; what no database takes is replaced."""

    impl: _Kind = sa.Text
    cache_ok: bool | None = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - the base's
    ) -> str | None:
        """Clean it: one bad character must not block its feed for ever."""
        return None if value is None else clean(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column that is INTEGER to the letter."""


def _column(name: str, kind: Any, default: Any = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, default=default)


def _optional(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, _Serial, primary_key=True, autoincrement=True)


def _lease() -> tuple[sa.Column[Any], ...]:
    return (
        _column("fence", sa.BigInteger, 0),
        _optional("lease_until", Moment),
        _column("lease_owner", sa.Text, ""),
    )


def _index(name: str, *columns: str, where: str = "") -> sa.Index:
    partial = sa.text(where) if where else None
    return sa.Index(name, *columns, sqlite_where=partial, postgresql_where=partial)


feeds = sa.Table(
    "feeds",
    metadata,
    _serial("id"),
    _column("url", Words),
    _column("url_digest", sa.Text),
    _column("host", Words),
    _column("shard", sa.SmallInteger),
    _column("name", Words),
    _column("source", Words),
    _column("lang", Words),
    _column("every", Duration),
    _column("backfill", Duration),
    _column("origin", sa.Text),
    _column("created", Moment),
    _optional("retired", Moment),
    _column("etag", Words, ""),
    _column("last_modified", Words, ""),
    _column("body_hash", sa.Text, ""),
    _column("interval", Duration, timedelta()),
    _column("failures", sa.Integer, 0),
    _optional("last_polled", Moment),
    _optional("last_ok", Moment),
    _optional("last_new", Moment),
    _column("status", Words, ""),
    _column("problem", Words, ""),
    _column("poll_after", Moment),
    _column("reason", Words, ""),
    _column("moved_to", Words, ""),
    _column("moved_count", sa.Integer, 0),
    _optional("last_full", Moment),
    _column("ttl", Duration, timedelta()),
    _column("skip", sa.Text, ""),
    _optional("asked_until", Moment),
    # An item whose own `carried` is before this is no longer listed by the feed.
    _optional("carried", Moment),
    *_lease(),
    sa.UniqueConstraint("url_digest"),
    _index("ix_feeds_due", "poll_after", "id", where="retired IS NULL"),
    _index("ix_feeds_leased", "lease_until", where="lease_until IS NOT NULL"),
)

exchanges = sa.Table(
    "exchanges",
    metadata,
    _serial("id"),
    sa.Column("feed_id", sa.ForeignKey("feeds.id"), nullable=False),
    _column("at", Moment),
    _column("status", sa.Integer),
    _column("outcome", Words),
    _column("problem", Words),
    _column("conditional", sa.Boolean),
    _column("whole", sa.Boolean),
    _column("early", sa.Boolean),
    _column("took", Duration),
    _column("size", sa.Integer),
    _column("new_items", sa.Integer),
    _column("format", sa.Text),
    _column("asked", Duration),
    _column("times", sa.Integer),
    _optional("last", Moment),
    _index("ix_exchanges_feed", "feed_id", "id"),
    _index("ix_exchanges_at", "at"),
)
"""The polls of the last days; those that went the same way share a row."""

hub_subscriptions = sa.Table(
    "hub_subscriptions",
    metadata,
    _serial("id"),
    sa.Column("feed_id", sa.ForeignKey("feeds.id"), nullable=False),
    _column("hub", sa.Text),
    _column("topic", sa.Text),
    _column("state", sa.Text),
    _column("token", sa.Text),
    _column("secret", sa.Text),
    _optional("due", Moment),
    _optional("lease_until", Moment),
    _column("failures", sa.Integer),
    _column("problem", Words),
    _column("pushes", sa.Integer),
    _optional("last_push", Moment),
    _column("refused", sa.Integer),
    _optional("missed", Moment),
    _index("ix_hub_subscriptions_feed", "feed_id"),
    _index("ix_hub_subscriptions_token", "token"),
    _index("ix_hub_subscriptions_due", "due"),
)
"""Feeds whose news a hub tells us of (WebSub), or could."""

hub_pushes = sa.Table(
    "hub_pushes",
    metadata,
    _serial("id"),
    sa.Column("subscription_id", sa.ForeignKey("hub_subscriptions.id"), nullable=False),
    _column("at", Moment),
    _column("content_type", Words),
    _column("body", sa.LargeBinary),
    _index("ix_hub_pushes_subscription", "subscription_id", "id"),
)
"""What hubs sent and nobody has read yet."""

items = sa.Table(
    "items",
    metadata,
    _serial("seq"),
    _column("id", sa.Text),
    sa.Column("feed_id", sa.ForeignKey("feeds.id"), nullable=False),
    _column("shard", sa.SmallInteger),
    _column("key", Words),
    _column("key_digest", sa.Text),
    _column("title", Words),
    _column("url", Words),
    _optional("url_digest", sa.Text),
    _column("canonical_url", Words),
    _optional("canonical_digest", sa.Text),
    _column("guid", Words),
    # Of source and guid together; NULL where either is empty.
    _optional("guid_digest", sa.Text),
    _column("summary", Words),
    _column("body", Words),
    _column("lang", Words),
    _column("source", Words),
    _column("country", Words),
    _column("author", Words),
    _column("tags", sa.JSON),
    _optional("published", Moment),
    _column("date_note", sa.Text),
    _column("first_seen", Moment),
    _column("content_hash", sa.Text),
    # content_hash where the text is long enough to tell a copy by it.
    _optional("copy_hash", sa.Text),
    _column("revisions", sa.Integer, 0),
    _optional("revised", Moment),
    # When the feed was last seen to list it, to the day. An item that is deleted
    # while its feed still lists it would come back as a new one.
    _column("carried", Moment),
    sa.UniqueConstraint("id"),
    _index("ix_items_key", "feed_id", "key_digest"),
    _index("ix_items_url", "url_digest", where="url_digest IS NOT NULL"),
    _index("ix_items_canonical", "canonical_digest", "seq"),
    _index("ix_items_guid", "guid_digest", "seq"),
    _index("ix_items_copy", "copy_hash", "seq"),
    _index("ix_items_seen", "first_seen", "seq"),
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
    _column("rule_version", sa.Text),
    _column("evidence", sa.JSON),
    _column("at", Moment),
    _index("ix_matches_rule", "rule_id", "at"),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _column("title", Words),
    _column("lang", Words),
    _column("first_seen", Moment),
    _column("last_seen", Moment),
    _column("items", sa.Integer),
    _column("sources", sa.JSON),
    sa.Column("merged_into", sa.ForeignKey("stories.id"), nullable=True),
    _index("ix_stories_seen", "last_seen"),
    _index("ix_stories_merged", "merged_into", where="merged_into IS NOT NULL"),
)

story_items = sa.Table(
    "story_items",
    metadata,
    _serial("cursor"),
    _item(),
    sa.Column("story_id", sa.ForeignKey("stories.id"), nullable=False),
    _column("outcome", sa.Text),
    _column("score", sa.Float),
    _column("because", sa.JSON),
    _column("nearest", sa.Text),
    _column("related_to", sa.Text),
    _column("level", sa.Text),
    _column("at", Moment),
    sa.UniqueConstraint("item_id"),
    _index("ix_story_items_story", "story_id", "cursor"),
    # A cursor that was given is never given again, also when its row is gone.
    sqlite_autoincrement=True,
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _column("rule_id", sa.Text),
    _column("theme", Words),
    _column("rule", sa.JSON),
    sa.Column("story_id", sa.ForeignKey("stories.id"), nullable=False),
    _column("opened", Moment),
    _column("updated", Moment),
    _column("sequence", sa.Integer),
    _optional("closed", Moment),
    _column("closed_by", Words, ""),
    _optional("acknowledged", Moment),
    # The facts that its messages told; NULL for alerts of older versions.
    _optional("told", sa.JSON(none_as_null=True)),
    _column("escalated", sa.JSON),
    sa.UniqueConstraint("rule_id", "story_id"),
    _index("ix_alerts_story", "story_id"),
    _index("ix_alerts_updated", "updated", "id"),
    _index("ix_alerts_open", "updated", where="closed IS NULL"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    _column("kind", sa.Text),
    _item(),
    _column("reason", sa.Text),
    _column("detail", Words),
    _column("at", Moment),
    # What the report said that the story did not, and what the story was worth then.
    _optional("changes", sa.JSON(none_as_null=True)),
    _optional("assessment", sa.JSON(none_as_null=True)),
    _index("ix_messages_item", "item_id"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _serial("id"),
    sa.Column("item_id", sa.ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    _column("rule_id", sa.Text),
    _column("rule_version", sa.Text),
    _column("story_id", sa.Text),
    _column("verdict", sa.Text),
    _column("reason", sa.Text),
    _column("detail", Words),
    _column("at", Moment),
    _index("ix_decisions_item", "item_id"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _column("shard", sa.SmallInteger),
    # NULL for a test message, which belongs to no alert.
    sa.Column("alert_id", sa.ForeignKey("alerts.id"), nullable=True),
    _column("sequence", sa.Integer),
    _column("receiver", sa.Text),
    _column("recipient", sa.Text),
    _column("state", sa.Text),
    _column("due", Moment),
    _column("created", Moment),
    _column("attempts", sa.Integer),
    _optional("first_attempt", Moment),
    _optional("delivered", Moment),
    # When it left `pending`, by delivery or by giving up.
    _optional("closed", Moment),
    _column("status", Words),
    _column("problem", Words),
    _column("content_type", sa.Text, ""),
    _optional("content", sa.LargeBinary),
    # What the receiver's own templates add to the request, as JSON; "" for nothing.
    sa.Column("headers", sa.Text, nullable=False, default="", server_default=""),
    _column("replays", sa.Integer),
    # What it waits for beside its moment; "" for nothing.
    _column("way", sa.Text, ""),
    _column("group_key", Words, ""),
    _column("rank", sa.SmallInteger, 0),
    _optional("released", Moment),
    _column("gathered", sa.Text, ""),
    _column("carries", sa.Text, ""),
    _column("folded_into", sa.Text, ""),
    _column("note", Words, ""),
    *_lease(),
    # What is leased, in its order; state and way stand first so that SQLite takes it.
    _index(
        "ix_deliveries_next",
        *("state", "way", "due", "created", "sequence", "id"),
        where="state = 'pending'",
    ),
    _index(
        "ix_deliveries_overdue",
        *("state", "receiver", "due"),
        where="state = 'pending'",
    ),
    _index("ix_deliveries_folded", "folded_into", where="folded_into <> ''"),
    _index("ix_deliveries_released", "released", where="released IS NOT NULL"),
    _index("ix_deliveries_alert", "alert_id"),
    _index("ix_deliveries_created", "created", "id"),
    _index("ix_deliveries_state", "state", "closed"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    _serial("id"),
    sa.Column(
        "delivery_id",
        sa.ForeignKey("deliveries.id", ondelete="CASCADE"),
        nullable=False,
    ),
    _column("number", sa.Integer),
    _column("at", Moment),
    _column("took", Duration),
    _column("outcome", sa.Text),
    _column("status", Words),
    _column("problem", Words),
    _column("response", Words),
    _index("ix_attempts_delivery", "delivery_id", "id"),
)

receivers = sa.Table(
    "receivers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _optional("disabled", Moment),
    _column("reason", Words, ""),
    _column("failures", sa.Integer, 0),
    _optional("failing_since", Moment),
    _optional("paused_until", Moment),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _column("name", Words),
    # SHA-256 of the token, which has 256 random bits itself.
    _column("hash", sa.Text),
    # read or write.
    _column("scope", sa.Text),
    _column("created", Moment),
    _optional("last_used", Moment),
    _optional("revoked", Moment),
    sa.UniqueConstraint("hash"),
)

audit = sa.Table(
    "audit",
    metadata,
    _serial("id"),
    _column("at", Moment),
    _column("who", Words),
    _column("action", sa.Text),
    _column("detail", Words),
)
"""What was changed through the interface for programs, by whom."""

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _column("matchers", sa.JSON),
    _column("starts", Moment),
    _column("ends", Moment),
    _column("created", Moment),
    _column("author", Words),
    _column("comment", Words),
    # Whether the first report that says something new lifts it.
    _column("until_news", sa.Boolean, sa.false()),
    _index("ix_silences_ends", "ends"),
)

unsubscribed = sa.Table(
    "unsubscribed",
    metadata,
    sa.Column("receiver", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    _column("at", Moment),
)
"""Who wants no more mail from a receiver."""

corrections = sa.Table(
    "corrections",
    metadata,
    _serial("id"),
    # merge, split or link.
    _column("kind", sa.Text),
    _column("item_id", sa.Text),
    _column("from_story", sa.Text),
    _column("to_story", sa.Text),
    _column("at", Moment),
    _column("author", Words),
    _column("comment", Words),
    _index("ix_corrections_item", "item_id"),
    _index("ix_corrections_story", "from_story"),
)
"""What people corrected in the grouping; never overruled."""

ledger = sa.Table(
    "ledger",
    metadata,
    _serial("seq"),
    _column("kind", sa.Text),
    # The keys of the row that it tells of, joined by a slash.
    _column("subject", Words),
    _column("digest", sa.Text),
    # NULL until a tick seals it.
    _optional("position", sa.BigInteger),
    _optional("previous", sa.Text),
    _optional("hash", sa.Text),
    _optional("sealed", Moment),
    sa.UniqueConstraint("position"),
    _index("ix_ledger_unsealed", "seq", where="position IS NULL"),
    _index("ix_ledger_subject", "subject"),
    sqlite_autoincrement=True,
)
"""What was recorded, in a chain of hashes."""

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    _column("value", Words),
    _column("at", Moment),
)
