"""Items, stories and alerts: what was found and decided, and what people corrected."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from monitor.model import Decision, Item, Standing, Story
from monitor.store import alerts, corrections, items, lifecycle, undoing
from monitor.store.locks import Lock, hold
from monitor.store.statements import CHUNK
from monitor.store.verbs.base import Verbs
from monitor.store.views import (
    AlertFilter,
    AlertView,
    Correction,
    Explained,
    ItemFilter,
    ItemRow,
    StoryFilter,
    StoryView,
)


class LookingVerbs(Verbs):
    """Items, stories and alerts: what was found and decided, and what people corrected."""

    def item(self, item_id: str) -> ItemRow | None:
        """Return an item by its whole id."""
        with self._database.read() as connection:
            return items.one(connection, item_id)

    def titles(self, item_ids: Collection[str]) -> Mapping[str, str]:
        """Return the titles of those of the items that are still kept, by id."""
        with self._database.read() as connection:
            return items.titles(connection, item_ids)

    def find_items(self, text: str, limit: int = 20) -> list[ItemRow]:
        """Return items by the beginning of an id, or by address, newest first."""
        with self._database.read() as connection:
            return items.find(connection, text, limit)

    def items(self, which: ItemFilter | None = None) -> Iterator[Item]:
        """Yield items, the newest first; it reads page by page, however many."""
        wanted = which or ItemFilter()
        left = wanted.limit
        before = None
        while left is None or left > 0:
            with self._database.read() as connection:
                page, before = items.page(connection, wanted, before, left or CHUNK)
            yield from page
            left = None if left is None else left - len(page)
            if before is None:
                return

    def last_match(self, rule_id: str) -> datetime | None:
        """Return when a rule last fired on anything."""
        with self._database.read() as connection:
            return items.last_match(connection, rule_id)

    def oldest_item(self) -> datetime | None:
        """Return when the oldest item that is kept was first seen."""
        with self._database.read() as connection:
            return items.oldest(connection)

    def explained(self, item_id: str) -> Explained:
        """Return all that is recorded on what became of an item.

        KeyError where there is no item of that id.
        """
        with self._database.read() as connection:
            row = items.one(connection, item_id)
            if row is None:
                raise KeyError(item_id)
            grouped = items.grouping_of(connection, item_id)
            found = Explained(
                row=row,
                matches=tuple(items.matches_of(connection, item_id)),
                grouping=grouped,
                decisions=tuple(items.decisions_of(connection, item_id)),
            )
            if grouped is None:
                return found
            came_into = grouped.grouping.story_id
            now = corrections.standing(connection, came_into).id
            made = corrections.of_item(connection, item_id, came_into, now)
            return replace(found, story_id=now, corrections=tuple(made))

    def story(self, story_id: str) -> StoryView | None:
        """Return a story with its items and alerts."""
        with self._database.read() as connection:
            return items.story(connection, story_id)

    def stories(self, which: StoryFilter | None = None) -> list[Story]:
        """Return stories that stand by themselves, the last told of first."""
        with self._database.read() as connection:
            return items.find_stories(connection, which or StoryFilter())

    def merge_stories(self, one: str, into: str, note: corrections.Note) -> Story:
        """Let a story take in another one; KeyError where one is not there."""
        with self._database.write() as connection:
            hold(connection, Lock.STORIES)
            return corrections.merge(connection, one, into, note)

    def split_item(self, item_id: str, note: corrections.Note) -> Story:
        """Give an item a story of its own; KeyError where it is in none."""
        with self._database.write() as connection:
            hold(connection, Lock.STORIES)
            return corrections.split(connection, item_id, note)

    def link_stories(self, one: str, other: str, note: corrections.Note) -> bool:
        """Remember that two stories belong together; KeyError where one is missing.

        False where that was remembered before.
        """
        with self._database.write() as connection:
            hold(connection, Lock.STORIES)
            return corrections.link(connection, one, other, note)

    def unmerge_story(self, story_id: str, note: corrections.Note) -> Story:
        """Take a story out of the one that took it in; KeyError where there is none."""
        with self._database.write() as connection:
            hold(connection, Lock.STORIES)
            return undoing.unmerge(connection, story_id, note)

    def unlink_stories(self, one: str, other: str, note: corrections.Note) -> int:
        """End the links between two stories; KeyError where one is missing."""
        with self._database.write() as connection:
            hold(connection, Lock.STORIES)
            return undoing.unlink(connection, one, other, note)

    def corrections(self) -> list[Correction]:
        """Return what people corrected in the grouping, in order."""
        with self._database.read() as connection:
            return corrections.every(connection)

    def alerts(self, which: AlertFilter | None = None) -> list[AlertView]:
        """Return alerts, the last updated first."""
        with self._database.read() as connection:
            return alerts.matching(connection, which or AlertFilter())

    def alert(self, alert_id: str) -> AlertView | None:
        """Return an alert with its messages and deliveries."""
        with self._database.read() as connection:
            return alerts.one(connection, alert_id)

    def open_alerts(self, quiet_since: datetime) -> list[str]:
        """Return the ids of open alerts that nothing was told of since."""
        with self._database.read() as connection:
            return lifecycle.open_since(connection, quiet_since)

    def standing(self, alert_id: str) -> Standing | None:
        """Return an alert with all that its lifecycle is decided on."""
        with self._database.read() as connection:
            return lifecycle.standing(connection, alert_id)

    @contextmanager
    def lifecycle(self) -> Iterator[lifecycle.Lifecycle]:
        """Begin the transaction in which alerts are closed or repeated."""
        with self._database.write() as connection:
            yield lifecycle.Lifecycle(connection)

    def held_back(self, since: datetime, limit: int | None = None) -> list[Decision]:
        """Return decisions to hold an alert back, the newest first."""
        with self._database.read() as connection:
            return items.held_back(connection, since, limit)
