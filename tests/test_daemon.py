"""The daemon's ticks, and its stop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
import structlog
from starlette.applications import Starlette
from structlog.testing import capture_logs

from monitor.clock import Clock, SystemClock
from monitor.daemon import Daemon, Tick
from monitor.errors import StoreUnavailable


async def _nothing() -> None:
    pass


async def _drained(_: timedelta) -> bool:
    return True


def of(
    *ticks: Tick,
    drain: Callable[[timedelta], Awaitable[bool]] = _drained,
    monotonic: Callable[[], float] = time.monotonic,
    clock: Clock | None = None,
    failed: Callable[[str], None] = lambda _name: None,
) -> Daemon:
    return Daemon(
        ticks=ticks,
        web=Starlette(),
        listen="127.0.0.1:0",
        reload=_nothing,
        drain=drain,
        lag=lambda _name, _seconds: None,
        failed=failed,
        monotonic=monotonic,
        clock=clock or SystemClock(),
    )


async def test_a_claim_that_is_under_way_at_the_stop_is_carried_through(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Cancelled, what it has leased would be held by nobody who knows of it."""
    begun, draining = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def claim() -> None:
        begun.set()
        await draining.wait()
        ended.append("claimed")

    async def drain(_: timedelta) -> bool:
        draining.set()
        return True

    daemon = of(Tick(name="poll", every=timedelta(hours=1), job=claim), drain=drain)
    running = asyncio.create_task(daemon.run())
    await begun.wait()
    daemon.stop()
    assert await running
    assert ended == ["claimed"]
    assert "CancelledError" not in caplog.text


async def test_work_that_hangs_is_named_and_so_is_all_where_nothing_ticks() -> None:
    now = 1000.0
    turns, hangs = asyncio.Event(), []

    async def hang() -> None:
        hangs.append("begun")
        await asyncio.Event().wait()

    async def work() -> None:
        turns.set()

    daemon = of(
        Tick(name="hanging", every=timedelta(seconds=0.01), job=hang),
        Tick(name="working", every=timedelta(seconds=0.01), job=work),
        Tick(name="hourly", every=timedelta(hours=1), job=_nothing),
        monotonic=lambda: now,
    )
    running = asyncio.create_task(daemon.run())
    await turns.wait()
    assert daemon.stalled == []

    now += 61
    # The first of two turns may have begun before.
    for _ in range(2):
        turns.clear()
        await turns.wait()
    assert daemon.stalled == ["hanging"]
    assert hangs == ["begun"], "a tick begins while its last one is under way"

    daemon.stop()
    await running
    now += 6 * 3600
    assert daemon.stalled == ["hanging", "working", "hourly"]


class FailingTick:
    """A daemon whose ticks fail for as long as the disk is full; one comes seldom."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.full = True
        self.failed: list[str] = []
        self._turns: asyncio.Queue[str] = asyncio.Queue()
        self.why = "the disk is full; make room"
        often, seldom = timedelta(seconds=0.01), timedelta(hours=1)
        self.daemon = of(
            Tick(name="poll", every=often, job=self._claim),
            Tick(name="deliver", every=often, job=self._use),
            Tick(name="retain", every=seldom, job=self._use),
            monotonic=lambda: self.now,
            failed=self.failed.append,
        )

    async def _claim(self) -> None:
        self._turns.put_nowait("turn")
        await self._use()

    async def _use(self) -> None:
        if self.full:
            raise StoreUnavailable(self.why)

    async def later(self, seconds: float) -> None:
        self.now += seconds
        while not self._turns.empty():
            self._turns.get_nowait()
        # The first may have begun before, the last be under way.
        for _ in range(3):
            await self._turns.get()

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.daemon.run())
        await self.later(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.daemon.stop()
        await self._running


async def test_a_fault_that_lasts_is_told_once_in_a_while_and_when_it_ends() -> None:
    """A disk may be full for days, and a tick come every second."""
    structlog.reset_defaults()  # another test may have left a level at which this is none
    with capture_logs() as told:
        async with FailingTick() as failing:
            await failing.later(599)
            assert len(failing.failed) > 3
            await failing.later(2)
            failing.full = False
            await failing.later(0)
    events = [line["event"] for line in told if "store" in line["event"]]
    down = "the store is unavailable; what is due waits for it"
    assert events == [down, down, "the store works again"]


async def test_an_outage_is_told_once_and_not_by_each_tick() -> None:
    structlog.reset_defaults()
    with capture_logs() as told:
        async with FailingTick() as failing:
            failing.why = "the server is starting up"
            await failing.later(5)
            failing.full = False
            await failing.later(1)
    lines = [line for line in told if "store" in line["event"]]
    assert [line.get("why") for line in lines] == [
        "the disk is full; make room",
        "the server is starting up",
        None,
    ]
    assert lines[-1]["after"] == "0:00:06"


async def test_a_tick_that_fails_is_shown_and_at_last_stands_still() -> None:
    async with FailingTick() as failing:
        daemon = failing.daemon
        assert set(daemon.failing) >= {"poll", "deliver"}
        assert set(daemon.failing.values()) == {"the disk is full; make room"}
        assert daemon.stalled == []
        await failing.later(61)
        stalled = ["poll", "deliver"]
        assert daemon.stalled == stalled, "they begin, and nothing comes of it"
        failing.full = False
        await failing.later(0)
        assert not {"poll", "deliver"} & set(daemon.failing)
        assert daemon.stalled == []


@pytest.mark.parametrize("leap", [timedelta(hours=-1), timedelta(days=30 * 365)])
async def test_a_clock_that_is_set_stops_no_tick(
    leap: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machines without a battery start in 1970; some sleep for a month."""
    leapt = timedelta()
    system = SystemClock()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            del tz
            return cls.fromtimestamp((system.now() + leapt).timestamp(), UTC)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    ticks: asyncio.Queue[str] = asyncio.Queue()

    async def work() -> None:
        ticks.put_nowait("tick")

    tick = Tick(name="working", every=timedelta(seconds=0.01), job=work)
    daemon = of(tick, clock=Shifted)
    running = asyncio.create_task(daemon.run())
    await ticks.get()
    leapt = leap
    async with asyncio.timeout(30):
        for _ in range(200):
            await ticks.get()
    daemon.stop()
    await running
