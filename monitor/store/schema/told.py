"""Tables of what was decided and told: alerts, their messages, and what keeps them back."""

import sqlalchemy as sa

from monitor.store.columns import Moment, Words, column, index, optional, serial
from monitor.store.schema.base import metadata, to_item

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
    to_item(),
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
