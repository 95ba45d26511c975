"""The running service: ticks, signals, the web server, and a clean stop.

APScheduler ticks; it is no database. What is due is asked of the store at each
tick, so a restart, a second replica or a late tick changes nothing.
"""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from starlette.applications import Starlette

from monitor.clock import Clock, SystemClock
from monitor.errors import StoreUnavailable, TocsinError
from monitor.signals import EARLY

_log = structlog.get_logger("tocsin")

PATIENCE = timedelta(seconds=7)
"""How long work in hand may take to end after SIGTERM."""
_LAST_TICKS = 1.0
"""Seconds that ticks under way are given besides."""
_LOOK_AT_THE_CLOCK = 1.0
"""Seconds between two looks."""
_TELL_AGAIN = 600.0
"""Seconds until a fault that lasts is told once more."""
_SOON = timedelta(seconds=10)
"""Ticks that come as often show whether a store works again; others are not waited for."""


_LOOK_FOR_SIGNALS = 0.05
"""Seconds between two looks while the start waits for something."""
_TELL_WAIT = 2.0
"""Seconds after which it is told that the start waits."""

_Made = TypeVar("_Made")


class StoppedEarly(Exception):
    """SIGTERM came before the daemon ran."""


async def unless_stopped(
    work: Callable[[], _Made], *, telling_after: float = _TELL_WAIT
) -> _Made:
    """Do in a thread what the start may wait at, such as a lock of the database.

    SIGTERM ends the wait, not the thread: raise StoppedEarly. As nothing is done by
    halves in the database, the process may end with the thread. A wait of so many
    seconds is told.
    """
    done: Future[_Made] = Future()

    def do() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            done.set_exception(error)

    threading.Thread(target=do, name="start", daemon=True).start()
    waiting = asyncio.wrap_future(done)
    telling = asyncio.get_running_loop().call_later(
        telling_after, _log.warning, "the start waits for the store"
    )
    try:
        while not waiting.done():
            if signal.SIGTERM in EARLY:
                raise StoppedEarly
            await asyncio.wait({waiting}, timeout=_LOOK_FOR_SIGNALS)
        return waiting.result()
    finally:
        telling.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Something done again and again."""

    name: str
    every: timedelta
    job: Callable[[], Awaitable[object]]
    at_once: bool = True
    """Whether it first runs at the start, not after one interval."""


@dataclass(slots=True)
class _Fault:
    """Why a tick fails, and since when."""

    why: str
    since: float
    told: float
    of_store: bool = False
    """Whether it is the store that could not be used."""


@dataclass(slots=True)
class _Outage:
    """A store that cannot be used: one fault, however many ticks come upon it."""

    since: float
    told: dict[str, float] = field(default_factory=dict)
    """Each reason, and when it was told last."""

    def is_news(self, why: str, now: float) -> bool:
        """Note a reason; return whether to tell it."""
        before = self.told.get(why)
        if before is not None and now - before < _TELL_AGAIN:
            return False
        self.told[why] = now
        return True


@dataclass(kw_only=True, eq=False)
class Daemon:
    """Runs ticks and the web server until it is told to stop."""

    ticks: Sequence[Tick]
    web: Starlette
    listen: str
    """`host:port`; port 0 takes a free one, which the log names."""
    reload: Callable[[], Awaitable[object]]
    drain: Callable[[timedelta], Awaitable[bool]]
    """Ends what is in hand within the time it is given; True if all ended."""
    lag: Callable[[str, float], None]
    """Hears how many seconds late each tick ran."""
    failed: Callable[[str], None]
    """Hears of each tick that failed."""
    listening: Callable[[str], None] = lambda _: None
    """Hears at which `host:port` the web server listens."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that no change of the clock moves."""
    clock: Clock = field(default_factory=SystemClock)
    """The clock that APScheduler goes by: the system's."""
    _stop: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _last: dict[str, float] = field(init=False, default_factory=dict)
    _faults: dict[str, _Fault] = field(init=False, default_factory=dict)
    _outage: _Outage | None = field(init=False, default=None)
    _under_way: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def stop(self) -> None:
        """Ask the daemon to stop; `run` returns when all is put away."""
        self._stop.set()

    @property
    def stalled(self) -> list[str]:
        """Return the names of ticks that have not begun, or have failed, for far too long.

        Reckoned when asked, from any thread: where nothing ticks, all are named.
        """
        now = self.monotonic()
        since = self._last | {name: fault.since for name, fault in self._known_faults()}
        return [
            tick.name
            for tick in self.ticks
            if now - since.get(tick.name, now) > 5 * tick.every.total_seconds() + 60
        ]

    @property
    def failing(self) -> dict[str, str]:
        """Return the names of ticks whose last run failed, and why."""
        return {name: fault.why for name, fault in self._known_faults()}

    def _known_faults(self) -> list[tuple[str, _Fault]]:
        return list(self._faults.items())

    async def run(self) -> bool:
        """Run until stopped; return whether all work in hand could be ended."""
        sockets = _listen(self.listen)
        server = _Server(
            uvicorn.Config(
                self.web,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=sockets))
        scheduler = self._scheduler()
        host, port = sockets[0].getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        with self._signals():
            scheduler.start()
            minding = asyncio.create_task(self._mind_the_clock(scheduler))
            self.listening(f"{host}:{port}")
            _log.info("watching", web=f"http://{host}:{port}", pid=os.getpid())
            await self._stop.wait()
            _log.info("stopping", patience=f"{PATIENCE.total_seconds():.0f}s")
            minding.cancel()
            scheduler.shutdown(wait=False)
            complete = await self.drain(PATIENCE)
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=_LAST_TICKS)
            server.should_exit = True
            await serving
        _log.info("stopped", all_work_ended=complete)
        return complete

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": None,
            }
        )
        for tick in self.ticks:
            self._last[tick.name] = self.monotonic()
            start = self.clock.now()
            scheduler.add_job(
                self._run_tick,
                _Interval(seconds=tick.every.total_seconds(), timezone=UTC),
                args=[tick],
                id=tick.name,
                next_run_time=start if tick.at_once else start + tick.every,
            )
        return scheduler

    async def _mind_the_clock(self, scheduler: AsyncIOScheduler) -> None:
        """Begin the intervals anew when the clock was set back.

        APScheduler would wait until the clock is where it was: hours, maybe.
        """
        while True:
            before = self.clock.now()
            await asyncio.sleep(_LOOK_AT_THE_CLOCK)
            now = self.clock.now()
            if now < before:
                _log.warning("the clock was set back", by=str(before - now))
                for tick in self.ticks:
                    scheduler.modify_job(tick.name, next_run_time=now + tick.every)

    async def _run_tick(self, tick: Tick) -> None:
        now = self.monotonic()
        late = now - self._last[tick.name] - tick.every.total_seconds()
        self.lag(tick.name, max(late, 0.0))
        self._last[tick.name] = now
        # The scheduler cancels what runs when it is shut down. A claim that is under
        # way goes on all the same: what it leases has to be known, to be given back.
        task = asyncio.create_task(self._do(tick))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise

    async def _do(self, tick: Tick) -> None:
        try:
            await tick.job()
        except StoreUnavailable as problem:
            self._tell_outage(tick, str(problem))
        except Exception as error:  # noqa: BLE001 - one tick must not end the others
            if self._is_news(tick, f"{type(error).__name__}, see the log"):
                _log.exception(
                    f"{tick.name} failed unexpectedly; the next tick goes on"
                )
        else:
            self._tell_end(tick)

    def _tell_outage(self, tick: Tick, why: str) -> None:
        """Note that a tick could not use the store; tell it once for all ticks."""
        self._is_news(tick, why)
        self._faults[tick.name].of_store = True
        now = self.monotonic()
        if self._outage is None:
            self._outage = _Outage(now)
        if self._outage.is_news(why, now):
            _log.error("the store is unavailable; what is due waits for it", why=why)

    def _tell_end(self, tick: Tick) -> None:
        """Tell that what a tick failed of is over, if it did."""
        fault = self._faults.pop(tick.name, None)
        if fault is None:
            return
        if not fault.of_store:
            _log.info(f"{tick.name}: works again", after=self._passed(fault.since))
        elif self._outage and not self._still_failing():
            passed = self._passed(self._outage.since)
            _log.info("the store works again", after=passed)
            self._outage = None

    def _still_failing(self) -> bool:
        soon = {tick.name for tick in self.ticks if tick.every <= _SOON}
        return any(
            fault.of_store and name in soon for name, fault in self._known_faults()
        )

    def _passed(self, since: float) -> str:
        return str(timedelta(seconds=round(self.monotonic() - since)))

    def _is_news(self, tick: Tick, why: str) -> bool:
        """Note that a tick failed; return whether to tell it.

        A disk may be full for days, and a tick come every second.
        """
        self.failed(tick.name)
        now = self.monotonic()
        known = self._faults.get(tick.name)
        if known and known.why == why and now - known.told < _TELL_AGAIN:
            return False
        self._faults[tick.name] = _Fault(why, known.since if known else now, now)
        return True

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        running: set[asyncio.Task[object]] = set()

        def reload() -> None:
            task = asyncio.ensure_future(self.reload())
            running.add(task)
            task.add_done_callback(running.discard)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload)
        if signal.SIGTERM in EARLY:
            self.stop()
        elif signal.SIGHUP in EARLY:
            reload()
        EARLY.clear()
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)


class _Interval(IntervalTrigger):  # type: ignore[misc] # no hints there
    """An interval of which all runs that were missed are one.

    APScheduler counts them up before it lets them be one: after a machine slept for a month,
    or set its clock by years, that took all of its memory.
    """

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """Return when it runs after the last time: not before now but that once."""
        before = previous_fire_time
        if before is not None and before < now - self.interval:
            before = now
        found: datetime | None = super().get_next_fire_time(before, now)
        return found


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the daemon has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def _listen(address: str) -> list[socket.socket]:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return [socket.create_server((host, int(port)), family=family)]
    except OSError as error:
        raise TocsinError(
            f"cannot listen on {address}: {error.strerror}; "
            "change server.listen, or stop what uses it"
        ) from error
