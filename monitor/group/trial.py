"""Grouping without a database: what a stream of items becomes, in the order given."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from monitor.group.fingerprints import canonical_url, content_hash
from monitor.group.levels import Level
from monitor.group.merging import Rival, rivals
from monitor.group.stories import Window
from monitor.model import Grouping, Item, Relation, is_copy, marks_of

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class _Mark(NamedTuple):
    """Something that a copy of an item would have too."""

    kind: str
    value: object


class _First(NamedTuple):
    """The first item of the window that had a mark."""

    number: int
    """In the order of coming."""
    story_id: str
    feed: str
    published: datetime | None

    def has_copy(self, mark: _Mark, item: Item) -> bool:
        """Say whether a later item with that mark is a copy, as the daemon would."""
        return is_copy(
            item.published,
            self.published,
            by_page=mark.kind == "page",
            one_feed=bool(item.feed) and item.feed == self.feed,
        )


class _Placed(NamedTuple):
    """An item of the window."""

    story_id: str
    marks: set[_Mark]


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
        self._firsts: dict[_Mark, _First] = {}
        self._sharing: Counter[_Mark] = Counter()
        """How many items of the window have it."""
        self._placed = 0

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
            grouping = self._window.decide(dated, twin_story=self._twin(item, marks))
        self.one_with = rivals(self._window, dated, grouping)
        self._window.add(dated, grouping.story_id, grouping.related_to)
        if self._now is None:
            self._undated[item.id] = dated, grouping
        self._keep(item, grouping.story_id, marks)
        return grouping

    def _twin(self, item: Item, marks: Iterable[_Mark]) -> str:
        """Return the story of the earliest item that this one is a copy of, or ""."""
        found = [(self._firsts[mark], mark) for mark in marks if mark in self._firsts]
        earlier = [first for first, mark in found if first.has_copy(mark, item)]
        return min(earlier, key=attrgetter("number")).story_id if earlier else ""

    def _begin(self, moment: datetime) -> None:
        """Date what came before any date."""
        if not self._undated:
            return
        self._window = Window(self._window.level)
        for item, made in self._undated.values():
            dated = replace(item, published=moment)
            self._window.add(dated, made.story_id, made.related_to)
        self._undated.clear()

    def _keep(self, item: Item, story_id: str, marks: Iterable[_Mark]) -> None:
        known = self._items.setdefault(item.id, _Placed(story_id, set()))
        fresh = set(marks) - known.marks
        known.marks.update(fresh)
        self._sharing.update(fresh)
        self._placed += 1
        first = _First(self._placed, story_id, item.feed, item.published)
        for mark in fresh:
            self._firsts.setdefault(mark, first)

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
                    del self._sharing[mark], self._firsts[mark]


def _marks(item: Item) -> list[_Mark]:
    """Return what a copy of the item would have too: its page, its guid, its text."""
    known = replace(
        item,
        canonical_url=canonical_url(item.url),
        content_hash=content_hash(item.title, item.summary, item.body),
    )
    marks = marks_of(known)
    found = [_Mark("page", marks.page), _Mark("guid", marks.guid)]
    return [one for one in (*found, _Mark("text", marks.text)) if one.value]
