"""The values that flow through Tocsin, in the order in which they flow.

    Source, Feed -> Exchange -> Item -> Rule, Match -> Grouping, Story
        -> Decision, Alert, Notice -> Delivery, Attempt

All are frozen; all moments are aware datetimes in UTC; all durations are
timedeltas. A text that is not known is "", a moment that is not known is None.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


def stable_id(prefix: str, *parts: str) -> str:
    """Return `prefix_` and 26 hex digits that depend on the parts alone.

    Ids are derived, not drawn: the same items replayed give the same ids, and
    two replicas that decide the same thing collide instead of doing it twice.
    """
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return f"{prefix}_{hashlib.blake2b(text, digest_size=13).hexdigest()}"


# ── what is watched ──────────────────────────────────────────────────────────


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


# ── what a server answered ───────────────────────────────────────────────────


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


class Subscribed(StrEnum):
    """Where a subscription at a hub stands (WebSub)."""

    OFFERED = "offered"
    """The feed names a hub; nothing was asked for."""
    ASKING = "asking"
    """To be asked for."""
    ASKED = "asked"
    """The hub took the request and has not asked back yet."""
    ACTIVE = "active"
    DENIED = "denied"
    ENDING = "ending"
    """Not wanted any more: to be taken back."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed's subscription at one hub."""

    id: int
    feed: str
    """Its address."""
    hub: str
    topic: str
    """The address that the hub knows the feed by."""
    state: Subscribed
    token: str = field(default="", repr=False)
    """The last part of the callback's path."""
    secret: str = field(default="", repr=False)
    """What the hub signs with."""
    due: datetime | None = None
    """When the hub is asked next: for the first time, again, or to renew."""
    lease_until: datetime | None = None
    failures: int = 0
    """Requests in a row that led to nothing."""
    problem: str = ""
    pushes: int = 0
    """Pushed documents that were taken."""
    last_push: datetime | None = None
    refused: int = 0
    """Pushes whose signature was wrong."""
    missed: datetime | None = None
    """When a poll last found news that had not been pushed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A document that a hub sent us, signed, and that is not read yet."""

    id: int
    subscription: int
    feed: str
    at: datetime
    content_type: str
    body: bytes


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


# ── what was published ───────────────────────────────────────────────────────


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
        """When it was published, as far as known, else when it was first seen."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """What the store remembers of an item that a poll brings again."""

    id: str
    content_hash: str
    revisions: int
    first_seen: datetime


# ── what is looked for ───────────────────────────────────────────────────────


class Severity(StrEnum):
    """How grave a rule's event is; ordered by `rank`."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)


class Updates(StrEnum):
    """When a story that was alerted is told again."""

    NONE = "none"
    SOURCE = "source"
    """A report by an outlet that had not yet reported it."""
    NEWS = "news"
    """A report that says something new: a count that moved, a turn, a new place."""
    REPORT = "report"
    """Each further report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corroboration:
    """Hold the alert until so many independent sources report the story."""

    sources: int
    within: timedelta
    grade: str = ""
    """The least Admiralty grade, such as `C3`; "" for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What of a story's standing is told at once, each once an alert."""

    sources: int = 0
    """So many independent sources; 0 leaves it out."""
    grade: str = ""
    """An Admiralty grade such as `B2`, or a better one; "" leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When a rule's matches become an alert; see `notify/triggers.py`."""

    type: str = "each"
    """`each`, `frequency`, `spike`, `cardinality`, `first_seen`, `sequence` or `flatline`."""
    timeframe: timedelta = timedelta()
    count: int = 0
    """Reports (frequency), or different values (cardinality)."""
    field: str = ""
    """`source`, `country` or `lang` (cardinality); `term` or `pair` (first_seen)."""
    false_alerts: timedelta = timedelta()
    """One false alert in so long is acceptable (spike)."""
    after: tuple[str, ...] = ()
    """Rules that must have fired before, in this order (sequence)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a pack, as its analyst wrote it; the query stays text here."""

    id: str
    title: str
    theme: str
    match: str
    severity: Severity = Severity.MEDIUM
    tags: tuple[str, ...] = ()
    updates: Updates = Updates.NONE
    corroboration: Corroboration | None = None
    trigger: Trigger = Trigger()
    receivers: tuple[str, ...] = ()
    """Named by the rule itself; empty leaves it to the routes."""
    escalate: Escalation | None = None
    resolve_after: timedelta | None = None
    """How long its story must be quiet until an alert is closed; None leaves it to the
    routes, zero is never."""
    version: str = ""
    """`sha256:` and 12 hex digits over all that decides what the rule does."""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in an item that satisfied a clause of a rule."""

    field: str
    """`title`, `summary` or `body`."""
    start: int
    """Offset in code points into the field's text."""
    end: int
    text: str
    """The words as published."""
    clause: str
    """The term of the rule that they satisfied, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that fired on an item, with the evidence."""

    item_id: str
    rule_id: str
    rule_version: str
    evidence: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One match of a rule, as triggers see it."""

    at: datetime
    item_id: str
    story_id: str = ""
    source: str = ""
    country: str = ""
    lang: str = ""
    terms: frozenset[str] = frozenset()
    """The clauses of the rule that the item satisfied."""


# ── what belongs together ────────────────────────────────────────────────────


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


# ── what is told ─────────────────────────────────────────────────────────────


class Verdict(StrEnum):
    """What was decided about one item under one rule, or about an alert."""

    RAISE = "raise"
    UPDATE = "update"
    CORRECT = "correct"
    """The report takes back, corrects or denies what was told."""
    MERGE = "merge"
    """The report showed that two stories are one; of no rule in particular."""
    JOIN = "join"
    """It joined an alerted story silently."""
    HOLD = "hold"
    """It is kept but not told; the reason says why."""
    CLOSE = "close"
    """The alert is closed: its story is quiet, or a person said so."""
    ACKNOWLEDGE = "acknowledge"
    """A person has seen the alert: it is not repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision with its reason, kept for `explain`."""

    item_id: str
    rule_id: str
    rule_version: str
    story_id: str
    verdict: Verdict
    reason: str
    """One word: `new-story`, `known-story`, `new-source`, `further-report`,
    `backfill`, `undated-first-poll`, `uncorroborated`, `corroborated`, `silenced`,
    `inhibited`, `news`, `capped`, `correction`, `retraction`, `denial`, `escalated`,
    `repeat`, `quiet`, `closed`, `reopened`, `acknowledged`, or the type of the rule's
    trigger."""
    detail: str = ""
    """The same for people, with the figures it was decided on."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What a person does not want to hear of for a while."""

    id: str
    matchers: tuple[tuple[str, str, str], ...]
    """Name, `=` or `!=`, value; all must fit."""
    starts: datetime
    ends: datetime
    created: datetime
    author: str = ""
    comment: str = ""
    until_news: bool = False
    """Whether it is lifted by the first report that says something new."""


class Kind(StrEnum):
    """What one message about an alert says."""

    NEW = "new"
    UPDATE = "update"
    CLOSED = "closed"
    CORRECTION = "correction"
    """What was told is taken back, corrected or denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A sentence of a report that its story did not say before."""

    sentence: str
    """As published, on one line."""
    field: str
    """`title`, `summary` or `body`."""
    facts: tuple[str, ...] = ()
    """What is new in it, in words; none where only the sentence is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the reports of a story are worth together, as of a message."""

    grade: str
    """Admiralty: `A1` to `F6`."""
    because: str
    """Its derivation, for people."""
    voices: tuple[str, ...] = ()
    """The independent sources; copies and outlets of one owner are one."""
    first_by: str = ""
    """The outlet that published it first."""
    first_at: datetime | None = None
    state: int = 0
    """Reports by outlets of states."""
    others: int = 0
    state_lag: timedelta | None = None
    """How much later the first of a state's was than the first other one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that a rule's receivers are told of; at most one a rule and story."""

    id: str
    rule: Rule
    """As it stood when the alert was raised."""
    story_id: str
    opened: datetime
    updated: datetime
    sequence: int = 1
    """The number of the last message about it, from 1."""
    closed: datetime | None = None
    """Since when it is closed; a later report may open it again."""
    closed_by: str = ""
    """Who closed it; "" for a story that was quiet for long enough."""
    acknowledged: datetime | None = None
    """Since when a person knows of it; nothing is repeated then."""
    escalated: tuple[str, ...] = ()
    """The thresholds that were told, so that each is told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert with all that its lifecycle is decided on."""

    alert: Alert
    story: Story
    """The one that now stands for its story."""
    item: Item
    """The report of its last message; routes ask of it."""
    told: Mapping[str, datetime]
    """When each receiver was last sent anything about it; not who still waits for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One numbered message about an alert; its deliveries render from it."""

    alert_id: str
    sequence: int
    kind: Kind
    item_id: str
    """The report that caused it."""
    reason: str
    """As in `Decision.reason`."""
    detail: str
    at: datetime
    changes: tuple[Change, ...] = ()
    """For all but the first: what the report says that the story did not."""
    assessment: Assessment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One item of a story, as a message shows it."""

    item: Item
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that any receiver's message is rendered from."""

    alert: Alert
    kind: Kind
    sequence: int
    reason: str
    """As in `Decision.reason`."""
    detail: str
    at: datetime
    """When the decision fell."""
    story: Story
    reports: tuple[Report, ...]
    """The one that caused this message first, then the newest, at most 10."""
    feed_names: Mapping[str, str] = field(default_factory=dict)
    """The names of the reports' feeds, by URL."""
    changes: tuple[Change, ...] = ()
    """As in `Message.changes`."""
    assessment: Assessment | None = None

    @property
    def omitted(self) -> int:
        """How many of the story's reports are not among `reports`."""
        return max(0, self.story.items - len(self.reports))


class Gathered(StrEnum):
    """Why several messages went as one."""

    BATCH = "batch"
    """They are of one group of a route."""
    BURST = "burst"
    """There were more than the receiver wants in a time."""
    DIGEST = "digest"
    """The receiver wants to be told at set times."""
    CATCH_UP = "catch-up"
    """They could not be delivered while they were fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Several notices that one message tells of."""

    why: Gathered
    receiver: str
    notices: tuple[Notice, ...]
    """Each alert once; the gravest first, then the newest."""
    since: datetime
    """When the first of the messages in it was decided."""
    at: datetime
    """When it was put together."""

    @property
    def severity(self) -> Severity:
        """Of the gravest alert in it."""
        found = [one.alert.rule.severity for one in self.notices]
        return max(found, key=lambda one: one.rank, default=Severity.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What Tocsin has to say about its own work, such as a source that broke."""

    kind: str
    """`source.failing`, `source.silent`, `source.changed`, `source.recovered`,
    `receiver.disabled`, `rule.flatline`."""
    title: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


# ── what is sent ─────────────────────────────────────────────────────────────


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    FOLDED = "folded"
    """Another message tells what it would have told: `Delivery.folded_into`."""


class Way(StrEnum):
    """What a delivery waits for beside its moment."""

    READY = ""
    """Nothing: it goes when it is due."""
    GROUP = "group"
    DIGEST = "digest"
    LIMIT = "limit"
    """Its receiver's rate."""
    STALE = "stale"
    """The catch-up before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A rendered message; stored once and resent byte for byte."""

    content_type: str
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """What its receiver's own templates add to the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one receiver (for email: to one recipient)."""

    id: str
    """Never changes: it is the `webhook-id` and the left part of `Message-ID`."""
    alert_id: str
    """"" for a test message."""
    sequence: int
    receiver: str
    recipient: str = ""
    """An email address; "" for other channels."""
    state: DeliveryState = DeliveryState.PENDING
    due: datetime
    created: datetime
    attempts: int = 0
    first_attempt: datetime | None = None
    delivered: datetime | None = None
    status: str = ""
    """What the receiver last answered, such as `204` or `550`."""
    problem: str = ""
    body: Body | None = None
    replays: int = 0
    """How often a person has sent it again."""
    fence: int = 0
    """Grows with each lease; a late outcome under an old fence is refused."""
    way: Way = Way.READY
    group: str = ""
    """The group of its route that it belongs to; "" for none."""
    rank: int = 0
    """How grave it is; see `Severity.rank`."""
    released: datetime | None = None
    """When it was let go, which counts for rates."""
    gathered: str = ""
    """For a message that tells several: why, a `Gathered`."""
    carries: str = ""
    """For one that tells several: what was folded into this delivery."""
    folded_into: str = ""
    """The delivery that tells what this one would have told."""
    note: str = ""
    """Why it waits, or what became of it, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How a receiver fares, over all its deliveries."""

    failures: int = 0
    """Attempts in a row that failed."""
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    """Nothing is attempted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An attempt that was made and what it led to, to be recorded together."""

    delivery: Delivery
    """As it was leased."""
    attempt: "Attempt"
    state: DeliveryState
    due: datetime
    """When to try again, where it is still pending."""
    disable: str = ""
    """The reason to send this receiver nothing more; "" leaves it enabled."""
    circuit: Circuit | None = None
    """How the receiver fares now; None where that has not changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of one delivery."""

    delivery_id: str
    number: int
    at: datetime
    took: timedelta
    outcome: str
    """`delivered`, `retry` or `gave-up`."""
    status: str = ""
    problem: str = ""
    response: str = ""
    """What the receiver answered, at most 2 KiB."""
