"""What a reader found in a feed, as found: markup undone by nobody yet."""

from dataclasses import dataclass, field
from typing import NamedTuple


class RawText(NamedTuple):
    """A text, and whether its format says that it is HTML.

    Where it says plain text, or nothing (RSS titles), publishers use both.
    """

    text: str = ""
    is_html: bool = False


NOTHING = RawText()


@dataclass(slots=True, kw_only=True)
class RawItem:
    """One entry as found; "" where the feed says nothing."""

    guid: str = ""
    guid_is_link: bool = False
    """RSS guid without isPermaLink="false", or Atom id: an address, if http or https."""
    link: str = ""
    base: str = ""
    """What relative links of the entry start from, where it says so itself."""
    title: RawText = NOTHING
    summary: RawText = NOTHING
    body: RawText = NOTHING
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    published: str = ""
    updated: str = ""
    lang: str = ""


@dataclass(slots=True, kw_only=True)
class RawFeed:
    """A whole feed as found."""

    format: str
    """`rss20`, `rss10`, `atom10`, `json11` ..., named as feedparser names them."""
    path: str
    """Which reader: `strict`, `feedparser` or `json`."""
    title: RawText = NOTHING
    link: str = ""
    base: str = ""
    lang: str = ""
    ttl: str = ""
    """RSS: minutes that the feed may be cached, as written."""
    period: str = ""
    """RSS 1.0 syndication module: `hourly`, `daily` ..."""
    frequency: str = ""
    """How many times a period."""
    skip: list[str] = field(default_factory=list)
    """RSS: hours (`0` to `24`) and days (`Saturday`) without polls, as written."""
    hubs: list[str] = field(default_factory=list)
    """WebSub: who can be asked to tell of news (rel="hub")."""
    itself: str = ""
    """The feed's own address as it states it (rel="self")."""
    items: list[RawItem] = field(default_factory=list)
    truncated: int = 0
    """Entries left out because there were too many."""
    notes: list[str] = field(default_factory=list)


MOST_ITEMS = 2000
"""Entries read of one feed; a longer one is an archive or an attack."""
