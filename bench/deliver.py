"""How fast messages leave: from an item's commit to the webhook's arrival, and in bulk.

    python bench/deliver.py [--rate 50] [--seconds 10] [--backlog 2000] [--receivers 4]
                            [--drain 100000] [--postgres [URL]] [--json]

The daemon's own crew, courier and signed webhooks, to a server on loopback in the same
process. Paced: feeds that are due bring one report each that a rule wants; the clock
runs from the end of the transaction that stored the report to the arrival of its
webhook. In bulk: a backlog to one receiver and to several. Beside it the same requests
by httpx alone, without an outbox: what the record costs. `--drain` empties a backlog of
so many and tells the memory at its beginning and end. Medians of one run; no figure is
part of a test.
"""

import argparse
import asyncio
import contextlib
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.clock import SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.model import (
    Body,
    Delivery,
    Exchange,
    Feed,
    Fetched,
    Match,
    Rule,
    Severity,
    Span,
)
from monitor.notify.routes import Route
from monitor.pipeline.courier import Courier
from monitor.pipeline.crew import Crew
from monitor.pipeline.gathering import PLAINLY, Gatherer
from monitor.pipeline.polls import Poller
from monitor.pipeline.sender import Sender
from monitor.pipeline.telling import Policy as Telling
from monitor.pipeline.telling import Teller
from monitor.send.deliveries import Policy
from monitor.send.webhook import WebhookChannel
from monitor.store.records import open_store
from tests import postgres

SECRET = "whsec_" + "YmVuY2htYXJrLXNlY3JldC1vZi10aGlydHktdHdv"
BODY = Body(
    content_type="application/json",
    content=json.dumps(
        {"type": "alert.matched", "data": {"text": "x" * 3000}}
    ).encode(),
)
ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"


class Silent:
    def polled(self, report):
        pass

    def delivered(self, report):
        pass


class Receiver:
    """Answers 204, keeps connections open, and remembers when each id arrived."""

    def __init__(self):
        self.arrived = {}

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode().lower().split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines[1:] if line)
                await reader.readexactly(int(headers["content-length"]))
                self.arrived.setdefault(headers["webhook-id"], time.perf_counter())
                writer.write(ACCEPTED)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


class Bureau:
    """A fetcher whose feeds bring one report at each poll, unlike all before it."""

    def __init__(self):
        self.number = 0

    async def fetch(self, feed, state):
        del state
        self.number += 1
        # Words of its own, so that each report is a story of its own.
        letters = random.Random(self.number)
        words = " ".join(
            "".join(letters.choices("abcdefghijklmnoprstuvwyz", k=9)) for _ in range(6)
        )
        now = format_datetime(datetime.now(UTC))
        body = (
            "<rss version='2.0'><channel><title>t</title><item>"
            f"<title>Minsk {words}</title><guid>{self.number}</guid>"
            f"<description>{words}</description><pubDate>{now}</pubDate>"
            "</item></channel></rss>"
        )
        return Exchange(
            outcome=Fetched.BODY,
            url=feed.url,
            final_url=feed.url,
            status=200,
            headers={"content-type": "application/rss+xml"},
            body=body.encode(),
        )


class Words:
    """One rule that wants every report."""

    def __init__(self):
        self.rules = {
            "minsk": Rule(
                id="minsk",
                title="Minsk",
                theme="bench",
                match="minsk",
                severity=Severity.HIGH,
                version="sha256:1",
            )
        }

    def match_all(self, items):
        return [self._match(item) for item in items]

    def _match(self, item):
        span = Span(field="title", start=0, end=5, text="Minsk", clause="minsk")
        return (
            Match(
                item_id=item.id,
                rule_id="minsk",
                rule_version="sha256:1",
                evidence=(span,),
            ),
        )


class Watched:
    """A store that notes when each poll's transaction has ended."""

    def __init__(self, store):
        self._store = store
        self.committed = {}

    def __getattr__(self, name):
        return getattr(self._store, name)

    @contextlib.contextmanager
    def poll(self, lease):
        made = []
        with self._store.poll(lease) as transaction:
            add = transaction.add_deliveries

            def noted(pending):
                made.extend(one.id for one in pending)
                add(pending)

            transaction.add_deliveries = noted
            yield transaction
        ended = time.perf_counter()
        self.committed.update(dict.fromkeys(made, ended))


def crew_of(store, urls, client, polls=8):
    clock = SystemClock()
    courier = Courier(store=store, clock=clock, chance=lambda: 0.5, policy=Policy())
    courier.channels = {
        name: WebhookChannel(
            name=name, url=url, client=client, clock=clock, secrets=(SECRET,)
        )
        for name, url in urls.items()
    }
    sender = Sender(
        store=store,
        courier=courier,
        clock=clock,
        observer=Silent(),
        owner="bench",
        lease=timedelta(minutes=1),
        margin=timedelta(seconds=15),
        gatherer=Gatherer(store, lambda: PLAINLY),
    )
    first = next(iter(urls))
    teller = Teller(
        Telling(
            rules=Words(),
            route=Route(receiver=first),
            recipients={first: ("",)},
            sources={},
        )
    )
    poller = Poller(
        store=store,
        fetcher=Bureau(),
        teller=teller,
        clock=clock,
        chance=lambda: 0.5,
    )
    return Crew(
        store=store,
        poller=poller,
        sender=sender,
        clock=clock,
        observer=Silent(),
        owner="bench",
        concurrency=polls,
        lease=timedelta(minutes=1),
    )


async def paced(store, urls, client, receiver, options):
    """Return milliseconds from each commit to its arrival, at a steady rate."""
    watched = Watched(store)
    crew = crew_of(watched, urls, client)
    count = int(options.rate * options.seconds)
    feeds = [
        Feed(url=f"https://{n}.example/f", source=f"s{n}", lang="en")
        for n in range(count + 20)
    ]
    began = None
    for number, feed in enumerate(feeds):
        if number == 20:  # the first ones warm up
            watched.committed.clear()
            began = time.perf_counter()
        if began is not None:
            due = began + (number - 20) / options.rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
        await asyncio.to_thread(store.add_feed, feed, datetime.now(UTC))
        await crew.claim_polls()
        while crew.in_hand[0] >= crew.concurrency - 1:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    while crew.busy:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return [
        (receiver.arrived[one] - at) * 1000
        for one, at in watched.committed.items()
        if one in receiver.arrived
    ]


def made(number, names):
    now = datetime.now(UTC)
    return Delivery(
        id=f"dlv_{number:08}",
        alert_id="",
        sequence=1,
        receiver=names[number % len(names)],
        due=now,
        created=now,
        body=BODY,
    )


async def bulk(store, urls, client, first, count):
    """Return deliveries a second, each commit included, and the memory at both ends."""
    crew, names = crew_of(store, urls, client), list(urls)
    for begin in range(0, count, 5000):
        these = range(first + begin, first + min(begin + 5000, count))
        store.add_deliveries([made(n, names) for n in these])
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    while await crew.claim_deliveries() or crew.busy:  # noqa: ASYNC110
        # As the daemon ticks, only without waiting a second for the first.
        await asyncio.sleep(0.05)
    took = time.perf_counter() - began
    return count / took, before, process.memory_info().rss


async def bare(urls, count):
    """Return requests a second by httpx alone, as many at once as there are receivers."""
    async with httpx.AsyncClient() as client:
        left = iter(range(count))

        async def work(url):
            for number in left:
                headers = {"webhook-id": f"bare{number}"}
                await client.post(url, content=BODY.content, headers=headers)

        began = time.perf_counter()
        await asyncio.gather(*(work(url) for url in urls.values()))
        return count / (time.perf_counter() - began)


async def run(url, options):
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    urls = {f"r{n}": f"http://127.0.0.1:{port}/r{n}" for n in range(options.receivers)}
    one = dict(list(urls.items())[:1])
    client = guarded_client(
        AddressGuard(["127.0.0.0/8"]), user_agent="bench", keep_alive=True
    )
    store = open_store(url)
    found = {"store": store.shown_url.split(":")[0]}
    async with server, client:
        if options.drain:
            rate, before, after = await bulk(store, urls, client, 0, options.drain)
            found |= {
                "drained": options.drain,
                "drained_per_s": round(rate),
                "memory_before_mb": round(before / 2**20),
                "memory_after_mb": round(after / 2**20),
                "memory_peak_mb": round(
                    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                ),
            }
        else:
            waits = sorted(await paced(store, one, client, receiver, options))
            single, _, _ = await bulk(store, one, client, 1_000_000, options.backlog)
            many, _, _ = await bulk(store, urls, client, 2_000_000, options.backlog)
            alone = await bare(one, options.backlog)
            found |= {
                "rate_per_s": options.rate,
                "messages": len(waits),
                "p50_ms": round(statistics.median(waits), 1),
                "p99_ms": round(waits[int(len(waits) * 0.99)], 1),
                "one_receiver_per_s": round(single),
                f"{options.receivers}_receivers_per_s": round(many),
                "httpx_alone_per_s": round(alone),
                "ratio_to_httpx_alone": round(single / alone, 2),
            }
    store.close()
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--backlog", type=int, default=2000)
    parser.add_argument("--receivers", type=int, default=4)
    parser.add_argument("--drain", type=int, default=0, help="empty so many, only")
    parser.add_argument(
        "--postgres", nargs="?", const="embedded", help="a URL, or an own server"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.postgres == "embedded":
            server = stack.enter_context(postgres.running(durable=True))
            url = server.new_database()
        elif options.postgres:
            url = options.postgres
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
        found = asyncio.run(run(url, options))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
