"""What the commands and the console read: rows put together, nothing more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import (
    Alert,
    Attempt,
    Decision,
    Delivery,
    DeliveryState,
    Feed,
    FeedState,
    Grouping,
    Item,
    Match,
    Message,
    Severity,
    Story,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSync:
    """What bringing the feeds in line with the files changes, as URLs."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """A feed with its state."""

    feed: Feed
    state: FeedState
    retired: datetime | None
    """Since when it is no longer polled; its items are kept."""
    items: int
    """How many items it brought that are still kept."""
    number: int = 0
    """In the order in which they were added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """What we asked of a host, and what it asked of us."""

    host: str
    requests: int = 0
    conditional: int = 0
    """Requests that sent its validators back."""
    first: int = 0
    """Requests for the whole feed: the first, or after eight days of "unchanged"."""
    unchanged: int = 0
    """Polls that brought the same as before."""
    too_often: int = 0
    """Answers that asked us to come less often (429, 503)."""
    asked: timedelta = timedelta()
    """The longest that it asked to be left alone."""
    early: int = 0
    """Polls before it wanted us, without a person having asked. Must be none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item with what the store knows besides."""

    item: Item
    revisions: int
    revised: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A match and when it was found."""

    match: Match
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """A grouping and when it was decided."""

    grouping: Grouping
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person corrected in the grouping."""

    kind: str
    """`merge`, `split` or `link`; `unmerge` or `unlink` where that was undone."""
    item_id: str = ""
    """Of a split."""
    from_story: str
    to_story: str
    at: datetime
    author: str = ""
    comment: str = ""
    undone: bool = False
    """Whether a later one undid it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Who may use the interface for programs; the secret is not here."""

    id: str
    name: str
    scope: str
    """`read` or `write`."""
    created: datetime
    last_used: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One change that was made through the interface for programs."""

    at: datetime
    who: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFilter:
    """Which stories; `since` (inclusive) and `until` bound `last_seen`."""

    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    """A part of the title."""
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story with its items, in the order in which they joined."""

    story: Story
    merged_into: str
    """The story that took it in; "" where it stands by itself."""
    items: tuple[Item, ...]
    groupings: tuple[Grouped, ...]
    """Why each item is in it, in the same order."""
    alerts: tuple[Alert, ...]
    corrections: tuple[Correction, ...] = ()
    merges: tuple[Decision, ...] = ()
    """Stories that were found to be this one, each on the report that showed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert with all that was said about it, and to whom."""

    alert: Alert
    story: Story
    messages: tuple[Message, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery with every attempt, replays included."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    closed: datetime | None = None
    """When it was delivered, given up, or folded into another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverRow:
    """A receiver as the store knows it: by its deliveries, or disabled."""

    name: str
    disabled: datetime | None = None
    reason: str = ""
    failures: int = 0
    """Attempts in a row that failed."""
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    """Nothing is attempted before."""
    pending: int = 0
    delivered: int = 0
    dead: int = 0
    folded: int = 0
    """Told in another message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """A recipient who wants no more mail from a receiver."""

    receiver: str
    recipient: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark that one process leaves for another, such as a refused reload."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that is recorded on what became of one item."""

    row: ItemRow
    matches: tuple[Matched, ...]
    grouping: Grouped | None
    decisions: tuple[Decision, ...]
    story_id: str = ""
    """The story that it is in now, merges followed; "" for none."""
    corrections: tuple[Correction, ...] = ()
    """What people did to it and to the story that it came into."""


# ── which rows ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items; `since` (inclusive) and `until` bound `first_seen`."""

    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    lang: str = ""
    feed: str = ""
    """A feed's URL."""
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts; `since` (inclusive) and `until` bound `updated`."""

    since: datetime | None = None
    until: datetime | None = None
    rule: str = ""
    theme: str = ""
    severities: tuple[Severity, ...] = ()
    """Of one of these; () is of all."""
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries; `since` (inclusive) and `until` bound `created`."""

    ids: tuple[str, ...] = ()
    states: tuple[DeliveryState, ...] = ()
    receiver: str = ""
    alert: str = ""
    folded_into: str = ""
    """Those that this delivery tells."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
