"""Forgetting what is past its time: as long as there is something, a bounded piece at a time."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from monitor.settings.shape import RetentionSettings
from monitor.store.records import Store


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
