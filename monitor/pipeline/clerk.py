"""Records what became of attempts: all that have ended by now in one transaction.

A commit costs as much as a message on the loopback. While one is under way, the
outcomes that come in wait for the next, so that a single message is recorded at once
and a thousand in a few commits.
"""

import asyncio
from collections.abc import Sequence

from monitor.errors import StoreUnavailable
from monitor.model import Settled
from monitor.pipeline.ports import Store

MOST_AT_ONCE = 100


class Clerk:
    """Writes outcomes in batches; safe to be used by many tasks of one event loop."""

    def __init__(self, store: Store) -> None:
        """Write to a store."""
        self._store = store
        self._waiting: list[tuple[Settled, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, settled: Settled) -> None:
        """Return when an outcome is recorded; raise LeaseLost or StoreUnavailable."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((settled, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await future

    async def flush(self) -> None:
        """Return when nothing waits to be written any more."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    async def _write(self) -> None:
        while self._waiting:
            batch = self._waiting[:MOST_AT_ONCE]
            del self._waiting[:MOST_AT_ONCE]
            answers = await asyncio.to_thread(self._settled, [one for one, _ in batch])
            for (_, future), problem in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if problem is None:
                    future.set_result(None)
                else:
                    future.set_exception(problem)

    def _settled(self, batch: Sequence[Settled]) -> Sequence[Exception | None]:
        """Record a batch; what the database refuses of it must not take the rest along."""
        try:
            return self._store.settle(batch)
        except StoreUnavailable as problem:
            return [problem] * len(batch)
        except Exception as bug:  # noqa: BLE001 - it is handed to who waits for it
            if len(batch) == 1:
                return [bug]
        return [self._settled([one])[0] for one in batch]
