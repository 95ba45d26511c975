"""Polls that brought nothing are written down together: one commit for many.

Nine polls of ten are answered "unchanged". Each alone would cost a transaction and a
wait for the disk; together they cost a few microseconds each. Nothing is weakened by
it: a poll has ended when its transaction has, and one that is not written down is
repeated when its lease runs out.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.errors import LeaseLost
from monitor.model import Finished
from monitor.pipeline.ports import Store

MOST_TOGETHER = 256
PATIENCE = 0.1
"""Seconds that a finished poll waits at most for others to be written down with."""


class Batches:
    """Gathers finished polls and has them written down; of one event loop."""

    def __init__(self, store: Store) -> None:
        """Begin with nothing in hand."""
        self._store = store
        self._waiting: list[tuple[Finished, asyncio.Future[None]]] = []
        self._in_hand = 0
        self._writing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def poll(self) -> Iterator[None]:
        """Count a poll as in hand: nobody waits for others where there are none."""
        self._in_hand += 1
        try:
            yield
        finally:
            self._in_hand -= 1
            self._consider()

    async def keep(self, finished: Finished) -> None:
        """Return when the poll is written down; raise LeaseLost or StoreUnavailable."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((finished, kept))
        self._consider()
        try:
            await kept
        except asyncio.CancelledError:
            # It stays due: it is released, not written down.
            self._waiting = [one for one in self._waiting if one[1] is not kept]
            raise

    def _consider(self) -> None:
        """Write, where waiting longer would bring nothing; else set a time for it."""
        if not self._waiting or self._writing is not None:
            return
        if len(self._waiting) >= min(MOST_TOGETHER, self._in_hand):
            self._begin()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PATIENCE, self._begin)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is None and self._waiting:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            polls = [poll for poll, _ in batch]
            lost = await asyncio.to_thread(self._store.finish, polls)
        except Exception as error:  # noqa: BLE001 - it is theirs who wait
            _settle(batch, {poll.lease.feed.url: error for poll, _ in batch})
        else:
            message = "the lease on {} ran out and was taken over"
            _settle(batch, {url: LeaseLost(message.format(url)) for url in lost})
        finally:
            self._writing = None
            self._consider()


def _settle(
    batch: list[tuple[Finished, asyncio.Future[None]]], failed: dict[str, Exception]
) -> None:
    for poll, kept in batch:
        if kept.done():
            continue
        error = failed.get(poll.lease.feed.url)
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)
