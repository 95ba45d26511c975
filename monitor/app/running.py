"""Running as a service: the daemon, its ticks, and what the web shows of it."""

import asyncio
import time
from datetime import timedelta
from functools import partial
from typing import Any

import click
import structlog
from prometheus_client import (
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from starlette.routing import Route

from monitor import __version__
from monitor.app.compose import Clocks, Tocsin, tell_warnings
from monitor.app.edits import Edits
from monitor.app.keeping import Keeper
from monitor.app.loading import Loaded
from monitor.app.names import names_of
from monitor.app.observers import LogObserver, Observers
from monitor.app.settling import be_frugal, settle
from monitor.app.whereabouts import Whereabouts
from monitor.daemon import Daemon, StoppedEarly, Tick, unless_stopped
from monitor.detect import language
from monitor.errors import StoreUnavailable
from monitor.store.records import Store, open_store
from monitor.web import api, feeds, front, links, websub
from monitor.web.app import create_app
from monitor.web.metrics import Metrics, Sparing, StoreGauges

_log = structlog.get_logger("tocsin")


_THE_JOB = {"poll", "deliver"}
"""The ticks without which there are no alerts."""


class RunningService:
    """What the web shows of the running program."""

    def __init__(self, tocsin: Tocsin, metrics: Metrics) -> None:
        """Begin before the daemon exists; `daemon` is set when it does."""
        self.tocsin = tocsin
        self._metrics = metrics
        self.counts = Sparing(
            lambda: tocsin.store.counts(tocsin.clock.now()),
            time.monotonic,
            tocsin.store.ping,
        )
        self.daemon: Daemon | None = None
        self.stopping = False

    def health(self) -> dict[str, Any]:
        """Return the state of the parts; `ok` when the process works."""
        store = self._store_state()
        daemon, tocsin = self.daemon, self.tocsin
        stalled = daemon.stalled if daemon else []
        rulebook = tocsin.loaded.rulebook
        polls, deliveries = tocsin.crew.in_hand
        return {
            "ok": store["ok"] and not stalled,
            "version": __version__,
            "store": store,
            "stalled_ticks": stalled,
            "failing_ticks": daemon.failing if daemon else {},
            "rules": {
                "in_force": len(rulebook.rules),
                "switched_off": list(rulebook.off),
                "version": rulebook.version,
                "refused": [str(p) for p in tocsin.problems if p.severity == "error"],
            },
            "grouping": {
                "level": tocsin.teller.level.name.value,
                "weights": tocsin.teller.level.scale.version,
            },
            "network": "no feed answers"
            if tocsin.poller.reachability.offline
            else "reachable",
            "in_hand": {"polls": polls, "deliveries": deliveries},
        }

    def ready(self) -> dict[str, Any]:
        """Return whether the service does its job; `ok` until it begins to stop."""
        failing = self.daemon.failing if self.daemon else {}
        works = self._store_state()["ok"] and not _THE_JOB & failing.keys()
        return {
            "ok": works and not self.stopping,
            "stopping": self.stopping,
            "failing_ticks": failing,
        }

    async def reload(self) -> list[str]:
        """Reload rules and feeds; count it, and keep the refusal in sight."""
        problems = await self.tocsin.reload()
        if not problems:
            receivers = self.tocsin.loaded.configuration.receivers
            self._metrics.expect_receivers(one.name for one in receivers)
            settle()
        if self.tocsin.postponed:
            self._metrics.reloads.labels("postponed").inc()
            return problems
        self._metrics.reloads.labels("refused" if problems else "applied").inc()
        self._metrics.rules_refused.set(1 if problems else 0)
        return problems

    async def reload_postponed(self) -> None:
        """Reload where the store could not be used for it before."""
        if self.tocsin.postponed:
            await self.reload()

    async def drain(self, patience: timedelta) -> bool:
        """End what is in hand; return whether all could be ended in that time."""
        self.stopping = True
        self.tocsin.store.wait_no_longer_than(patience.total_seconds())
        try:
            ended = await self.tocsin.crew.drain(patience)
            await self.tocsin.seal()
        except StoreUnavailable as problem:
            _log.warning(
                "what is in hand could not be given back; its leases run out",
                why=str(problem),
            )
            return False
        return ended

    def _store_state(self) -> dict[str, Any]:
        try:
            return {"ok": True, **self.counts()}
        except StoreUnavailable as problem:
            return {"ok": False, "problem": str(problem)}


async def run_service(loaded: Loaded, clocks: Clocks | None = None) -> bool:
    """Run until a signal stops it; return whether all work in hand was ended.

    `clocks` are those of the system where none are given.
    """
    try:
        return await _run_service(loaded, clocks)
    except StoppedEarly:
        _log.info("stopped", why="SIGTERM came before it had started")
        return False


async def _run_service(loaded: Loaded, clocks: Clocks | None) -> bool:
    be_frugal()
    # First of the models: what loading it takes for a moment is least missed then.
    if problem := language.load():
        mend = "give the folder for temporary files (/tmp) 96 MB"
        _log.warning("languages cannot be detected", problem=problem, mend=mend)
    store = await unless_stopped(partial(_opened, loaded.configuration.store_url))
    try:
        # A series beside each counter that says when it began; nobody asks it.
        disable_created_metrics()  # type: ignore[no-untyped-call] # no hints there
        registry = CollectorRegistry()
        metrics = Metrics(registry)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        observers = Observers([LogObserver(), metrics])
        tocsin = Tocsin(loaded, store, observers, write=click.echo, clocks=clocks)
        service = RunningService(tocsin, metrics)
        registry.register(StoreGauges(service.counts))
        try:
            return await _run_daemon(service, metrics, registry)
        finally:
            await tocsin.aclose()
    finally:
        store.close()


def _opened(url: str) -> Store:
    store = open_store(url)
    try:
        if not store.ensure_sound():
            mend = "tocsin db check looks at all of it"
            _log.info("the store is large: looked for damage in a part", mend=mend)
    except BaseException:
        store.close()
        raise
    return store


async def _run_daemon(
    service: RunningService, metrics: Metrics, registry: CollectorRegistry
) -> bool:
    tocsin = service.tocsin
    configuration = tocsin.loaded.configuration
    _announce(tocsin)
    await unless_stopped(tocsin.begin)
    settle()

    ticks = [*_ticks(service), *_hub_ticks(tocsin)]
    metrics.expect(
        [tick.name for tick in ticks], [one.name for one in configuration.receivers]
    )
    whereabouts = Whereabouts(configuration.store_url)
    service.daemon = Daemon(
        ticks=ticks,
        web=create_app(
            service,
            registry,
            configuration.server_token,
            [*routes_of(tocsin), *_hub_routes(tocsin, metrics)],
            front.page(
                tocsin.store,
                tocsin.clock,
                service.health,
                lambda: {r.name for r in tocsin.loaded.configuration.receivers},
            ),
        ),
        listen=configuration.settings.server.listen,
        reload=service.reload,
        drain=service.drain,
        lag=lambda tick, seconds: metrics.tick_lag.labels(tick).set(seconds),
        failed=lambda tick: metrics.tick_failures.labels(tick).inc(),
        listening=whereabouts.note,
    )
    with whereabouts.until_the_end():
        return await service.daemon.run()


def _ticks(service: RunningService) -> list[Tick]:
    """Return what is done again and again."""
    tocsin, crew = service.tocsin, service.tocsin.crew
    second, minute, hour = (timedelta(seconds=n) for n in (1, 60, 3600))

    # What was saved since it was read, as while the start waited for the store, is news.
    edits = Edits(lambda: tocsin.read)

    async def watch_rules() -> None:
        if tocsin.reloading:
            return  # it reads what was saved; what is saved now is seen after it
        if await asyncio.to_thread(edits.settled):
            _log.info("rule packs were edited")
            await service.reload()

    sources, retain = tocsin.watch_sources, Keeper(tocsin.retain, tocsin.clock).look
    return [
        Tick(name="poll", every=second, job=crew.claim_polls),
        Tick(name="deliver", every=second, job=crew.claim_deliveries),
        Tick(name="leases", every=10 * second, job=crew.renew_polls),
        Tick(name="rules", every=second / 4, job=watch_rules),
        Tick(name="reload", every=minute / 2, job=service.reload_postponed),
        Tick(name="seal", every=2 * second, job=tocsin.seal),
        Tick(name="alerts", every=minute / 2, job=tocsin.look_after_alerts),
        Tick(name="sources", every=5 * minute, job=sources, at_once=False),
        Tick(name="retain", every=hour, job=retain, at_once=False),
    ]


def routes_of(tocsin: Tocsin) -> list[Route]:
    """Return all paths beside health, metrics and reload; each guards itself."""
    store, clock = tocsin.store, tocsin.clock
    known = tocsin.loaded.configuration.links
    return [
        *api.routes(
            store, clock, tocsin.lifecycles, lambda: names_of(tocsin.loaded, store)
        ),
        *feeds.routes(store, clock),
        *(links.routes(store, clock, known) if known else ()),
    ]


def _hub_routes(tocsin: Tocsin, metrics: Metrics) -> list[Route]:
    if tocsin.subscriber is None:
        return []
    largest = tocsin.loaded.configuration.settings.collect.max_body
    return websub.routes(tocsin.store, tocsin.clock, largest, metrics.pushed)


def _hub_ticks(tocsin: Tocsin) -> list[Tick]:
    """Return what keeps subscriptions at hubs alive and reads what they push."""
    subscriber = tocsin.subscriber
    if subscriber is None:
        return []

    async def take_pushes() -> None:
        if await subscriber.take_pushes():
            await tocsin.crew.claim_deliveries()

    return [
        Tick(name="hubs", every=timedelta(seconds=2), job=subscriber.renew),
        Tick(name="pushes", every=timedelta(seconds=1), job=take_pushes),
    ]


def _announce(tocsin: Tocsin) -> None:
    configuration = tocsin.loaded.configuration
    _log.info(
        "tocsin starts",
        version=__version__,
        configuration=configuration.where,
        store=tocsin.store.shown_url,
        feeds=len(configuration.feeds),
        rules=len(tocsin.loaded.rulebook.rules),
        rules_off=list(tocsin.loaded.rulebook.off),
        receivers=[r.name for r in configuration.receivers],
    )
    tell_warnings(tocsin.loaded)
