"""Tables of what belongs together: stories, their reports, and what people corrected."""

import sqlalchemy as sa

from monitor.store.columns import Moment, Words, column, index, serial
from monitor.store.schema.base import metadata, to_item

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
    to_item(),
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
