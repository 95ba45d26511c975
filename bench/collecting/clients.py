"""One HTTP client against many feeds: its own CPU a poll, as one line of JSON.

    python -m bench.collecting.clients NAME POLLS CONCURRENCY < URLS

Each poll opens a connection and closes it, as feeds that are polled every quarter of an
hour must; sends a validator; reads and undoes the whole body. A tenth more is polled
first, and not counted.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable

HEADERS = {
    "User-Agent": "bench",
    "Accept-Encoding": "gzip, deflate",
    "If-None-Match": '"1"',
    "Connection": "close",
}


async def with_httpx(urls, polls, width):
    import httpx  # noqa: PLC0415

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

        async def get(url):
            (await client.get(url, headers=HEADERS)).content  # noqa: B018

        return await measured(get, urls, polls, width)


async def with_httpx_aiohttp(urls, polls, width):
    import aiohttp  # noqa: PLC0415
    import httpx  # noqa: PLC0415
    from httpx_aiohttp import AiohttpTransport  # noqa: PLC0415

    def session():
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        jar = aiohttp.DummyCookieJar()
        return aiohttp.ClientSession(connector=connector, cookie_jar=jar)

    transport = AiohttpTransport(client=session)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:

        async def get(url):
            (await client.get(url, headers=HEADERS)).content  # noqa: B018

        return await measured(get, urls, polls, width)


async def with_aiohttp(urls, polls, width):
    import aiohttp  # noqa: PLC0415

    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as client:

        async def get(url):
            async with client.get(url, headers=HEADERS) as answer:
                await answer.read()

        return await measured(get, urls, polls, width)


async def with_ours(urls, polls, width):
    """Our fetcher alone: no daemon, no database."""
    from monitor.collect.addresses import AddressGuard  # noqa: PLC0415
    from monitor.collect.feeds import FeedFetcher  # noqa: PLC0415
    from monitor.collect.transport import guarded_client  # noqa: PLC0415
    from monitor.model import Feed, FeedState  # noqa: PLC0415

    guard, state = AddressGuard(["127.0.0.0/8"]), FeedState(etag='"1"')
    async with guarded_client(guard, user_agent="bench") as client:
        fetcher = FeedFetcher(client)

        async def get(url):
            found = await fetcher.fetch(Feed(url=url), state)
            if found.problem:
                raise RuntimeError(found.problem)

        return await measured(get, urls, polls, width)


async def measured(get: Callable, urls, polls, width):
    todo = itertools.cycle(urls)

    async def work(count):
        for _ in range(count):
            await get(next(todo))

    async def run(count):
        each, left = divmod(count, width)
        await asyncio.gather(*(work(each + (i < left)) for i in range(width)))

    await run(max(polls // 10, width))
    cpu, began = time.process_time(), time.perf_counter()
    await run(polls)
    return time.process_time() - cpu, time.perf_counter() - began


class Curl:
    """pycurl's multi interface, `width` transfers at a time."""

    def __init__(self, urls, width):
        import pycurl  # noqa: PLC0415

        self.curl, self.todo, self.width = pycurl, itertools.cycle(urls), width
        self.multi = pycurl.CurlMulti()
        lines = [f"{k}: {v}" for k, v in HEADERS.items() if k != "Accept-Encoding"]
        self.options = {
            pycurl.HTTPHEADER: lines,
            pycurl.ACCEPT_ENCODING: "gzip, deflate",
            pycurl.FORBID_REUSE: 1,
            pycurl.FRESH_CONNECT: 1,
            pycurl.WRITEFUNCTION: len,
        }

    def start(self, handle):
        handle.setopt(self.curl.URL, next(self.todo))
        self.multi.add_handle(handle)

    def run(self, count):
        handles = [self.curl.Curl() for _ in range(self.width)]
        for handle in handles:
            for option, value in self.options.items():
                handle.setopt(option, value)
            self.start(handle)
        done = 0
        while done < count:
            self.multi.perform()
            _, good, bad = self.multi.info_read()
            if bad:
                raise RuntimeError(bad[0])
            for handle in good:
                self.multi.remove_handle(handle)
                done += 1
                if done + self.width <= count:
                    self.start(handle)
            if not good:
                self.multi.select(1.0)


def with_pycurl(urls, polls, width):
    curl = Curl(urls, width)
    curl.run(max(polls // 10, width))
    cpu, began = time.process_time(), time.perf_counter()
    curl.run(polls)
    return time.process_time() - cpu, time.perf_counter() - began


CLIENTS = {
    "httpx": with_httpx,
    "httpx on aiohttp": with_httpx_aiohttp,
    "aiohttp": with_aiohttp,
    "tocsin, fetch alone": with_ours,
    "pycurl": with_pycurl,
}


def main() -> None:
    name, polls, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    urls = json.load(sys.stdin)
    client = CLIENTS[name]
    run = client(urls, polls, width)
    cpu, seconds = asyncio.run(run) if asyncio.iscoroutine(run) else run
    print(json.dumps({"us": cpu / polls * 1e6, "polls_a_second": polls / seconds}))


if __name__ == "__main__":
    main()
