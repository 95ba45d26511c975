"""What belongs together, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.model.items import Item


class Relation(StrEnum):
    """What an item is to a story."""

    SAME = "same"
    RELATED = "related"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The decision on which story an item belongs to, and why."""

    item_id: str
    story_id: str
    outcome: Relation
    score: float
    """Probability that it is the same event, 0 to 1."""
    because: tuple[tuple[str, float], ...] = ()
    """Features and what each contributed, strongest first."""
    nearest: str = ""
    """The item it was compared with, where there was one."""
    related_to: str = ""
    """For `related`: the story it is threaded to."""
    level: str = "base"
    """Which grouping model decided (`base`, `identity`, ...)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Reports of one event."""

    id: str
    title: str
    """Of its first report; it never changes, so that mail threads hold."""
    lang: str
    first_seen: datetime
    last_seen: datetime
    items: int = 1
    sources: tuple[str, ...] = ()
    """The outlets that reported it, in order of appearance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedItem:
    """An item in a story, as the active window needs it."""

    cursor: int
    """Grows with each item that joins any story."""
    story_id: str
    item: Item
    related_to: str = ""
    """The story that its own one is threaded to, where it opened that one."""
