"""What the watch over sources and silent rules needs: how they fare, and remarks."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from monitor.model import Delivery, Feed, FeedState, Polled


class FeedFacts(Protocol):
    """A feed with its state."""

    @property
    def feed(self) -> Feed:
        """What is watched."""
        ...

    @property
    def state(self) -> FeedState:
        """What the last polls left behind."""
        ...

    @property
    def number(self) -> int:
        """Its place in the order of all feeds."""
        ...


class Noted(Protocol):
    """A remark that one process left for another."""

    @property
    def value(self) -> str:
        """What it says."""
        ...


class ReceiverFacts(Protocol):
    """A receiver as the store knows it."""

    @property
    def name(self) -> str:
        """As configured."""
        ...

    @property
    def disabled(self) -> datetime | None:
        """Since when it is sent nothing."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


class HealthStore(Protocol):
    """What the watch over sources and silent rules needs of the store."""

    def last_match(self, rule_id: str) -> datetime | None:
        """Return when a rule last fired on anything."""
        ...

    def oldest_item(self) -> datetime | None:
        """Return when the oldest item that is kept was first seen."""
        ...

    def ailing_receivers(self) -> Sequence[ReceiverFacts]:
        """Return the receivers that are disabled or failed last."""
        ...

    def feeds_after(self, number: int, limit: int) -> Sequence[FeedFacts]:
        """Return the next feeds that are polled, in the order of their numbers."""
        ...

    def polled_of(
        self, rows: Sequence[Any], since: datetime
    ) -> Mapping[str, Sequence[Polled]]:
        """Return the polls of these feeds by their addresses, the newest first."""
        ...

    def note(self, key: str) -> Noted | None:
        """Return the last remark that any process left under this key."""
        ...

    def change_note(
        self, key: str, before: str | None, value: str, now: datetime
    ) -> bool:
        """Leave a remark where the last one is still `before`; False where it is not."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Let what this thread does with the store in a block be one transaction."""
        ...

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store deliveries outside any poll."""
        ...
