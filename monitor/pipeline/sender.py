"""Leases deliveries that are due and attempts them, each receiver in a lane of its own.

A few messages are rendered first, then leased and stored in one transaction: one commit
lies between a report's and its message. Of a backlog a batch is leased in one transaction
and what it has to render is stored in another. Outcomes are recorded together as they
come in; while a batch is being worked on, the next is leased as soon as half of the room
is free, not at the next tick.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.errors import StoreUnavailable
from monitor.model import Apart, Delivery, DeliveryState
from monitor.pipeline.courier import Attempted, Courier
from monitor.pipeline.gathering import Gatherer
from monitor.pipeline.guarded import guarded
from monitor.pipeline.lanes import Lane, Lanes
from monitor.pipeline.ports import Store
from monitor.pipeline.reports import Observer

_log = structlog.get_logger(__name__)

MOST_A_RECEIVER = 32
"""In hand for one receiver, so that a slow one cannot take all places."""
BATCH = 32
IN_HAND = 256
_FEW = 8
"""So many are rendered before they are leased: another process may take them."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one claim brought."""

    leased: int
    ready: Sequence[Delivery]


@dataclass(kw_only=True, eq=False)
class Sender:
    """Attempts what is due; used by the daemon's ticks and by `once`."""

    store: Store
    courier: Courier
    clock: Clock
    observer: Observer
    owner: str
    """Names this process in leases."""
    lease: timedelta = timedelta(minutes=1)
    """How long a lease lasts: longer than any one attempt. Replaced on reload."""
    margin: timedelta = timedelta(seconds=15)
    """An attempt is not begun when less than this is left of its lease. Replaced too."""
    gatherer: Gatherer | None = None
    """Decides, before each lease, what goes as one message."""
    lanes: Lanes = field(init=False, default_factory=Lanes)
    tasks: dict[asyncio.Task[None], Delivery] = field(init=False, default_factory=dict)
    _until: dict[asyncio.Task[None], datetime] = field(init=False, default_factory=dict)
    _claiming: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _next: asyncio.Task[int] | None = field(init=False, default=None)
    _more: bool = field(init=False, default=False)
    _following: asyncio.Task[None] | None = field(init=False, default=None)
    _stopping: bool = field(init=False, default=False)
    _blind: bool = field(init=False, default=False)
    """Whether an outcome could not be recorded: what is sent then goes a second time."""
    _owed: list[Delivery] = field(init=False, default_factory=list)
    """What is to be given back as soon as the store works again."""

    @property
    def busy(self) -> bool:
        """Whether anything is in hand, or about to be."""
        following = self._following is not None and not self._following.done()
        return bool(self.tasks) or following

    async def claim(self) -> int:
        """Start attempts that are due, as far as there is room; return how many.

        Who asks while a claim waits for its turn shares that one.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._claim())
        return await asyncio.shield(self._next)

    async def _claim(self) -> int:
        async with self._claiming:
            self._next = None
            room = min(BATCH, IN_HAND - len(self.tasks))
            if self._stopping or room <= 0:
                return 0
            await self._settle_up()
            now = self.clock.now()
            apart = Apart(
                skip=self.lanes.closed(MOST_A_RECEIVER),
                ordered=self.lanes.ordered,
                held=self._overdue(now),
            )
            until = now + self.lease
            taken = await asyncio.to_thread(self._take, now, until, room, apart)
            self._blind = False
            self._more = taken.leased == room or bool(apart.skip)
            for delivery in taken.ready:
                self._start(delivery, until)
            return taken.leased

    async def _settle_up(self) -> None:
        """Give back what could not be given back while the store was down."""
        owed, self._owed = self._owed, []
        try:
            if owed:
                await asyncio.to_thread(self.store.release_deliveries, owed)
        except StoreUnavailable:
            self._owed += owed
            raise

    def _overdue(self, now: datetime) -> list[str]:
        """Return what is in hand longer than its lease: we do not take it twice."""
        late = [task for task, until in self._until.items() if until <= now]
        return [self.tasks[task].id for task in late]

    def _take(self, now: datetime, until: datetime, room: int, apart: Apart) -> _Taken:
        """Decide what goes as one, lease what is due, and have it rendered and stored."""
        if self.gatherer is not None:
            self.gatherer.decide(now)
        due = self._due(now, room, apart)
        if not due:
            return _Taken(leased=0, ready=())
        # Of those with something in hand we know more than the store does.
        idle = self.lanes.idle({delivery.receiver for delivery in due})
        if idle:
            self.courier.know(self.store.circuits(idle))
        few = len(due) <= _FEW
        drafts = self.courier.drafts(due) if few else {}
        leased = self.store.lease_deliveries(
            now, until, room, self.owner, apart, drafts=drafts
        )
        try:
            return _Taken(leased=len(leased), ready=self.courier.prepare(leased))
        except StoreUnavailable:
            self._owed += leased
            raise

    def _due(self, now: datetime, room: int, apart: Apart) -> Sequence[Delivery]:
        """Return what is due; what its route keeps quiet about now is put off."""
        while True:
            due = self.store.due_deliveries(now, room, apart)
            ordered, gatherer = apart.ordered, self.gatherer
            quiet = gatherer.quiet(due, ordered, now) if gatherer else []
            if not quiet:
                return due
            self.store.postpone(quiet, now)

    def _start(self, delivery: Delivery, until: datetime) -> None:
        lane = self.lanes.of(delivery.receiver)
        lane.take()
        task = asyncio.create_task(self._deliver(delivery, lane, until))
        self.tasks[task] = delivery
        self._until[task] = until
        task.add_done_callback(lambda done: self._ended(done, lane))

    def _ended(self, task: asyncio.Task[None], lane: Lane) -> None:
        # By the task: what was given back may be in hand again before its task ends.
        del self.tasks[task], self._until[task]
        lane.give_back()
        half = lane.in_hand <= MOST_A_RECEIVER // 2
        idle = self._following is None or self._following.done()
        if self._more and half and idle and not self._stopping:
            self._following = asyncio.create_task(
                guarded(self._claim_more, "lease of deliveries")
            )

    async def _claim_more(self) -> None:
        while self._more and not self._stopping:
            self._more = False
            if await self.claim():
                continue
            if self.tasks or self.lanes.closed(MOST_A_RECEIVER):
                # What is left is for receivers that have enough in hand, or that rest:
                # the end of one of those leads here again, or a tick does.
                return

    async def _deliver(self, delivery: Delivery, lane: Lane, until: datetime) -> None:
        async def deliver() -> None:
            async with lane.turn(alone=self.courier.is_probed(delivery.receiver)):
                attempted = await self._attempted(delivery, lane, until)
                if attempted is not None:
                    lane.sent()
            if attempted is None:
                await self._give_back(delivery, until)
                return
            try:
                report = await self.courier.record(attempted)
            except StoreUnavailable:
                self._blind = True
                raise
            finally:
                lane.recorded()
            self.observer.delivered(report)

        await guarded(deliver, "delivery", delivery=delivery.id)

    async def _give_back(self, delivery: Delivery, until: datetime) -> None:
        """Release a delivery that was not attempted; at the latest its lease runs out."""
        try:
            await asyncio.to_thread(self.store.release_deliveries, [delivery])
        except StoreUnavailable:
            # Why is told by the tick, once for all; nothing was sent here.
            self._owed.append(delivery)
            _log.info("not attempted; it waits", delivery=delivery.id, until=str(until))

    async def _attempted(
        self, delivery: Delivery, lane: Lane, until: datetime
    ) -> Attempted | None:
        """Attempt a delivery; None where its turn came at a wrong time.

        So it did where the store was lost before it was rendered. LeaseLost is raised
        where another process has it by then.
        """
        if self._stopping or self._blind or lane.blocked:
            return None
        if self.courier.rests(delivery.receiver):
            return None
        if not await lane.paced() or self.clock.now() + self.margin > until:
            return None
        try:
            attempted = await self.courier.attempt(delivery)
        except StoreUnavailable:
            return None
        if lane.handling.ordered and attempted.settled.state is DeliveryState.PENDING:
            lane.blocked = True
        return attempted

    async def drain(self, deadline: float) -> bool:
        """Begin nothing more, let attempts end until the loop's time, release the rest.

        Returns whether everything ended by itself.
        """
        self._stopping = True
        async with self._claiming:
            pass  # what a claim under way has leased is in hand now
        late: set[asyncio.Task[None]] = set()
        if self.tasks:
            left = max(deadline - asyncio.get_running_loop().time(), 0.0)
            _, late = await asyncio.wait(list(self.tasks), timeout=left)
        held = [self.tasks[task] for task in late]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self.courier.flush()
        if held:
            await asyncio.to_thread(self.store.release_deliveries, held)
        return not late
