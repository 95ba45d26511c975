"""Where the CPU of a 304 goes inside the daemon, step by step, without a network."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.model import Exchange, Feed, Fetched, Finished
from monitor.pipeline.reading import Read
from monitor.pipeline.states import Answer, remembered, succeeded
from monitor.store.records import open_store

FEEDS, TOGETHER, ROUNDS = 20_000, 200, 30


def of_a_304(scratch: Path) -> dict[str, float]:
    """Return microseconds a poll: claiming, deciding, writing down."""
    store = open_store(f"sqlite:///{scratch}/steps.db")
    now = datetime.now(UTC)
    every = timedelta(minutes=15)
    store.sync_feeds(
        [
            Feed(url=f"http://h{n % 2000}.example/{n}", every=every, origin="command")
            for n in range(FEEDS)
        ],
        now,
    )
    steps: dict[str, list[float]] = {}

    def timed(name: str, step: Callable, *arguments):
        began = time.process_time()
        found = step(*arguments)
        steps.setdefault(name, []).append(time.process_time() - began)
        return found

    for _ in range(ROUNDS):
        until = now + timedelta(minutes=1)
        leases = timed(
            "claim (the store)", store.lease_feeds, now, until, TOGETHER, "b"
        )
        finished = timed("decide when to come back", _decided, leases, now)
        timed("write down (the store)", store.finish, finished)
    store.close()
    return {
        name: round(statistics.median(found) / TOGETHER * 1e6)
        for name, found in steps.items()
    }


def _decided(leases, now: datetime) -> list[Finished]:
    found = []
    for lease in leases:
        exchange = Exchange(
            outcome=Fetched.NOT_MODIFIED,
            url=lease.feed.url,
            final_url=lease.feed.url,
            status=304,
            headers={"etag": '"1"'},
        )
        answer = Answer(lease, exchange, Read("unchanged", body_hash="x"), now)
        state = replace(succeeded(answer, 0, 0.5), reason="nothing new, so every 15m")
        found.append(
            Finished(lease=lease, state=state, polled=remembered(answer, state, 0))
        )
    return found
