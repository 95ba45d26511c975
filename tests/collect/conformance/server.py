"""A scripted feed server on loopback, and the daemon's poller in front of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from monitor.collect.addresses import AddressGuard
from monitor.collect.feeds import FeedFetcher, Limits
from monitor.collect.transport import GuardedClient, guarded_client
from monitor.model import Feed, FeedState, Polled
from monitor.pipeline.reports import PollReport
from tests.pipeline.world import START, World

ITEM = (
    "<item><title>{title}</title><guid>{title}</guid><pubDate>{date}</pubDate></item>"
)


def rss(*titles: str, channel: str = "") -> bytes:
    items = "".join(
        ITEM.format(title=title, date=format_datetime(START)) for title in titles
    )
    return (
        f"<rss version='2.0'><channel><title>t</title>{channel}{items}</channel></rss>"
    ).encode()


@dataclass
class Request:
    path: str
    headers: dict[str, str]


@dataclass
class Reply:
    status: int = 200
    body: bytes = field(default_factory=lambda: rss("one"))
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Break the connection off after so many bytes of the body."""


Script = Callable[[Request], Reply]


def _nothing(_: Request) -> Reply:
    return Reply(404, b"")


@dataclass
class Publisher:
    """Answers each path by its script, and remembers what it was asked."""

    scripts: dict[str, Script] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    port: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            request = Request(
                head[0].split(" ")[1], {k.lower(): v for k, v in headers.items()}
            )
            self.asked.append(request)
            script = self.scripts.get(request.path, _nothing)
            await self._reply(script(request), writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _reply(reply: Reply, writer: asyncio.StreamWriter) -> None:
        body = b"" if reply.status == 304 else reply.body
        lines = [f"HTTP/1.1 {reply.status} x", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        whole = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        writer.write(whole + (body if reply.cut is None else body[: reply.cut]))
        await writer.drain()

    def says(self, path: str, *replies: Reply) -> None:
        """Answer with each reply in turn, the last one for ever."""
        left = list(replies)
        self.scripts[path] = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def url(self, path: str = "/f") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@dataclass
class Client:
    """The daemon's poller with a store and a clock that is moved by hand."""

    world: World
    publisher: Publisher
    http: GuardedClient

    def watch(self, path: str = "/f") -> None:
        feed = Feed(url=self.publisher.url(path), every=timedelta(minutes=15))
        self.world.feeds.append(feed)
        self.world.store.sync_feeds(self.world.feeds, self.world.clock.now())

    async def poll(
        self, after: timedelta | None = None, path: str = "/f"
    ) -> PollReport:
        """Let time pass (None: until the feed is due) and poll it once."""
        clock, store = self.world.clock, self.world.store
        due = self.state(path).poll_after or clock.now()
        clock.sleep(max(due - clock.now(), timedelta()) if after is None else after)
        now = clock.now()
        leases = store.lease_feeds(now, now + timedelta(minutes=1), 9, "t")
        (lease,) = [one for one in leases if one.feed.url == self.publisher.url(path)]
        store.release_feeds([one for one in leases if one is not lease])
        return await self.world.poller.poll(lease)

    def state(self, path: str = "/f") -> FeedState:
        url = self.publisher.url(path)
        (row,) = [one for one in self.world.store.feeds() if one.feed.url == url]
        return row.state

    def wait(self, path: str = "/f") -> timedelta:
        """How long the feed is left alone from now on."""
        due = self.state(path).poll_after
        return due - self.world.clock.now() if due else timedelta()

    def remembered(self, path: str = "/f") -> list[Polled]:
        return self.world.store.polled(self.publisher.url(path))

    def titles(self) -> list[str]:
        return sorted(item.title for item in self.world.store.items())

    @property
    def last(self) -> Request:
        return self.publisher.asked[-1]


async def started(folder: Path) -> tuple[Client, asyncio.Server]:
    publisher = Publisher()
    listening = await asyncio.start_server(publisher.serve, "127.0.0.1", 0)
    publisher.port = listening.sockets[0].getsockname()[1]
    world = World(folder)
    guard = AddressGuard(["127.0.0.0/8"])
    client = guarded_client(guard, user_agent="Tocsin-test (+https://example.org)")
    world.poller._fetcher = FeedFetcher(client, limits=Limits(deadline=2.0))
    world.poller._chance = lambda: 0.0
    return Client(world, publisher, client), listening
