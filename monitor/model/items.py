"""What was published."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a feed, as plain text."""

    id: str
    feed: str
    """The feed's URL."""
    key: str
    """Its identity within the feed: guid, else link, else a hash of its text."""
    title: str
    url: str = ""
    """http or https only; anything else a feed says becomes ""."""
    canonical_url: str = ""
    """`url` without tracking parameters, fragments and other noise."""
    guid: str = ""
    summary: str = ""
    body: str = ""
    """The full text where the feed carries one beside the summary."""
    lang: str = ""
    """ISO 639-1."""
    source: str = ""
    country: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    published: datetime | None = None
    """None where absent or implausible; `date_note` then says why."""
    date_note: str = ""
    """"" (as stated), `absent`, `unreadable`, `future` or `implausible`."""
    first_seen: datetime | None = None
    content_hash: str = ""
    """Of folded title, summary and body: equal for copies to the letter."""

    @property
    def moment(self) -> datetime | None:
        """When it was published, as far as known, else when it was first seen.

        What was seen before it says that it was published has a wrong clock or zone: it is
        from when it was seen at the latest.
        """
        if self.published is None or self.first_seen is None:
            return self.published or self.first_seen
        return min(self.published, self.first_seen)


EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the first feeds: 1970 and the like are errors of programs."""
MOST_AHEAD = timedelta(hours=24)
"""How far a date may lie in the future: the wrong time zone, but not the wrong day."""
RECURS = timedelta(days=1)
"""Published so much later, the same words may be said of another event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """What the store remembers of an item that a poll brings again."""

    id: str
    key: str
    content_hash: str
    revisions: int
    first_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedItem:
    """What the store remembers of an item that a poll may bring under another key."""

    known: KnownItem
    title: str
    canonical_url: str
    content_hash: str
    published: datetime | None
