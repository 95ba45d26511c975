"""What subscribing at hubs needs, and what a poll asks of it (WebSub)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from monitor.model import FeedLease, Push, Subscription


class KnownHubs(Protocol):
    """What a poll needs to know of the feed's hub (WebSub)."""

    def knows(self, feed: str) -> bool:
        """Return whether the feed has named a hub before."""
        ...

    def relied_until(self, feed: str) -> datetime | None:
        """Return until when a hub tells of the feed's news; None where none does."""
        ...

    def distrust(self, feed: str) -> None:
        """Rely on the feed's hub no more."""
        ...


class HubAsker(Protocol):
    """Posts to hubs."""

    async def ask(self, hub: str, form: Mapping[str, str]) -> str:
        """Post the form; return "" where the hub took it, else why not."""
        ...


class HubRecords(Protocol):
    """The subscriptions at hubs, and what hubs pushed."""

    def feeds(self) -> set[str]:
        """Return the feeds that have a subscription that is not over."""
        ...

    def pushing(self) -> Sequence[Subscription]:
        """Return the subscriptions in force by which a hub has pushed something."""
        ...

    def claim_due(
        self, now: datetime, until: datetime, limit: int
    ) -> Sequence[Subscription]:
        """Return what is due; nobody else gets it before `until`."""
        ...

    def update(
        self, number: int, change: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        """Change a subscription as it stands now; None where it stays or is gone."""
        ...

    def forget(self, number: int) -> None:
        """Delete a subscription that is over."""
        ...

    def resume(self, feed: str, now: datetime, reason: str) -> None:
        """Poll a feed at once: its hub does not tell of its news any more."""
        ...

    def lease_pushed(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> Sequence[tuple[FeedLease, Push]]:
        """Lease feeds that were pushed to and are not being polled."""
        ...


class HubStore(Protocol):
    """A store that keeps subscriptions at hubs."""

    @property
    def hubs(self) -> HubRecords:
        """The subscriptions."""
        ...
