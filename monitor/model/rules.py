"""What is looked for, and where it was found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


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
    enabled: bool = True
    """Whether it is in force; one that is switched off is read and tested, no more."""
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
