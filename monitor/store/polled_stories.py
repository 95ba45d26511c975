"""The stories that a poll's items join, in its one transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import GroupedItem, Grouping, Story
from monitor.store import chain, corrections
from monitor.store.locks import Lock, hold
from monitor.store.rows import ITEMS, STORY_OF, grouping_row, story_row, to_item
from monitor.store.schema import items, stories, story_items
from monitor.store.statements import chunks, upsert

_RELATED = stories.alias()
"""The story that an item's own one is threaded to."""


class PolledStories:
    """Stories as a poll reads and writes them."""

    _connection: sa.Connection
    _locked: bool
    """Whether no other replica groups items meanwhile."""

    def lock_stories(self) -> None:
        """Let no other replica group items until this transaction ends.

        So cursors become visible in their order: a reader that has seen one has
        seen all before it. In SQLite every writer is alone anyway.
        """
        if not self._locked:
            hold(self._connection, Lock.STORIES)
        self._locked = True

    def grouped_since(self, cursor: int, horizon: datetime) -> Sequence[GroupedItem]:
        """Return items that joined stories after `cursor` and since `horizon`."""
        query = (
            ITEMS.join(story_items, story_items.c.item_id == items.c.id)
            .join(stories, stories.c.id == story_items.c.story_id)
            .outerjoin(_RELATED, _RELATED.c.id == story_items.c.related_to)
            .add_columns(
                story_items.c.cursor,
                sa.func.coalesce(
                    _RELATED.c.merged_into, story_items.c.related_to
                ).label("related_to"),
                STORY_OF.label("story_id"),
            )
            .where(story_items.c.cursor > cursor, story_items.c.at >= horizon)
            .order_by(story_items.c.cursor)
        )
        return [
            GroupedItem(
                cursor=row["cursor"],
                story_id=row["story_id"],
                item=to_item(row),
                related_to=row["related_to"],
            )
            for row in self._connection.execute(query).mappings()
        ]

    def story_of(self, item_ids: Collection[str]) -> Mapping[str, str]:
        """Return the story of each item that has one (merges followed)."""
        found: dict[str, str] = {}
        for chunk in chunks(item_ids):
            query = (
                sa.select(story_items.c.item_id, STORY_OF)
                .join(stories, stories.c.id == story_items.c.story_id)
                .where(story_items.c.item_id.in_(chunk))
            )
            found.update(_pairs(self._connection.execute(query)))
        return found

    def story(self, story_id: str) -> Story:
        """Return a story, merges followed; KeyError if there is none."""
        return corrections.standing(self._connection, story_id)

    def family(self, story_id: str) -> frozenset[str]:
        """Return the ids that lead to a story, its own included."""
        return corrections.family(self._connection, story_id)

    def kept_apart(self, one: str, other: str) -> bool:
        """Say whether a person decided that two stories are two."""
        return corrections.kept_apart(self._connection, one, other)

    def merge(self, taken: Story, taker: Story) -> Story:
        """Let a story lead on to another one, which takes its reports in."""
        return corrections.join(self._connection, taken, taker)

    def save_story(self, story: Story) -> None:
        """Open a story, or store its new counts."""
        upsert(self._connection, stories, story_row(story), ["id"])

    def save_grouping(self, grouping: Grouping, at: datetime) -> int:
        """Store which story an item joined and why; return its cursor.

        An item that is grouped anew leaves its old story and gets a new cursor.
        """
        self.lock_stories()
        self._connection.execute(
            sa.delete(story_items).where(story_items.c.item_id == grouping.item_id)
        )
        row = {**grouping_row(grouping), "at": at}
        result = self._connection.execute(
            sa.insert(story_items).values(row).returning(story_items.c.cursor)
        )
        chain.append(self._connection, "grouping", [row])
        return int(result.scalar_one())


def _pairs(rows: Iterable[Any]) -> Iterator[tuple[str, str]]:
    return ((first, second) for first, second in rows)
