"""What the pipeline tells those who watch it: logs, terminal, metrics."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import Alert, Decision, Delivery, Feed, Item, Match
from monitor.send.deliveries import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One item that a rule fired on, and what was decided."""

    item: Item
    match: Match
    decision: Decision
    alert: Alert | None = None
    """Set where the decision sent a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """One finished poll."""

    feed: Feed
    status: str
    """`ok`, `unchanged`, or the kind of a failure."""
    problem: str = ""
    items: int = 0
    """In the body."""
    new_items: int = 0
    revised_items: int = 0
    twins: int = 0
    """New items that are exact copies of items known before."""
    new_stories: int = 0
    findings: tuple[Finding, ...] = ()
    deliveries: int = 0
    took: timedelta = timedelta()
    """Of the exchange alone."""
    late: timedelta = timedelta()
    """How long after it was due it began."""
    size: int = 0
    path: str = ""
    """Which parser read it: `strict`, `feedparser` or `json`."""
    reason: str = ""
    offline: bool = False
    """Nothing answers at all, so this feed is not to blame."""
    notes: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """One finished attempt of a delivery."""

    delivery: Delivery
    outcome: str
    """`delivered`, `retry` or `gave-up`."""
    receipt: Receipt
    at: datetime
    due: datetime | None = None
    """When it is tried again."""
    disabled: str = ""
    """Why its receiver is sent nothing more; "" where it is."""


class Observer(Protocol):
    """Is told of everything that happened, after it was committed."""

    def polled(self, report: PollReport) -> None:
        """Take in a poll that has ended."""
        ...

    def delivered(self, report: DeliveryReport) -> None:
        """Take in an attempt that has ended."""
        ...
