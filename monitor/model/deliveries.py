"""What is sent, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


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
class Apart:
    """What is leased otherwise than the rest."""

    skip: Collection[str] = ()
    """Receivers to which nothing goes now."""
    ordered: Collection[str] = ()
    """Receivers to which nothing goes before what is older."""
    held: Collection[str] = ()
    """Deliveries that the caller has in hand still, although their leases ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """What waits in vain for its receiver."""

    receiver: str
    instead: str
    """Who is told of it instead; what that one was told of is left out."""
    until: datetime
    """When it was created at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How a receiver fares, over all its deliveries."""

    failures: int = 0
    """Attempts in a row that failed."""
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    """Nothing is attempted before."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An attempt that was made and what it led to, to be recorded together."""

    delivery: Delivery
    """As it was leased."""
    attempt: Attempt
    state: DeliveryState
    due: datetime
    """When to try again, where it is still pending."""
    disable: str = ""
    """The reason to send this receiver nothing more; "" leaves it enabled."""
    circuit: Circuit | None = None
    """How the receiver fares now; None where that has not changed."""
    instead: tuple[Delivery, ...] = ()
    """Where it was given up: what tells its receiver's fallback of it."""
