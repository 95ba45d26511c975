"""Grouping without a database: what a stream of items becomes, in the order given."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from monitor.group.fingerprints import canonical_url, content_hash
from monitor.group.levels import Level
from monitor.group.merging import Rival, rivals
from monitor.group.stories import Window
from monitor.model import Grouping, Item, Relation

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_LONG_ENOUGH = 40
"""Letters of a text from which on an equal one is a copy, not a coincidence."""


class _Placed(NamedTuple):
    """An item of the window."""

    story_id: str
    marks: set[str]


class Trial:
    """Groups items one after another by the window that the daemon uses.

    What the store finds for the daemon (the same item again, an address or a text that
    is known) is kept in memory here, for as long as the item is in the window: memory is
    bounded however long the stream. An item without a date has that of the one before; what
    comes before any date, the first one.
    """

    def __init__(self, level: Level | None = None) -> None:
        """Begin without any story, at the base level if none is given."""
        self._window = Window(level)
        self.one_with: tuple[Rival, ...] = ()
        """Other stories that the item placed last shows to be one with its own.

        The daemon merges them; here each keeps its name.
        """
        self._now: datetime | None = None
        self._undated: dict[str, tuple[Item, Grouping]] = {}
        """What is in the window and came before any date."""
        self._items: dict[str, _Placed] = {}
        self._twins: dict[str, str] = {}
        """By what a copy would share: the story of the first that had it."""
        self._sharing: Counter[str] = Counter()
        """How many items of the window have it."""

    def __len__(self) -> int:
        """Return how many reports are in the window."""
        return len(self._window)

    def prepare(self, items: Sequence[Item]) -> None:
        """Encode items that will be placed next, in one batch."""
        self._window.prepare(items)

    def place(self, item: Item) -> Grouping:
        """Return the story that an item joins or opens, and why."""
        if item.moment:
            self._begin(item.moment)
            self._now = max(self._now or item.moment, item.moment)
        moment = item.moment or self._now or _BEGINNING
        dated = item if item.moment else replace(item, published=moment)
        self._window.evict(self._now or _BEGINNING)
        self._forget()
        marks = _marks(item)
        known = self._items.get(item.id)
        if known is not None:
            grouping = Grouping(
                item_id=item.id,
                story_id=known.story_id,
                outcome=Relation.SAME,
                score=1.0,
                because=(("revision of the same item", 1.0),),
                level="identity",
            )
        else:
            twin = next((self._twins[m] for m in marks if m in self._twins), "")
            grouping = self._window.decide(dated, twin_story=twin)
        self.one_with = rivals(self._window, dated, grouping)
        self._window.add(dated, grouping.story_id, grouping.related_to)
        if self._now is None:
            self._undated[item.id] = dated, grouping
        self._keep(item.id, grouping.story_id, marks)
        return grouping

    def _begin(self, moment: datetime) -> None:
        """Date what came before any date."""
        if not self._undated:
            return
        self._window = Window(self._window.level)
        for item, made in self._undated.values():
            dated = replace(item, published=moment)
            self._window.add(dated, made.story_id, made.related_to)
        self._undated.clear()

    def _keep(self, item_id: str, story_id: str, marks: Iterable[str]) -> None:
        known = self._items.setdefault(item_id, _Placed(story_id, set()))
        fresh = set(marks) - known.marks
        known.marks.update(fresh)
        self._sharing.update(fresh)
        for mark in fresh:
            self._twins.setdefault(mark, story_id)

    def _forget(self) -> None:
        """Forget the items that have left the window, in its order: of arrival."""
        while self._items:
            item_id = next(iter(self._items))
            if item_id in self._window:
                return
            self._undated.pop(item_id, None)
            for mark in self._items.pop(item_id).marks:
                self._sharing[mark] -= 1
                if not self._sharing[mark]:
                    del self._sharing[mark], self._twins[mark]


def _marks(item: Item) -> list[str]:
    """Return what a copy of the item would share: its address, its text."""
    marks = [canonical_url(item.url)]
    if len(f"{item.title}{item.summary}{item.body}") >= _LONG_ENOUGH:
        marks.append(content_hash(item.title, item.summary, item.body))
    return [mark for mark in marks if mark]
