"""Tables of what was done by whom, and proof of it: tokens, audit, ledger; remarks."""

import sqlalchemy as sa

from monitor.store.columns import Moment, Words, column, index, optional, serial
from monitor.store.schema.base import metadata

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
