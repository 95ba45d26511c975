"""What is decided about a story, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model.items import Item
from monitor.model.rules import Rule, Severity, Span
from monitor.model.stories import Story


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
    heard: frozenset[str] = frozenset()
    """All receivers that there was ever a message about it for."""
    assessment: "Assessment | None" = None
    """What its story was worth when it was last told of."""
    goes_on: bool = True
    """Whether its story is told of by it; else its story was merged into one of which an
    earlier alert of the rule tells."""


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
    also: tuple[str, ...] = ()
    """Other alerts of the rule that it tells of as well: their stories became one."""

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
    """Each alert once, each story of a rule once; the gravest first, then the newest."""
    since: datetime
    """When the first of the messages in it was decided."""
    at: datetime
    """When it was put together."""

    @property
    def alert_ids(self) -> tuple[str, ...]:
        """Every alert that it tells of, each once."""
        return tuple(name for one in self.notices for name in (one.alert.id, *one.also))

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
