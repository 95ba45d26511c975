"""Tables of what was sent: deliveries, attempts, and how receivers fare."""

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

unsubscribed = sa.Table(
    "unsubscribed",
    metadata,
    sa.Column("receiver", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    column("at", Moment),
)
"""Who wants no more mail from a receiver."""
