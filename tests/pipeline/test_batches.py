"""Polls that brought nothing share a commit; malformed feeds hold up nobody else."""

import asyncio
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import pytest

from monitor.collect.parse import lenient
from monitor.collect.parse.raw import RawFeed
from monitor.errors import LeaseLost, StoreUnavailable
from monitor.model import (
    Exchange,
    Feed,
    FeedLease,
    FeedState,
    Fetched,
    Finished,
    Polled,
)
from monitor.pipeline.batches import MOST_TOGETHER, Batches
from monitor.pipeline.ports import Store
from tests.pipeline.world import START, World, entry


@dataclass
class Book:
    """Takes down what it is handed, as the store would."""

    batches: list[list[str]] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    broken: bool = False

    def finish(self, finished: Sequence[Finished]) -> Collection[str]:
        if self.broken:
            raise StoreUnavailable("the disk is full")
        self.batches.append([one.lease.feed.url for one in finished])
        return self.lost


def finished(url: str) -> Finished:
    state = FeedState()
    lease = FeedLease(feed=Feed(url=url), state=state, fence=1, until=START)
    return Finished(
        lease=lease, state=state, polled=Polled(at=START, status=304, outcome="x")
    )


async def keep(batches: Batches, url: str) -> str:
    with batches.poll():
        await asyncio.sleep(0)
        await batches.keep(finished(url))
    return url


def made(book: Book) -> Batches:
    return Batches(cast("Store", book))


async def test_polls_in_hand_together_are_written_down_together() -> None:
    book = Book()
    batches = made(book)
    await asyncio.gather(*(keep(batches, str(number)) for number in range(40)))
    assert [len(batch) for batch in book.batches] == [40]


async def test_a_batch_has_its_bounds() -> None:
    book = Book()
    batches = made(book)
    many = MOST_TOGETHER + 10
    await asyncio.gather(*(keep(batches, str(number)) for number in range(many)))
    assert sum(len(batch) for batch in book.batches) == many
    assert len(book.batches) <= 3


async def test_a_poll_does_not_wait_for_a_slow_one_for_ever() -> None:
    book = Book()
    batches = made(book)
    with batches.poll():  # in hand, and nowhere near its end
        await keep(batches, "quick")
    assert book.batches == [["quick"]]


async def test_a_lost_lease_concerns_its_own_poll_only() -> None:
    batches = made(Book(lost={"b"}))
    a, b = await asyncio.gather(
        keep(batches, "a"), keep(batches, "b"), return_exceptions=True
    )
    assert a == "a"
    assert isinstance(b, LeaseLost)


async def test_what_cannot_be_written_down_is_told_to_every_poll() -> None:
    batches = made(Book(broken=True))
    found = await asyncio.gather(
        keep(batches, "a"), keep(batches, "b"), return_exceptions=True
    )
    assert [type(one) for one in found] == [StoreUnavailable, StoreUnavailable]


async def test_a_poll_that_was_cancelled_is_not_written_down() -> None:
    book = Book()
    batches = made(book)
    with batches.poll():
        task = asyncio.create_task(keep(batches, "gone"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await keep(batches, "kept")
    assert book.batches == [["kept"]]


# ── the lane of malformed feeds ──────────────────────────────────────────────

BROKEN = b"<rss version='2.0'><channel><title>x</title><item><title>Minsk</item>"


def broken(url: str) -> Exchange:
    return Exchange(
        outcome=Fetched.BODY, url=url, final_url=url, status=200, body=BROKEN
    )


async def test_well_formed_feeds_are_read_while_malformed_ones_wait(
    world: World,
) -> None:
    reads, release = 0, threading.Event()

    def slow(document: bytes) -> RawFeed:
        nonlocal reads
        reads += 1
        assert release.wait(60)
        return lenient.read(document)

    world.poller.reading.lenient_read = slow
    world.publish("https://good.example/", entry("Minsk"))
    for number in range(4):
        url = f"https://bad{number}.example/"
        world.publish(url)
        world.server.pages[url] = broken(url)
    await world.crew.claim_polls()
    await asyncio.wait(world.crew._polls, return_when=asyncio.FIRST_COMPLETED)
    assert [one.feed.url for one in world.seen.polls] == ["https://good.example/"]
    # Their leases are renewed while they wait: nobody polls them a second time.
    for _ in range(5):
        world.clock.sleep(timedelta(seconds=50))
        assert await world.crew.renew_polls() == 4
    assert await world.crew.claim_polls() == 0
    release.set()
    await world.crew.run_until_idle()
    assert sorted(one.status for one in world.seen.polls) == ["ok"] * 5
    assert reads == 4


async def test_a_fault_of_the_reader_is_a_failure_of_the_poll(world: World) -> None:
    """Else the feed would be asked again at once, for ever, and nobody be told."""
    url = "https://bad.example/"

    def faulty(_: bytes) -> RawFeed:
        raise ZeroDivisionError

    world.poller.reading.lenient_read = faulty
    world.publish(url)
    world.server.pages[url] = broken(url)
    await world.cycle()
    (report,) = world.seen.polls
    assert report.status == "unreadable"
    assert "ZeroDivisionError" in report.problem
    (row,) = world.store.feeds()
    assert row.state.failures == 1
    assert row.state.poll_after is not None
    assert row.state.poll_after > world.clock.now()


async def test_how_late_a_poll_began_is_reported(world: World) -> None:
    world.publish("https://a.example/", entry("Minsk"))
    world.clock.sleep(timedelta(seconds=7))
    await world.crew.run_until_idle()
    assert [one.late for one in world.seen.polls] == [timedelta(seconds=7)]
