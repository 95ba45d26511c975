"""One process of Tocsin for the fault loops: it lives until it is stopped or killed.

The real poller, teller, sender, webhooks and ledger on a real store. A feed brings the
events ten at a time: its ETag is the number of the next page, so that an event is lost
for good where validators are committed without their items. The clock runs sixty times
as fast as real time and goes on through restarts, so that retries and leases take
seconds.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from monitor.app.owners import Owner
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.errors import LeaseLost, StoreUnavailable
from monitor.model import Exchange, Feed, FeedState, Fetched, Settled
from monitor.notify.routes import Route
from monitor.pipeline.courier import Courier
from monitor.pipeline.crew import Crew
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.policy import Policy
from monitor.pipeline.polls import Poller
from monitor.pipeline.reports import DeliveryReport, PollReport
from monitor.pipeline.sender import Sender
from monitor.pipeline.telling import Teller
from monitor.send.deliveries import Policy as DeliveryPolicy
from monitor.send.webhook import WebhookChannel
from monitor.store.records import Store, open_store
from tests.pipeline.world import WordRules, rule

FEED = "https://events.example/feed"
PAGE = 3
SPEED = 60
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class FastClock:
    """Sixty seconds a second, the same in every process of this machine."""

    def __init__(self, zero: float, *, wall: bool = False) -> None:
        """Begin at a reading of the monotonic clock, or of the wall's."""
        self._zero = zero
        self._read = time.time if wall else time.monotonic  # noqa: TID251 - one that a fault sets

    def now(self) -> datetime:
        return _BEGAN + timedelta(seconds=(self._read() - self._zero) * SPEED)


@dataclass
class Events:
    """A feed that brings so many events, a page at a time."""

    total: int
    clock: FastClock

    async def fetch(self, feed: Feed, state: FeedState) -> Exchange:
        page = int(state.etag or 0)
        first = page * PAGE
        if first >= self.total:
            return self._answer(feed, Fetched.NOT_MODIFIED, 304, page)
        items = "".join(
            self._item(n) for n in range(first, min(first + PAGE, self.total))
        )
        body = f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>"
        return self._answer(feed, Fetched.BODY, 200, page + 1, body.encode())

    def _item(self, number: int) -> str:
        letters = random.Random(number)  # the same event whoever fetches it
        words = " ".join(
            "".join(letters.choices("abcdefghijklmnoprstuvwyz", k=9)) for _ in range(6)
        )
        when = format_datetime(self.clock.now())
        return (
            f"<item><title>minsk {words}</title><guid>event-{number}</guid>"
            f"<description>{words}</description><pubDate>{when}</pubDate></item>"
        )

    @staticmethod
    def _answer(
        feed: Feed, outcome: Fetched, status: int, page: int, body: bytes = b""
    ) -> Exchange:
        return Exchange(
            outcome=outcome,
            url=feed.url,
            final_url=feed.url,
            status=status,
            headers={"etag": str(page), "content-type": "application/rss+xml"},
            body=body,
        )


class Quiet:
    def polled(self, report: PollReport) -> None:
        """Say nothing."""

    def delivered(self, report: DeliveryReport) -> None:
        """Say nothing."""


class Noted(Store):
    """A store that counts on disk the acknowledgements that were refused as late."""

    late: Path

    def settle(self, batch: Sequence[Settled]) -> list[LeaseLost | None]:
        answers = super().settle(batch)
        refused = sum(1 for one in answers if one is not None)
        if refused:
            with self.late.open("ab") as file:
                file.write(b"x" * refused)
        return answers


@dataclass(frozen=True)
class Setting:
    """Where a life takes place."""

    url: str
    folder: Path
    port: int
    events: int
    zero: float
    lease: timedelta = timedelta(seconds=60)
    """In the fast clock's time: a second."""
    wall: bool = False
    """Whether it goes by the wall's clock, which can be set."""
    published: float = 0.0
    """Where the publisher's own clock, which nobody sets, began."""


def crew_of(setting: Setting, store: Store, clock: FastClock) -> Crew:
    owner = Owner.this()
    store.free_leases(owner.is_gone)
    client = guarded_client(
        AddressGuard(["127.0.0.0/8"]), user_agent="faults", keep_alive=True
    )
    courier = Courier(
        store=store, clock=clock, chance=random.random, policy=DeliveryPolicy()
    )
    courier.channels = {
        "desk": WebhookChannel(
            name="desk",
            url=f"http://127.0.0.1:{setting.port}/hook",
            client=client,
            clock=clock,
            timeout=timedelta(seconds=5),
        )
    }
    fires = rule("minsk")
    teller = Teller(
        Policy(
            rules=WordRules({fires.id: fires}),
            route=Route(receiver="desk"),
            recipients={"desk": ("",)},
            sources={},
            wishes=Wishes(terms={}, intervals={}),
        )
    )
    poller = Poller(
        store=store,
        fetcher=Events(setting.events, FastClock(setting.published)),
        teller=teller,
        clock=clock,
        chance=random.random,
    )
    sender = Sender(
        store=store,
        courier=courier,
        clock=clock,
        observer=Quiet(),
        owner=owner.name,
        lease=setting.lease,
        margin=setting.lease / 4,
    )
    return Crew(
        store=store,
        poller=poller,
        sender=sender,
        clock=clock,
        observer=Quiet(),
        owner=owner.name,
        concurrency=4,
        lease=setting.lease,
    )


async def live(setting: Setting, stop: asyncio.Event | None = None) -> None:
    """Poll, tell, deliver and seal until stopped; a full disk is waited out."""
    opened = open_store(setting.url, migrate=False)
    store = Noted(opened._database)
    store.late = setting.folder / "late"
    clock = FastClock(setting.zero, wall=setting.wall)
    crew = crew_of(setting, store, clock)
    with (setting.folder / "born").open("ab") as born:
        born.write(b"x")
    while stop is None or not stop.is_set():
        try:
            store.make_due([FEED], clock.now())
            await crew.claim_polls()
            await crew.claim_deliveries()
            store.ledger.seal(clock.now())
        except StoreUnavailable:
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.02)
    await crew.drain(timedelta(seconds=5))
    store.close()


async def receive(port_file: Path, journal: Path, failing: float) -> None:
    """Answer webhooks, a share of them with 503 or 429, and write each one down."""
    with journal.open("ab", buffering=0) as file:

        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                    lines = head.split("\r\n")
                    headers = dict(x.split(": ", 1) for x in lines[1:] if x)
                    body = await reader.readexactly(int(headers["content-length"]))
                    bad = random.random() < failing
                    status = (
                        random.choice(["503 Down", "429 Slow"]) if bad else "204 OK"
                    )
                    line = f"{headers['webhook-id']} {status[:3]} {hash(body)}\n"
                    file.write(line.encode())
                    more = "" if status.startswith("204") else "Content-Length: 0\r\n"
                    writer.write(f"HTTP/1.1 {status}\r\n{more}\r\n".encode())
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port_file.write_text(  # noqa: ASYNC240 - once
            str(server.sockets[0].getsockname()[1])
        )
        await asyncio.Event().wait()
