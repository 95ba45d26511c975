"""Manners: at most so many requests at once to a host, each some time after the last."""

import asyncio
from collections import Counter
from dataclasses import dataclass

_MOST_REMEMBERED = 10_000


class HostSlots:
    """Lets at most so many tasks at once through for each host."""

    def __init__(self, per_host: int, spacing: float = 0.0) -> None:
        """Remember only hosts that somebody holds or waits for, or lately held."""
        self._per_host = per_host
        self._spacing = spacing
        self._next: dict[str, float] = {}
        self._users: Counter[str] = Counter()
        self._slots: dict[str, asyncio.Semaphore] = {}

    def hold(self, host: str) -> "_Slot":
        """Hold one of the host's slots, waiting for it in the order of arrival."""
        return _Slot(self, host)

    async def take(self, host: str) -> None:
        """Wait for a slot, and until the last request is long enough ago."""
        slots = self._slots.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] += 1
        try:
            await slots.acquire()
        except BaseException:
            self._forget(host)
            raise
        try:
            await self._take_turn(host)
        except BaseException:
            self.give(host)
            raise

    def give(self, host: str) -> None:
        """Give a slot back."""
        self._slots[host].release()
        self._forget(host)

    def _forget(self, host: str) -> None:
        self._users[host] -= 1
        if not self._users[host]:
            del self._users[host], self._slots[host]

    async def _take_turn(self, host: str) -> None:
        """Wait until the last request to the host is long enough ago."""
        if not self._spacing or host == "localhost" or host.startswith("127."):
            return
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next.get(host, 0.0))
        self._next[host] = turn + self._spacing
        if len(self._next) > _MOST_REMEMBERED:
            self._next = {name: at for name, at in self._next.items() if at > now}
        if turn > now:
            await asyncio.sleep(turn - now)


@dataclass(slots=True)
class _Slot:
    """A slot of a host, held while the block runs."""

    slots: HostSlots
    host: str

    async def __aenter__(self) -> None:
        await self.slots.take(self.host)

    async def __aexit__(self, *_: object) -> None:
        self.slots.give(self.host)
