"""Leases what is due and runs it side by side; stops without losing anything."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.errors import LeaseLost, StoreUnavailable
from monitor.model import Delivery, FeedLease
from monitor.pipeline.courier import Courier
from monitor.pipeline.gathering import Gatherer
from monitor.pipeline.polls import Poller
from monitor.pipeline.ports import Store
from monitor.pipeline.reports import Observer

_log = structlog.get_logger(__name__)

MOST_A_RECEIVER = 8
"""In hand for one receiver, so that a slow one cannot take all places."""
_BATCH = 8
MOST_IN_HAND = MOST_A_RECEIVER + _BATCH
"""So many may wait for one receiver's turn at most; leases must last as long."""
_IN_HAND = 64
_WORTH_CLAIMING = 4
"""A claim costs a transaction: it waits until one in so many places is free."""


@dataclass(kw_only=True, eq=False)
class Crew:
    """Runs polls and deliveries; used by the daemon's ticks and by `once`."""

    store: Store
    poller: Poller
    courier: Courier
    clock: Clock
    observer: Observer
    owner: str
    """Names this process in leases."""
    concurrency: int
    """Polls at the same time."""
    lease: timedelta
    """How long a lease lasts: longer than any work in hand."""
    gatherer: Gatherer | None = None
    """Decides, before each lease, what goes as one message."""
    _polls: dict[asyncio.Task[None], FeedLease] = field(
        init=False, default_factory=dict
    )
    _deliveries: dict[asyncio.Task[None], Delivery] = field(
        init=False, default_factory=dict
    )
    _turns: dict[str, asyncio.Lock] = field(init=False, default_factory=dict)
    _claiming: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _claiming_polls: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _again: asyncio.Task[int] | None = field(init=False, default=None)
    _more_due: bool = field(init=False, default=False)
    _stopping: bool = field(init=False, default=False)

    @property
    def busy(self) -> bool:
        """Whether anything is in hand."""
        return bool(self._polls or self._deliveries)

    @property
    def in_hand(self) -> tuple[int, int]:
        """How many polls and how many deliveries are running."""
        return len(self._polls), len(self._deliveries)

    async def claim_polls(self) -> int:
        """Start polls of due feeds, as far as there is room; return how many."""
        async with self._claiming_polls:
            room = self._room()
            if self._stopping or not room:
                return 0
            now = self.clock.now()
            leases = await asyncio.to_thread(
                self.store.lease_feeds, now, now + self.lease, room, self.owner
            )
            self._more_due = len(leases) == room
            for lease in leases:
                task = asyncio.create_task(self._poll(lease))
                self._polls[task] = lease
                task.add_done_callback(self._ended)
            return len(leases)

    def _room(self) -> int:
        """Return how many feeds to lease: none while it would be a few only."""
        room = self.concurrency - len(self._polls)
        return room if room * _WORTH_CLAIMING >= self.concurrency else 0

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Take a poll out of hand; where more were due than had room, claim them now."""
        del self._polls[task]
        waiting = self._again is not None and not self._again.done()
        if self._more_due and not waiting and self._room():
            self._again = asyncio.create_task(self._claim_again())

    async def _claim_again(self) -> int:
        try:
            return await self.claim_polls()
        except StoreUnavailable:
            return 0  # the next tick says so

    async def renew_polls(self) -> int:
        """Let the leases of polls that take long last; return how many.

        One that waits for others, such as a malformed feed for its reader, must not be
        polled a second time meanwhile. Every step of a poll is bounded, so it ends.
        """
        now = self.clock.now()
        late = {
            task: lease
            for task, lease in self._polls.items()
            if lease.until - now < self.lease * 2 / 3
        }
        if late:
            until = now + self.lease
            await asyncio.to_thread(self.store.renew_feeds, late.values(), until)
            for task, lease in late.items():
                if task in self._polls:
                    self._polls[task] = replace(lease, until=until)
        return len(late)

    async def claim_deliveries(self) -> int:
        """Start attempts that are due, as far as there is room; return how many."""
        async with self._claiming:
            room = min(_BATCH, _IN_HAND - len(self._deliveries))
            if self._stopping or room <= 0:
                return 0
            now = self.clock.now()
            in_hand = Counter(d.receiver for d in self._deliveries.values())
            full = [name for name, n in in_hand.items() if n >= MOST_A_RECEIVER]
            if self.gatherer is not None:
                await self.gatherer.gather(now)
            leased = await asyncio.to_thread(
                self.store.lease_deliveries,
                now,
                now + self.lease,
                room,
                self.owner,
                full,
            )
            for delivery in leased:
                task = asyncio.create_task(self._deliver(delivery))
                self._deliveries[task] = delivery
                task.add_done_callback(self._deliveries.pop)
            return len(leased)

    async def run_until_idle(self) -> None:
        """Carry everything that is due now through to its deliveries, and return."""
        while not self._stopping:
            claimed = await self.claim_polls() + await self.claim_deliveries()
            tasks = [*self._polls, *self._deliveries]
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            elif not claimed:
                return

    async def drain(self, patience: timedelta) -> bool:
        """Claim nothing more, let what is in hand end, release the rest.

        Returns whether everything ended by itself.
        """
        self._stopping = True
        async with self._claiming_polls:
            pass  # what a claim under way has leased is in hand now
        tasks = [*self._polls, *self._deliveries]
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=patience.total_seconds())
        polls = [self._polls[t] for t in late if t in self._polls]
        deliveries = [self._deliveries[t] for t in late if t in self._deliveries]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await asyncio.to_thread(self.store.release_feeds, polls)
        await asyncio.to_thread(self.store.release_deliveries, deliveries)
        return not late

    async def _poll(self, lease: FeedLease) -> None:
        async def poll() -> None:
            report = await self.poller.poll(lease)
            self.observer.polled(report)
            if report.deliveries:
                await self.claim_deliveries()

        await _guarded(poll, "poll", feed=lease.feed.url)

    async def _deliver(self, delivery: Delivery) -> None:
        async def deliver() -> None:
            # One at a time for a receiver, so that an update never overtakes.
            async with self._turns.setdefault(delivery.receiver, asyncio.Lock()):
                report = await self.courier.deliver(delivery)
            if report is None:
                await asyncio.to_thread(self.store.release_deliveries, [delivery])
            else:
                self.observer.delivered(report)

        await _guarded(deliver, "delivery", delivery=delivery.id)


async def _guarded(
    work: Callable[[], Awaitable[None]], what: str, **about: str
) -> None:
    """Run one piece of work; a fault in it is told and leaves the others alone.

    Nothing is lost: the lease runs out and the work is done again.
    """
    try:
        await work()
    except LeaseLost:
        _log.warning(f"{what} was taken over by another process", **about)
    except StoreUnavailable as problem:
        _log.error(
            f"{what} not recorded; it will be repeated", why=str(problem), **about
        )
    except Exception:  # noqa: BLE001 - a fault in one poll must not end the service
        _log.exception(f"{what} failed unexpectedly; it will be repeated", **about)
