"""Subscriptions at hubs that push instead of being polled (WebSub)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
