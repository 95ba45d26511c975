"""The composition root: builds the objects and hands them to each other."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import structlog

from monitor import __version__
from monitor.app import levels, logs
from monitor.app.channels import Channels, longest_attempt
from monitor.app.keeping import forget
from monitor.app.loading import Loaded, LoadRefused, load
from monitor.app.owners import Owner
from monitor.app.policy import policy_of
from monitor.app.terms import fallbacks_of, handling_of
from monitor.clock import Clock, SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.feeds import FeedFetcher, Limits
from monitor.collect.hubclient import HubClient
from monitor.collect.reader import Reader
from monitor.collect.transport import GuardedClient, guarded_client
from monitor.errors import Problem, StoreUnavailable
from monitor.group.levels import Level
from monitor.pipeline.courier import Courier
from monitor.pipeline.crew import Crew
from monitor.pipeline.gathering import Gatherer
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.polls import Poller
from monitor.pipeline.reports import Observer
from monitor.pipeline.sender import Sender
from monitor.pipeline.telling import Teller
from monitor.pipeline.watch import Patience, Watch
from monitor.pipeline.websub import Subscriber
from monitor.send.deliveries import Policy as DeliveryPolicy
from monitor.settings import Configuration
from monitor.store.records import Store

_log = structlog.get_logger("tocsin")

USER_AGENT = f"Tocsin/{__version__} (+https://pypi.org/project/tocsin/)"
_MARGIN = timedelta(seconds=30)
_CALLBACK = "hubs.callback"
"""The remark under which address hubs were told to push to."""


def _level_of(configuration: Configuration) -> Level:
    return levels.level(configuration.settings.grouping.level)


def _times(configuration: Configuration) -> tuple[timedelta, timedelta]:
    """Return how long deliveries are leased, and how much of it an attempt needs."""
    attempt = max(map(longest_attempt, configuration.receivers))
    return 2 * attempt + _MARGIN, attempt


def feed_client(configuration: Configuration) -> GuardedClient:
    """Return the client that feeds are fetched with, not yet connected to anything."""
    collect = configuration.settings.collect
    return guarded_client(
        AddressGuard(collect.allow_networks),
        user_agent=collect.user_agent or USER_AGENT,
        proxy=configuration.proxy,
    )


def tell_warnings(loaded: Loaded) -> None:
    """Log what is odd in what people wrote, and refused nothing."""
    for problem in loaded.warnings:
        _log.warning(
            "what was written has a fault", problem=str(replace(problem, excerpt=""))
        )


_AT_THE_START = ("store", "server", "collect", "grouping", "log")
"""Sections that a reload leaves as they were."""


def _of_start(configuration: Configuration, section: str) -> tuple[object, ...]:
    """Return a section as it was read, with what stands in files that it names."""
    found = getattr(configuration.settings, section)
    if section == "store":
        return found, configuration.store_url
    if section == "server":
        return found, configuration.server_token, configuration.link_secret
    return (found,)


def _store_problem(problem: StoreUnavailable) -> Problem:
    return Problem(
        where="store", message=str(problem), mend="the reload is tried again by itself"
    )


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time that decisions go by, and the real one."""

    clock: Clock = field(default_factory=SystemClock)
    """What all stages go by; a replay brings its own."""
    wall: Clock = field(default_factory=SystemClock)
    """Real time, which receivers check signatures against."""


class Tocsin:
    """The assembled program; used by the daemon, by `once` and by the demo."""

    problems: tuple[Problem, ...] = ()
    """Why the last reload was refused; empty while what is on disk is in force."""
    postponed = False
    """Whether the last reload waits for a store that could not be used."""

    def __init__(
        self,
        loaded: Loaded,
        store: Store,
        observer: Observer,
        *,
        clocks: Clocks | None = None,
        write: Callable[[str], None] = print,
    ) -> None:
        """Build everything; `write` takes what the console receiver prints."""
        clocks = clocks or Clocks()
        configuration = loaded.configuration
        self.clock = clocks.clock
        self.store = store
        self.loaded = loaded
        self.read = loaded.read
        """What the last reload read the rules from, be they refused or in force."""
        self.owner = Owner.this()
        self._begun_with = configuration
        self._chance = random.SystemRandom().random
        self._client = feed_client(configuration)
        self._reader = Reader()
        self._channels = Channels(clock=clocks.wall, write=write, agent=USER_AGENT)
        self.teller = Teller(policy_of(loaded), _level_of(configuration))
        self.poller = self._poller()
        self.courier = Courier(
            store=store, clock=self.clock, chance=self._chance, policy=DeliveryPolicy()
        )
        self.lifecycles = Lifecycles(store, lambda: self.teller.policy)
        self.watch = Watch(store, self.clock, lambda: self.courier.channels)
        self.sender = self._sender(observer)
        self.subscriber = self._subscriber(observer)
        self.crew = self._crew(observer)
        self._reloading = asyncio.Lock()
        self._agree(configuration)

    def _poller(self) -> Poller:
        collect = self.loaded.configuration.settings.collect
        limits = Limits(
            deadline=collect.timeout.total_seconds(), max_bytes=collect.max_body
        )
        poller = Poller(
            store=self.store,
            fetcher=FeedFetcher(self._client, limits=limits),
            teller=self.teller,
            clock=self.clock,
            chance=self._chance,
        )
        poller.reading.lenient_read = self._reader.read
        return poller

    def _sender(self, observer: Observer) -> Sender:
        return Sender(
            store=self.store,
            courier=self.courier,
            clock=self.clock,
            observer=observer,
            owner=self.owner.name,
            gatherer=Gatherer(self.store, lambda: self.teller.policy.wishes),
        )

    def _crew(self, observer: Observer) -> Crew:
        collect = self.loaded.configuration.settings.collect
        return Crew(
            store=self.store,
            poller=self.poller,
            sender=self.sender,
            clock=self.clock,
            owner=self.owner.name,
            concurrency=collect.concurrency,
            lease=collect.timeout + _MARGIN,
            observer=observer,
        )

    def _agree(self, configuration: Configuration) -> None:
        """Deliver from now on as the configuration says.

        Links in messages lead to the server that runs, which changes at the next start.
        """
        begun = self._begun_with
        server = {"server": begun.settings.server}
        as_served = replace(
            configuration,
            settings=configuration.settings.model_copy(update=server),
            link_secret=begun.link_secret,
        )
        self.courier.channels = self._channels.build(as_served)
        self.courier.fallbacks = fallbacks_of(configuration)
        self.sender.lanes.agree(handling_of(configuration))
        self.sender.lease, self.sender.margin = _times(configuration)

    def _subscriber(self, observer: Observer) -> Subscriber | None:
        """Return who subscribes at hubs; None where hubs could not reach us."""
        public = self.loaded.configuration.settings.server.public_url
        if not public:
            return None
        made = Subscriber(
            store=self.store,
            poller=self.poller,
            asker=HubClient(self._client),
            clock=self.clock,
            observer=observer,
            owner=self.owner.name,
            lease=2 * _MARGIN,
            callback=f"{str(public).rstrip('/')}/websub/",
            secret=lambda: secrets.token_urlsafe(32),
        )
        self.poller.hubs = made.book
        return made

    def begin(self) -> None:
        """Bring the store's feeds in line with the files; free what the dead held."""
        freed = self.store.free_leases(self.owner.is_gone)
        if freed:
            _log.info("took back work of a process that has ended", leases=freed)
        self._forget_the_future()
        self._sync(self.loaded.configuration)
        self._follow_address()

    def _follow_address(self) -> None:
        """Subscribe anew where hubs push to an address that is ours no more."""
        now = self.clock.now()
        callback = self.subscriber.callback if self.subscriber else ""
        known = self.store.note(_CALLBACK)
        before = known.value if known else None
        if before == callback:
            return
        reason, anew = "server.public_url changed, to which its hub pushed", 0
        with self.store.together():
            if self.store.change_note(_CALLBACK, before, callback, now) and before:
                anew = self.store.hubs.begin_anew(now, reason)
        if anew:
            _log.info("hubs are asked anew", subscriptions=anew, why=reason)

    def _forget_the_future(self) -> None:
        found = self.store.make_due_from_the_future(self.clock.now())
        feeds, deliveries, alerts = found
        if any(found):
            _log.warning(
                "the clock was ahead before; what it had put off is due now",
                feeds=feeds,
                deliveries=deliveries,
                alerts=alerts,
            )

    def _sync(self, configuration: Configuration) -> None:
        changed = self.store.sync_feeds(configuration.feeds, self.clock.now())
        if changed.added or changed.removed or changed.changed:
            _log.info(
                "feeds",
                added=len(changed.added),
                removed=len(changed.removed),
                changed=len(changed.changed),
            )

    @property
    def reloading(self) -> bool:
        """Whether a reload is under way."""
        return self._reloading.locked()

    async def reload(self) -> list[str]:
        """Take the files on disk into force, or refuse them whole and say why.

        One at a time: what was read first must not be taken last.
        """
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> list[str]:
        path = Path(self.loaded.configuration.where)
        self.postponed = False
        try:
            loaded = await asyncio.to_thread(load, path)
            self.read = loaded.read
            logs.redactor.hide(loaded.configuration.secrets)
            await asyncio.to_thread(self._sync, loaded.configuration)
        except LoadRefused as refused:
            self.problems = refused.problems
            if refused.read.files:
                self.read = refused.read
            said = [str(p) for p in refused.problems if p.severity == "error"]
            _log.error("reload refused; the rules in force stay", problems=said)
            return said
        except StoreUnavailable as problem:
            self.postponed = True
            self.problems = (_store_problem(problem),)
            _log.error("reload postponed; the rules in force stay", why=str(problem))
            return [str(problem)]
        self._take(loaded)
        return []

    def _take(self, loaded: Loaded) -> None:
        self._agree(loaded.configuration)
        self.teller.policy = policy_of(loaded)
        self.loaded, self.problems = loaded, ()
        for section in _AT_THE_START:
            if _of_start(loaded.configuration, section) != _of_start(
                self._begun_with, section
            ):
                _log.warning(f"{section}: changes take effect at the next start")
        tell_warnings(loaded)
        _log.info(
            "reloaded",
            rules=len(loaded.rulebook.rules),
            rules_off=list(loaded.rulebook.off),
            feeds=len(loaded.configuration.feeds),
        )

    async def watch_sources(self) -> None:
        """Tell whom the configuration names of sources that broke or work again."""
        await asyncio.to_thread(self._forget_the_future)
        health = self.loaded.configuration.settings.health
        patience = Patience(receivers=health.receivers, failing=health.failing_after)
        changes = await asyncio.to_thread(self.watch.look, patience)
        changes += await asyncio.to_thread(
            self.watch.listen,
            list(self.loaded.rulebook.rules.values()),
            self.teller.policy.route,
        )
        if changes:
            _log.info("sources or rules changed their state", changes=changes)

    async def look_after_alerts(self) -> int:
        """Close alerts whose story is quiet, repeat those that nobody acknowledged.

        What a receiver has not taken for too long goes to the one that it falls back to.
        """
        now = self.clock.now()
        if told := await asyncio.to_thread(self.courier.fall_back):
            _log.info("told instead of receivers that take nothing", messages=told)
        changed = await asyncio.to_thread(self.lifecycles.look, now)
        if changed:
            _log.info("alerts were closed or repeated", alerts=changed)
        return changed

    async def retain(self) -> None:
        """Delete what is older than the configuration keeps."""
        kept = self.loaded.configuration.settings.retention
        gone = await forget(self.store, kept, self.clock.now())
        if any(gone.values()):
            _log.info("deleted what is past its time", **gone)

    async def seal(self) -> None:
        """Give what was recorded since the last time its place in the ledger."""
        await asyncio.to_thread(self.store.ledger.seal, self.clock.now())

    async def aclose(self) -> None:
        """Close connections; the store is closed by who opened it."""
        self.poller.reading.close()
        await self._client.aclose()
        await self._channels.aclose()
        await asyncio.to_thread(self._reader.close)
