"""What is watched, and what its servers answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An outlet, which may publish many feeds."""

    name: str
    country: str = ""
    """ISO 3166-1 alpha-2, upper case."""
    langs: tuple[str, ...] = ()
    owner: str = ""
    """Who owns it; two outlets of one owner are one voice. "" means itself."""
    grade: str = "F"
    """Admiralty reliability, A (reliable) to E; F cannot be judged."""
    state: bool = False
    """Whether a state owns or directs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One address that is polled."""

    url: str
    name: str = ""
    source: str = ""
    """The outlet's name; the host where none was configured."""
    lang: str = ""
    """ISO 639-1 where a person stated it; overrules what the feed says."""
    every: timedelta = timedelta(minutes=15)
    """The shortest time between two polls."""
    backfill: timedelta = timedelta(hours=24)
    """On the first poll, items older than this are kept but not alerted."""
    origin: str = "config"
    """`config` (listed in a file) or `added` (by command)."""


BY_HAND = "a person asked for it"
"""The reason of a poll that a person asked for, whatever the publisher asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the last polls of a feed left behind."""

    etag: str = ""
    """Verbatim, quotes and W/ included (RFC 9110, 8.8.3)."""
    last_modified: str = ""
    """Verbatim: an opaque string, not a date."""
    body_hash: str = ""
    """Of the last body that was read to its end and parsed."""
    interval: timedelta = timedelta()
    """The adaptive interval now in force; zero before the first poll."""
    failures: int = 0
    """Failed polls in a row."""
    last_polled: datetime | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None
    """When an item that was not known before last came."""
    status: str = ""
    """One word: `ok`, `unchanged`, or the kind of the last failure."""
    problem: str = ""
    """The last failure in one sentence; "" after a success."""
    notes: str = ""
    """What had to be mended or left out of the last document that was read."""
    poll_after: datetime | None = None
    reason: str = ""
    """Why `poll_after` is what it is."""
    moved_to: str = ""
    """Where permanent redirects lead."""
    moved_count: int = 0
    """How many polls in a row were redirected there permanently."""
    last_full: datetime | None = None
    """When a whole answer last came; servers that say 304 for ever are asked anew."""
    ttl: timedelta = timedelta()
    """How long the feed itself asks to be left alone (ttl, sy:updatePeriod)."""
    skip: str = ""
    """When it asks not to be polled: hours 0 to 23 in GMT and days, as `0,1,sat`."""
    asked_until: datetime | None = None
    """Until when the publisher asked, at the last poll, to be left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLease:
    """The right to poll one feed until `until`, unless the fence has moved on."""

    feed: Feed
    state: FeedState
    fence: int
    until: datetime


class Fetched(StrEnum):
    """How one poll's exchange ended."""

    BODY = "body"
    NOT_MODIFIED = "not-modified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One conditional GET, redirects included."""

    outcome: Fetched
    url: str
    final_url: str
    status: int = 0
    """The last HTTP status; 0 when there was no answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the last response; names in lower case."""
    body: bytes = b""
    """Decoded content (gzip undone), never longer than the configured limit."""
    took: timedelta = timedelta()
    kind: str = ""
    """One word for a failure: `dns`, `connect`, `tls`, `timeout`, `too-large`,
    `forbidden-address`, `status`, `redirect`, `encoding`, `protocol`,
    `offline`."""
    problem: str = ""
    """The failure in one sentence, with what to do where something can be done."""
    permanent_url: str = ""
    """The target, when every hop was a 301 or 308."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One poll as it is remembered: what we asked, and what came of it."""

    at: datetime
    status: int
    """HTTP; 0 without an answer."""
    outcome: str
    """As in `FeedState.status`."""
    problem: str = ""
    conditional: bool = False
    """Whether validators went along."""
    whole: bool = True
    """Whether there were none, or it was time to ask for the whole feed."""
    early: bool = False
    """Whether the publisher had asked for a later poll, and no person for this one."""
    took: timedelta = timedelta()
    size: int = 0
    """Of the body, in bytes."""
    new_items: int = 0
    format: str = ""
    """`rss20`, `atom10` ..., where a body was read."""
    asked: timedelta = timedelta()
    """How long the publisher asked to be left alone from now on."""
    times: int = 1
    """How many polls in a row went the same way and brought nothing."""
    last: datetime | None = None
    """When the last of these was; None where it is the only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A poll that changed nothing but its feed: unchanged, or failed."""

    lease: FeedLease
    state: FeedState
    polled: Polled
