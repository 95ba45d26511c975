"""How fast messages leave: from the commit to the webhook's arrival, and in bulk.

    python bench/deliver.py [--rate 50] [--seconds 10] [--backlog 2000] [--receivers 4] [--json]

The outbox on SQLite, the courier and signed webhooks as the daemon runs them, to servers on
loopback in the same process. Beside it the same requests by httpx alone, without an outbox:
what the record costs. Medians and ratios of one run; no figure is part of a test.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from monitor.clock import SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.model import Body, Delivery
from monitor.pipeline.courier import Courier
from monitor.pipeline.crew import Crew
from monitor.send.deliveries import Policy
from monitor.send.webhook import WebhookChannel
from monitor.store.records import open_store

SECRET = "whsec_" + "YmVuY2htYXJrLXNlY3JldC1vZi10aGlydHktdHdv"
BODY = Body(
    content_type="application/json",
    content=json.dumps(
        {"type": "alert.matched", "data": {"text": "x" * 3000}}
    ).encode(),
)


class Silent:
    def polled(self, report):
        pass

    def delivered(self, report):
        pass


class Receiver:
    """Answers 204 and remembers when each id arrived."""

    def __init__(self):
        self.arrived = {}

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode().lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if line)
            await reader.readexactly(int(headers["content-length"]))
            self.arrived.setdefault(headers["webhook-id"], time.perf_counter())
            writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


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


def crew_of(store, urls, client):
    clock = SystemClock()
    courier = Courier(store=store, clock=clock, chance=lambda: 0.5, policy=Policy())
    courier.channels = {
        name: WebhookChannel(
            name=name, url=url, client=client, clock=clock, secrets=(SECRET,)
        )
        for name, url in urls.items()
    }
    return Crew(
        store=store,
        poller=None,
        courier=courier,
        clock=clock,
        observer=Silent(),
        owner="bench",
        concurrency=1,
        lease=timedelta(minutes=5),
    )


async def paced(crew, store, receiver, names, options):
    """Return milliseconds from the commit to the arrival, at a steady rate."""
    committed, numbers = {}, range(int(options.rate * options.seconds))
    began = time.perf_counter()
    for number in numbers:
        await asyncio.sleep(max(0, began + number / options.rate - time.perf_counter()))
        delivery = made(number, names)
        await asyncio.to_thread(store.add_deliveries, [delivery])
        committed[delivery.id] = time.perf_counter()
        await crew.claim_deliveries()
    await drained(crew)
    return [
        (receiver.arrived[one] - at) * 1000
        for one, at in committed.items()
        if one in receiver.arrived
    ]


async def drained(crew):
    while True:
        claimed = await crew.claim_deliveries()
        if crew._deliveries:
            await asyncio.wait(list(crew._deliveries), return_when="FIRST_COMPLETED")
        elif not claimed:
            return


async def bulk(crew, store, names, count):
    store.add_deliveries([made(1_000_000 + n, names) for n in range(count)])
    began = time.perf_counter()
    await drained(crew)
    return count / (time.perf_counter() - began)


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


async def run(options):
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    names = [f"r{n}" for n in range(options.receivers)]
    urls = {name: f"http://127.0.0.1:{port}/{name}" for name in names}
    client = guarded_client(AddressGuard(["127.0.0.0/8"]), user_agent="bench")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        async with server, client:
            crew = crew_of(store, urls, client)
            waits = sorted(await paced(crew, store, receiver, names, options))
            one = await bulk(crew, store, names[:1], options.backlog // 4)
            alone = await bare({"r0": urls["r0"]}, options.backlog // 4)
            store.retain(datetime.now(UTC), timedelta(), timedelta())
            many = 0.0
            if options.receivers > 1:
                crew = crew_of(store, urls, client)
                fresh = [f"{n}" for n in names]
                store.add_deliveries(
                    [made(2_000_000 + n, fresh) for n in range(options.backlog)]
                )
                began = time.perf_counter()
                await drained(crew)
                many = options.backlog / (time.perf_counter() - began)
        store.close()
    return {
        "rate_per_s": options.rate,
        "messages": len(waits),
        "p50_ms": round(statistics.median(waits), 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)], 1),
        "one_receiver_per_s": round(one),
        f"{options.receivers}_receivers_per_s": round(many),
        "httpx_alone_per_s": round(alone),
        "ratio_to_httpx_alone": round(one / alone, 2),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--backlog", type=int, default=2000)
    parser.add_argument("--receivers", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(run(options))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
