"""Forgetting what is past its time: as long as there is something, a bounded piece at a time."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.settings.shape import RetentionSettings
from monitor.store.records import Store

_log = structlog.get_logger("tocsin")
_SLACK = timedelta(minutes=1)
"""By so much a clock may be corrected from one look to the next."""


class Keeper:
    """Has what is old forgotten by a clock that went evenly since the last time alone.

    One that is set forward by a year, if only for a minute, would make all of it old.
    """

    def __init__(
        self,
        retain: Callable[[], Awaitable[None]],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Note what both clocks say now; `monotonic` is one that nobody sets."""
        self._retain = retain
        self._clock = clock
        self._monotonic = monotonic
        self._before = clock.now(), monotonic()

    async def look(self) -> None:
        """Forget what is past its time; next time where the clock was set meanwhile."""
        then, began = self._before
        now, seconds = self._before = self._clock.now(), self._monotonic()
        leapt = now - then - timedelta(seconds=seconds - began)
        if abs(leapt) > _SLACK:
            _log.warning(
                "the clock was set: nothing is forgotten by it yet", by=str(leapt)
            )
            return
        await self._retain()


async def forget(
    store: Store, kept: RetentionSettings, now: datetime
) -> Mapping[str, int]:
    """Delete what is older than the configuration keeps; return how many of what.

    Many feeds bring more in an hour than one piece takes. Between two pieces others have
    their turn, and the service can stop.
    """
    gone: Counter[str] = Counter()
    while True:
        piece = Counter(await asyncio.to_thread(_piece, store, kept, now))
        gone.update(piece)
        if not piece.total():
            return gone


def _piece(store: Store, kept: RetentionSettings, now: datetime) -> Mapping[str, int]:
    gone = store.retain(now, kept.items, kept.dead)
    return {**gone, "entries": store.ledger.forget(now - kept.ledger)}
