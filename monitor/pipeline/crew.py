"""Leases what is due and runs it side by side; stops without losing anything."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.errors import StoreUnavailable
from monitor.model import FeedLease
from monitor.pipeline.guarded import guarded
from monitor.pipeline.polls import Poller
from monitor.pipeline.ports import Store
from monitor.pipeline.reports import Observer
from monitor.pipeline.sender import Sender

_WORTH_CLAIMING = 4
"""A claim costs a transaction: it waits until one in so many places is free."""


@dataclass(kw_only=True, eq=False)
class Crew:
    """Runs polls, and deliveries after them; used by the daemon's ticks and by `once`."""

    store: Store
    poller: Poller
    sender: Sender
    clock: Clock
    observer: Observer
    owner: str
    """Names this process in leases."""
    concurrency: int
    """Polls at the same time."""
    lease: timedelta
    """How long a lease of a feed lasts: longer than any poll."""
    _polls: dict[asyncio.Task[None], FeedLease] = field(
        init=False, default_factory=dict
    )
    _claiming_polls: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _again: asyncio.Task[int] | None = field(init=False, default=None)
    _more_due: bool = field(init=False, default=False)
    _stopping: bool = field(init=False, default=False)
    _cycle: datetime | None = field(init=False, default=None)
    """When the cycle that is run through began; None: there is no end to the work."""

    @property
    def busy(self) -> bool:
        """Whether anything is in hand."""
        return bool(self._polls) or self.sender.busy

    @property
    def in_hand(self) -> tuple[int, int]:
        """How many polls and how many deliveries are running."""
        return len(self._polls), len(self.sender.tasks)

    async def claim_polls(self) -> int:
        """Start polls of due feeds, as far as there is room; return how many."""
        async with self._claiming_polls:
            room = self._room()
            if self._stopping or not room:
                return 0
            now = self.clock.now()
            due = self._cycle or now
            leases = await asyncio.to_thread(
                self.store.lease_feeds, due, now + self.lease, room, self.owner
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
        return await self.sender.claim()

    async def run_until_idle(self) -> None:
        """Carry everything that is due now through to its deliveries, and return.

        A feed that is due again before the last one has been polled is left for the next
        time: where there are many, the cycle would never end.
        """
        self._cycle = self.clock.now()
        try:
            await self._carry_through()
        finally:
            self._cycle = None

    async def _carry_through(self) -> None:
        while not self._stopping:
            claimed = await self.claim_polls() + await self.claim_deliveries()
            tasks = [*self._polls, *self.sender.tasks]
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            elif not claimed:
                return

    async def drain(self, patience: timedelta) -> bool:
        """Claim nothing more, let what is in hand end, release the rest.

        Returns whether everything ended by itself.
        """
        self._stopping = True
        deadline = asyncio.get_running_loop().time() + patience.total_seconds()
        ended = await asyncio.gather(
            self.sender.drain(deadline),
            self._drain_polls(patience),
            return_exceptions=True,
        )
        # Only when both are over: neither may go on where the store is closed.
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return all(ended)

    async def _drain_polls(self, patience: timedelta) -> bool:
        async with self._claiming_polls:
            pass  # what a claim under way has leased is in hand now
        tasks = list(self._polls)
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=patience.total_seconds())
        leases = [self._polls[task] for task in late]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await asyncio.to_thread(self.store.release_feeds, leases)
        return not late

    async def _poll(self, lease: FeedLease) -> None:
        async def poll() -> None:
            report = await self.poller.poll(lease)
            self.observer.polled(report)
            if report.deliveries:
                # Where they cannot be claimed now, the next tick says so.
                with suppress(StoreUnavailable):
                    await self.claim_deliveries()

        await guarded(poll, "poll", feed=lease.feed.url)
