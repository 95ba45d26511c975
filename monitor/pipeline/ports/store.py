"""What lasts, as polls and deliveries use it: leases, outcomes, what waits."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from monitor.model import (
    Apart,
    Body,
    Bundle,
    Circuit,
    Delivery,
    FeedLease,
    Finished,
    Notice,
    Settled,
    Stranded,
)
from monitor.pipeline.ports.polling import PollTransaction


class Store(Protocol):
    """What lasts."""

    def lease_feeds(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> Sequence[FeedLease]:
        """Lease due feeds, the longest overdue first, at most two a host."""
        ...

    def free_leases(self, is_gone: Callable[[str], bool]) -> int:
        """End the leases of owners that are gone; return how many."""
        ...

    def release_feeds(self, leases: Iterable[FeedLease]) -> None:
        """Give back leases whose feeds were not polled; they stay due."""
        ...

    def finish(self, finished: Sequence[Finished]) -> Collection[str]:
        """Write down polls that changed nothing but their feeds, in one transaction.

        Return the addresses whose leases were lost; of these nothing is stored.
        """
        ...

    def renew_feeds(self, leases: Iterable[FeedLease], until: datetime) -> None:
        """Let leases that are still held last until then."""
        ...

    def poll(
        self, lease: FeedLease, beside: str = ""
    ) -> AbstractContextManager[PollTransaction]:
        """Begin the one transaction of a poll; raise LeaseLost if too late.

        `beside` is an address whose host is to be paused in it.
        """
        ...

    def due_deliveries(
        self, now: datetime, limit: int, apart: Apart
    ) -> Sequence[Delivery]:
        """Return what `lease_deliveries` would lease now, as it stands."""
        ...

    def postpone(self, these: Iterable[Delivery], now: datetime) -> None:
        """Store until when deliveries wait that nobody has leased, and why."""
        ...

    def lease_deliveries(  # noqa: PLR0913 - what a lease is made of
        self,
        now: datetime,
        until: datetime,
        limit: int,
        owner: str,
        apart: Apart,
        *,
        drafts: Mapping[str, Body],
    ) -> Sequence[Delivery]:
        """Lease due deliveries of receivers that are not disabled, oldest first.

        Those that have no body yet get the one that `drafts` has under their ids, in
        the same transaction.
        """
        ...

    def release_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Give back deliveries that were not attempted; they stay due."""
        ...

    def notice(self, delivery: Delivery) -> Notice:
        """Return what a delivery's message is rendered from, as of now."""
        ...

    def bundle(self, delivery: Delivery) -> Bundle:
        """Return what a delivery that tells of several messages is rendered from."""
        ...

    def save_bodies(self, made: Sequence[tuple[Delivery, Body]]) -> frozenset[str]:
        """Store rendered messages before their first attempt (fences checked).

        Return the ids of the deliveries whose leases are no longer ours.
        """
        ...

    def settle(self, batch: Sequence[Settled]) -> Sequence[Exception | None]:
        """Store outcomes in one transaction and end the leases.

        Return, in the same order, None or the LeaseLost of one that came too late.
        """
        ...

    def circuits(self, receivers: Collection[str]) -> Mapping[str, Circuit]:
        """Return how receivers fare."""
        ...

    def unwell(self, receivers: Collection[str]) -> Collection[str]:
        """Return those of them that failed last or are disabled."""
        ...

    def tried_at(self, delivery: Delivery) -> Sequence[datetime]:
        """Return when a delivery was attempted, from its first attempt on."""
        ...

    def was_tried(self, receiver: str, since: datetime, until: datetime) -> bool:
        """Say whether anything was attempted for a receiver between two moments."""
        ...

    def is_told(self, given_up: Delivery, instead: str) -> bool:
        """Say whether another receiver has, or had, a delivery of the same message."""
        ...

    def stranded(
        self, which: Stranded, after: Delivery | None, limit: int
    ) -> Sequence[Delivery]:
        """Return what waits in vain, in the order in which it is due.

        The next ones after a delivery.
        """
        ...

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store deliveries outside any poll; one that is there is left as it is."""
        ...
