"""What stands at an address: a feed, a page that names feeds, or neither."""

from dataclasses import dataclass, field
from datetime import timedelta

from monitor.app.compose import feed_client
from monitor.clock import Clock
from monitor.collect import cadence, discovery
from monitor.collect.feeds import FeedFetcher, Limits
from monitor.collect.parse import ParsedFeed, parse
from monitor.errors import FeedProblem
from monitor.model import Exchange, Feed, FeedState, Fetched
from monitor.settings import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One address that was asked."""

    url: str
    exchange: Exchange
    parsed: ParsedFeed | None = None
    problem: str = ""
    title: str = ""
    """What the page that names it calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What an address turned out to be."""

    found: Found
    wait: timedelta | None = None
    """When it would be polled next, were it watched."""
    why: str = ""
    again: int = 0
    """The status of a second request with the first one's validators; 304 is right."""
    feeds: tuple[Found, ...] = field(default=())
    """Where it is a page: the feeds that it names or has."""


async def probe(url: str, configuration: Configuration, clock: Clock) -> Probe:
    """Ask an address as a poll would; of a page, also the feeds that it may have."""
    collect = configuration.settings.collect
    async with feed_client(configuration) as client:
        limits = Limits(
            deadline=collect.timeout.total_seconds(), max_bytes=collect.max_body
        )
        prober = _Prober(FeedFetcher(client, limits=limits), clock)
        found = await prober.ask(url)
        if found.parsed is None:
            return Probe(found=found, feeds=await prober.discover(found))
        feed = Feed(url=url, every=collect.every)
        chosen = cadence.after_success(
            feed,
            FeedState(ttl=found.parsed.ttl or timedelta(), skip=found.parsed.skip),
            found.exchange,
            new_items=len(found.parsed.items),
            now=clock.now(),
            chance=0.0,
        )
        return Probe(
            found=found,
            wait=chosen.poll_after - clock.now(),
            why=chosen.reason,
            again=await prober.again(url, found.exchange),
        )


class _Prober:
    def __init__(self, fetcher: FeedFetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock

    async def ask(self, url: str, title: str = "") -> Found:
        feed = Feed(url=url)
        exchange = await self._fetcher.fetch(feed, FeedState())
        if exchange.outcome is not Fetched.BODY:
            return Found(
                url=url, exchange=exchange, problem=exchange.problem, title=title
            )
        try:
            parsed = parse(exchange.body, exchange.headers, feed, self._clock.now())
        except FeedProblem as problem:
            return Found(url=url, exchange=exchange, problem=str(problem), title=title)
        return Found(url=url, exchange=exchange, parsed=parsed, title=title)

    async def again(self, url: str, first: Exchange) -> int:
        headers = first.headers
        state = FeedState(
            etag=headers.get("etag", ""), last_modified=headers.get("last-modified", "")
        )
        if not (state.etag or state.last_modified):
            return 0
        return (await self._fetcher.fetch(Feed(url=url), state)).status

    async def discover(self, page: Found) -> tuple[Found, ...]:
        """Return the feeds of a page; those that it only might have are left out."""
        if page.exchange.outcome is not Fetched.BODY:
            return ()
        named = discovery.candidates(page.exchange.body, page.exchange.final_url)
        found = [await self.ask(one.url, one.title) for one in named]
        sure = {one.url for one in named if one.kind}
        return tuple(one for one in found if one.parsed or one.url in sure)
