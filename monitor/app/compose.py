"""The composition root: builds the objects and hands them to each other."""

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import structlog

from monitor import __version__, rulepacks, settings
from monitor.app import levels
from monitor.app.channels import Channels, longest_attempt
from monitor.app.owners import Owner
from monitor.app.terms import handling_of, wishes_of
from monitor.clock import Clock, SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.feeds import FeedFetcher, Limits
from monitor.collect.hubclient import HubClient
from monitor.collect.reader import Reader
from monitor.collect.transport import GuardedClient, guarded_client
from monitor.errors import InputRefused, Problem, StoreUnavailable
from monitor.group.levels import Level
from monitor.notify.intervals import WEEKDAYS, Interval
from monitor.notify.routes import Route
from monitor.notify.silences import Inhibition
from monitor.pipeline.courier import Courier, Fallback
from monitor.pipeline.crew import Crew
from monitor.pipeline.gathering import Gatherer
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.polls import Poller
from monitor.pipeline.reports import Observer
from monitor.pipeline.sender import Sender
from monitor.pipeline.telling import Policy, Teller
from monitor.pipeline.watch import Patience, Watch
from monitor.pipeline.websub import Subscriber
from monitor.rulepacks import Rulebook
from monitor.send import anywhere
from monitor.send.deliveries import Policy as DeliveryPolicy
from monitor.settings import Configuration, RouteSettings
from monitor.store.records import Store, open_store

_log = structlog.get_logger("tocsin")

USER_AGENT = f"Tocsin/{__version__} (+https://pypi.org/project/tocsin/)"
_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration and its rules, checked."""

    configuration: Configuration
    rulebook: Rulebook
    warnings: tuple[Problem, ...] = ()
    rule_paths: tuple[Path, ...] = ()
    """The files and folders that the rules were read from."""


def load(path: Path) -> Loaded:
    """Read a configuration and its rules; raise InputRefused with all problems."""
    reading = settings.read(path)
    problems = list(reading.problems)
    rulebook = None
    try:
        rulebook = rulepacks.load(reading.rule_paths)
    except InputRefused as refused:
        problems += refused.problems
    else:
        problems += rulebook.warnings
        problems += _unknown_receivers(rulebook, reading.configuration)
        problems += _bad_channels(reading.configuration)
        problems += _missing_level(reading.configuration)
    configuration = reading.configuration
    if configuration is None or rulebook is None or _errors(problems):
        raise InputRefused(problems)
    return Loaded(
        configuration=configuration,
        rulebook=rulebook,
        warnings=tuple(problems),
        rule_paths=reading.rule_paths,
    )


def _errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _unknown_receivers(
    rulebook: Rulebook, configuration: Configuration | None
) -> list[Problem]:
    """Report rules that name a receiver which is not configured."""
    if configuration is None:
        return []
    known = {receiver.name for receiver in configuration.receivers}
    return [
        Problem(
            where=rule.file,
            line=rule.line,
            field=f"rules.{rule.id}.receivers",
            message=f"no receiver is called {name!r}",
            mend=f"configured are: {', '.join(sorted(known))}",
        )
        for rule in rulebook.rules.values()
        for name in rule.receivers
        if name not in known
    ]


def _bad_channels(configuration: Configuration | None) -> list[Problem]:
    """Report secrets, addresses and certificates that no channel can work with."""
    if configuration is None:
        return []
    try:
        Channels(clock=SystemClock(), write=print, agent="").build(configuration)
    except InputRefused as refused:
        return list(refused.problems)
    return []


def _missing_level(configuration: Configuration | None) -> list[Problem]:
    """Report a level of grouping whose extra is not installed."""
    if configuration is None:
        return []
    wanted = configuration.settings.grouping.level
    return levels.missing(wanted, configuration.where)


def _level_of(configuration: Configuration) -> Level:
    return levels.level(configuration.settings.grouping.level)


def intervals_of(configuration: Configuration) -> dict[str, Interval]:
    """Return the named time intervals."""
    return {
        one.name: Interval(
            name=one.name,
            times=tuple(
                (_minutes(t.start_time), _minutes(t.end_time)) for t in one.times
            ),
            weekdays=frozenset(WEEKDAYS.index(day) for day in one.weekdays),
            days_of_month=frozenset(one.days_of_month),
            months=frozenset(one.months),
            zone=ZoneInfo(one.location),
        )
        for one in configuration.settings.time_intervals
    }


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def fallbacks_of(configuration: Configuration) -> dict[str, Fallback]:
    """Return who is told instead of whom."""
    return {
        one.name: Fallback(receiver=one.fallback, after=one.fallback_after)
        for one in configuration.receivers
        if one.fallback
    }


def inhibitions_of(configuration: Configuration) -> tuple[Inhibition, ...]:
    """Return what keeps alerts from being told."""
    return tuple(
        Inhibition(
            source={key: words for key, words in one.source if words},
            target={key: words for key, words in one.target if words},
            equal=one.equal,
            lasts=one.lasts,
        )
        for one in configuration.settings.inhibit_rules
    )


def route_of(
    written: RouteSettings, intervals: Mapping[str, Interval] = MappingProxyType({})
) -> Route:
    """Turn a route as written into the tree that notify walks."""
    match = {key: words for key, words in written.match if words}
    return Route(
        receiver=written.receiver or "",
        match=match,
        continue_=written.continue_,
        group_wait=written.group_wait,
        group_by=written.group_by,
        group_interval=written.group_interval,
        repeat_interval=written.repeat_interval,
        resolve_after=written.resolve_after,
        mute=tuple(intervals[name] for name in written.mute_time_intervals),
        active=tuple(intervals[name] for name in written.active_time_intervals),
        routes=tuple(route_of(child, intervals) for child in written.routes),
    )


def feed_client(configuration: Configuration) -> GuardedClient:
    """Return the client that feeds are fetched with, not yet connected to anything."""
    collect = configuration.settings.collect
    return guarded_client(
        AddressGuard(collect.allow_networks),
        user_agent=collect.user_agent or USER_AGENT,
        proxy=configuration.proxy,
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
        self.clock = clocks.clock
        self.store = store
        self.loaded = loaded
        self.problems: tuple[Problem, ...] = ()
        """Why the last reload was refused; empty while what is on disk is in force."""
        collect = loaded.configuration.settings.collect
        self._client = feed_client(loaded.configuration)
        chance = random.SystemRandom().random
        self._channels = Channels(clock=clocks.wall, write=write, agent=USER_AGENT)
        self.teller = Teller(policy_of(loaded), _level_of(loaded.configuration))
        limits = Limits(
            deadline=collect.timeout.total_seconds(), max_bytes=collect.max_body
        )
        self._reader = Reader()
        self.poller = Poller(
            store=store,
            fetcher=FeedFetcher(self._client, limits=limits),
            teller=self.teller,
            clock=self.clock,
            chance=chance,
        )
        self.poller.reading.lenient_read = self._reader.read
        self.courier = Courier(
            store=store, clock=self.clock, chance=chance, policy=DeliveryPolicy()
        )
        self.courier.channels = self._channels.build(loaded.configuration)
        self.courier.fallbacks = fallbacks_of(loaded.configuration)
        self.lifecycles = Lifecycles(store, lambda: self.teller.policy)
        self.watch = Watch(store, self.clock, lambda: self.courier.channels)
        self.owner = Owner.this()
        self.sender = self._sender(observer)
        self.subscriber = self._subscriber(loaded.configuration, observer)
        self.crew = Crew(
            store=store,
            poller=self.poller,
            sender=self.sender,
            clock=self.clock,
            owner=self.owner.name,
            concurrency=collect.concurrency,
            lease=collect.timeout + _MARGIN,
            observer=observer,
        )

    def _sender(self, observer: Observer) -> Sender:
        configuration = self.loaded.configuration
        attempt = max(map(longest_attempt, configuration.receivers))
        sender = Sender(
            store=self.store,
            courier=self.courier,
            clock=self.clock,
            observer=observer,
            owner=self.owner.name,
            lease=2 * attempt + _MARGIN,
            margin=attempt,
            gatherer=Gatherer(self.store, lambda: self.teller.policy.wishes),
        )
        sender.lanes.agree(handling_of(configuration))
        return sender

    def _subscriber(
        self, configuration: Configuration, observer: Observer
    ) -> Subscriber | None:
        """Return who subscribes at hubs; None where hubs could not reach us."""
        public = configuration.settings.server.public_url
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
        self._sync(self.loaded.configuration)

    def _sync(self, configuration: Configuration) -> None:
        changed = self.store.sync_feeds(configuration.feeds, self.clock.now())
        if changed.added or changed.removed or changed.changed:
            _log.info(
                "feeds",
                added=len(changed.added),
                removed=len(changed.removed),
                changed=len(changed.changed),
            )

    async def reload(self) -> list[str]:
        """Take the files on disk into force, or refuse them whole and say why."""
        path = Path(self.loaded.configuration.where)
        try:
            loaded = await asyncio.to_thread(load, path)
            await asyncio.to_thread(self._sync, loaded.configuration)
        except InputRefused as refused:
            self.problems = refused.problems
            said = [str(p) for p in refused.problems if p.severity == "error"]
            _log.error("reload refused; the rules in force stay", problems=said)
            return said
        except StoreUnavailable as problem:
            return [str(problem)]
        self._take(loaded)
        return []

    def _take(self, loaded: Loaded) -> None:
        before = self.loaded.configuration
        self.courier.channels = self._channels.build(loaded.configuration)
        self.courier.fallbacks = fallbacks_of(loaded.configuration)
        self.sender.lanes.agree(handling_of(loaded.configuration))
        self.teller.policy = policy_of(loaded)
        self.loaded, self.problems = loaded, ()
        for section in ("store", "server", "collect", "grouping", "log"):
            new = getattr(loaded.configuration.settings, section)
            if new != getattr(before.settings, section):
                _log.warning(f"{section}: changes take effect at the next start")
        _log.info(
            "reloaded",
            rules=len(loaded.rulebook.rules),
            feeds=len(loaded.configuration.feeds),
        )

    async def watch_sources(self) -> None:
        """Tell whom the configuration names of sources that broke or work again."""
        health = self.loaded.configuration.settings.health
        patience = Patience(receivers=health.receivers, failing=health.failing_after)
        changes = await asyncio.to_thread(self.watch.look, patience)
        changes += await asyncio.to_thread(
            self.watch.listen,
            list(self.loaded.rulebook.rules.values()),
            self.loaded.configuration.route.receiver or "",
        )
        if changes:
            _log.info("sources or rules changed their state", changes=changes)

    async def look_after_alerts(self) -> int:
        """Close alerts whose story is quiet, repeat those that nobody acknowledged."""
        now = self.clock.now()
        changed = await asyncio.to_thread(self.lifecycles.look, now)
        if changed:
            _log.info("alerts were closed or repeated", alerts=changed)
        return changed

    async def retain(self) -> None:
        """Delete what is older than the configuration keeps."""
        kept = self.loaded.configuration.settings.retention
        gone = await asyncio.to_thread(
            self.store.retain, self.clock.now(), kept.items, kept.dead
        )
        entries = await asyncio.to_thread(
            self.store.ledger.forget, self.clock.now() - kept.ledger
        )
        gone = {**gone, "entries": entries}
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


def policy_of(loaded: Loaded) -> Policy:
    """Return what decides who hears of what."""
    configuration = loaded.configuration
    route = route_of(configuration.route, intervals_of(configuration))
    return Policy(
        rules=loaded.rulebook,
        route=route,
        wishes=wishes_of(configuration, route),
        inhibitions=inhibitions_of(configuration),
        recipients=recipients_of(configuration),
        sources={source.name: source for source in configuration.sources},
    )


def recipients_of(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Return whom each receiver writes to; ("",) where there are no addresses."""
    found = {}
    for receiver in configuration.receivers:
        mailed = tuple(receiver.email.recipients) if receiver.email else ("",)
        found[receiver.name] = mailed
        if receiver.apprise:
            text = configuration.service_secrets.get(receiver.name, "")
            found[receiver.name] = tuple(anywhere.targets(text))
    return found


def open_configured_store(configuration: Configuration) -> Store:
    """Open the store that a configuration names, upgraded to this version."""
    return open_store(configuration.store_url)
