"""One lane a receiver: how many go at a time, how fast, and in which order."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from monitor.send.pacing import Bucket, Pace

MOST_UNRECORDED = 8
"""Attempts of one receiver whose outcomes are not on disk yet. Where the process is killed
these go again under their ids; so many are as fast as more, since a commit takes them all."""

LONGEST_WAIT = 2.0
"""Seconds for which a message waits in hand for its receiver's pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What is asked of the order and speed of the messages to a receiver."""

    concurrency: int = 1
    """Attempts at the same time; 1 keeps updates behind what they update."""
    ordered: bool = False
    """Whether everything waits for a message that has to be tried again."""
    pace: Pace | None = None


USUAL = Handling()


@dataclass(eq=False)
class Lane:
    """The messages in hand for one receiver."""

    handling: Handling
    in_hand: int = 0
    blocked: bool = False
    """Whether one has to be tried again and the others wait for it (`ordered`)."""
    rests_until: float = 0.0
    """The event loop's time before which its pace allows no message."""
    _turns: asyncio.Semaphore = field(init=False)
    _probe: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _unrecorded: int = field(init=False, default=0)
    _recorded: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    bucket: Bucket | None = field(init=False)
    """What its pace allows."""

    def __post_init__(self) -> None:
        """Make room for as many as may go at a time."""
        self._turns = asyncio.Semaphore(self.handling.concurrency)
        pace = self.handling.pace
        self.bucket = Bucket(pace) if pace else None

    def renewed(self, handling: Handling) -> "Lane":
        """Return a lane of other terms; what was sent lately counts for its pace."""
        made = Lane(handling)
        if handling.pace and self.bucket:
            self.bucket.change(handling.pace)
            made.bucket = self.bucket
        return made

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait for a turn; `alone` lets no other one go meanwhile, as for a probe."""
        async with self._turns:
            await self._on_record()
            if not alone:
                yield
                return
            async with self._probe:
                yield

    async def _on_record(self) -> None:
        """Wait until few enough of the attempts before have yet to be written down."""
        while self._unrecorded >= max(MOST_UNRECORDED, self.handling.concurrency):
            self._recorded.clear()
            await self._recorded.wait()

    def sent(self) -> None:
        """Count an attempt whose outcome has yet to be written down."""
        self._unrecorded += 1

    def recorded(self) -> None:
        """Count one of them as written down."""
        self._unrecorded -= 1
        self._recorded.set()

    async def paced(self) -> bool:
        """Wait until the pace allows one more; False where that takes too long."""
        while self.bucket is not None:
            now = asyncio.get_running_loop().time()
            wait = self.bucket.take(now)
            if not wait:
                return True
            if wait > LONGEST_WAIT:
                self.rests_until = now + wait
                return False
            await asyncio.sleep(wait)
        return True

    @property
    def resting(self) -> bool:
        """Whether its pace allows nothing just now."""
        return self.rests_until > asyncio.get_running_loop().time()

    def take(self) -> None:
        """Count one in hand."""
        self.in_hand += 1

    def give_back(self) -> None:
        """Count one out of hand; with the last one an ordered lane is free again."""
        self.in_hand -= 1
        if not self.in_hand:
            self.blocked = False


class Lanes:
    """The lanes of all receivers."""

    def __init__(self) -> None:
        """Begin without any; a lane is made when it is first needed."""
        self._lanes: dict[str, Lane] = {}
        self._terms: Mapping[str, Handling] = {}

    def agree(self, terms: Mapping[str, Handling]) -> None:
        """Take new terms; a lane whose terms changed begins anew when nothing is in it."""
        self._terms = terms

    def of(self, receiver: str) -> Lane:
        """Return a receiver's lane."""
        known = self._lanes.get(receiver)
        if known is None or (not known.in_hand and self._is_outdated(receiver, known)):
            terms = self._terms.get(receiver, USUAL)
            known = known.renewed(terms) if known else Lane(terms)
            self._lanes[receiver] = known
        return known

    def _is_outdated(self, receiver: str, lane: Lane) -> bool:
        return lane.handling != self._terms.get(receiver, USUAL)

    @property
    def ordered(self) -> frozenset[str]:
        """The receivers whose messages keep their order."""
        return frozenset(name for name, one in self._terms.items() if one.ordered)

    def closed(self, most: int) -> list[str]:
        """Return the receivers for which nothing more is to be leased now."""
        return [
            name
            for name, lane in self._lanes.items()
            if self._is_closed(name, lane, most)
        ]

    def _is_closed(self, name: str, lane: Lane, most: int) -> bool:
        if self._is_outdated(name, lane):
            return lane.in_hand > 0
        return lane.in_hand >= most or lane.resting or lane.blocked

    def idle(self, receivers: Iterable[str]) -> set[str]:
        """Return those that have nothing in hand."""
        return {name for name in receivers if not self.of(name).in_hand}
