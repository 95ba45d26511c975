"""What belongs together, and why."""

import re
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
    """Of its first report; it changes only where a person takes that report away, so that
    mail threads hold."""
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


_PART = re.compile(r"(sto_\S+) is part of (sto_\S+) now\b")


def merge_in_words(taken: str, taker: str, why: str) -> str:
    """Return what the decision says that merged one story into another."""
    return f"{taken} is part of {taker} now: {why}"


def merge_from_words(detail: str) -> tuple[str, str] | None:
    """Return which story a decision merged into which; None where it says neither."""
    found = _PART.match(detail)
    return (found[1], found[2]) if found else None
