"""The tables, for SQLite and PostgreSQL alike, in the order in which things flow.

A change here needs a migration; a test compares the two. All tables are read with
this package, so that `metadata` is never without some of them.
"""

from monitor.store.schema.base import metadata
from monitor.store.schema.collected import (
    exchanges,
    feeds,
    hub_pushes,
    hub_subscriptions,
    items,
    matches,
)
from monitor.store.schema.grouped import corrections, stories, story_items
from monitor.store.schema.records import audit, ledger, meta, tokens
from monitor.store.schema.sent import attempts, deliveries, receivers, unsubscribed
from monitor.store.schema.told import alerts, decisions, messages, silences

REVISION = "0013"
"""The migration that brings a database to these tables."""

VERSION_TABLE = "tocsin_schema"
"""Where the revision stands: not `alembic_version`, which others may use too."""

__all__ = [
    "REVISION",
    "VERSION_TABLE",
    "alerts",
    "attempts",
    "audit",
    "corrections",
    "decisions",
    "deliveries",
    "exchanges",
    "feeds",
    "hub_pushes",
    "hub_subscriptions",
    "items",
    "ledger",
    "matches",
    "messages",
    "meta",
    "metadata",
    "receivers",
    "silences",
    "stories",
    "story_items",
    "tokens",
    "unsubscribed",
]
