"""Many feeds on many loopback addresses, in a process of its own.

    python -m bench.collecting.publisher HOSTS

listens on one port of 127.2.0.1, 127.2.0.2 ..., prints the port, and serves until its
standard input is closed. `/u/N` is answered 304 where a validator comes along. `/c/N`
is another feed of 50 kB and 30 entries each time it is asked, with one new entry;
`/s/N` is a small one of three entries.
"""

import asyncio
import sys
import zlib
from collections import Counter

ETAG = '"1"'
_WORDS = [
    "ministry",
    "border",
    "convoy",
    "grain",
    "pipeline",
    "election",
    "protest",
    "tanker",
    "sanction",
    "court",
    "drone",
    "summit",
    "refinery",
    "opposition",
    "statement",
    "regional",
    "inspectors",
    "harbour",
    "treaty",
    "observers",
    "budget",
    "railway",
    "embassy",
    "strike",
    "parliament",
    "mediators",
    "ceasefire",
]
_304 = f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\n\r\n".encode()
_200 = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\n"
    'Content-Encoding: gzip\r\nETag: "{}"\r\nContent-Length: {}\r\n\r\n'
)


def entry(feed: str, number: int) -> str:
    """Return one entry of 1.7 kB."""
    word = [
        _WORDS[(number * 7 + i * (3 + number % 5)) % len(_WORDS)] for i in range(200)
    ]
    return (
        f"<item><title>{' '.join(word[:9]).capitalize()} {number}</title>"
        f"<guid>{feed}-{number}</guid><link>http://news.example/{feed}/{number}</link>"
        f"<pubDate>Wed, 25 Nov 2026 {number // 60 % 24:02}:{number % 60:02}:00 GMT"
        f"</pubDate><description>{' '.join(word)}</description></item>"
    )


def document(feed: str, number: int, entries: int = 30) -> bytes:
    """Return the feed as of its `number`th change."""
    numbers = range(number + entries - 1, number - 1, -1)
    listed = "".join(entry(feed, n) for n in numbers)
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        f"<title>Feed {feed}</title>{listed}</channel></rss>"
    ).encode()


def gzipped(body: bytes) -> bytes:
    coder = zlib.compressobj(1, wbits=31)
    return coder.compress(body) + coder.flush()


CHANGES: Counter[str] = Counter()
"""How often each feed was asked for."""


class Feeds(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.head = b""

    def data_received(self, data: bytes) -> None:
        self.head += data
        while b"\r\n\r\n" in self.head:
            head, _, self.head = self.head.partition(b"\r\n\r\n")
            self.transport.write(self.answer(head))
            if b"connection: close" in head.lower():
                self.transport.close()

    def answer(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/u/"):
            if b"if-none-match:" in head.lower():
                return _304
            body, etag = gzipped(document(path[3:], 0)), "1"
        elif path.startswith("/s/"):
            body, etag = gzipped(document(path[3:], 0, entries=3)), "1"
        else:
            CHANGES[path] += 1
            etag = str(CHANGES[path])
            body = gzipped(document(path[3:], CHANGES[path]))
        return _200.format(etag, len(body)).encode() + body


def host(index: int) -> str:
    return f"127.2.{index // 250}.{index % 250 + 1}"


async def main(hosts: int) -> None:
    loop = asyncio.get_running_loop()
    port, servers = 0, []
    for index in range(hosts):
        server = await loop.create_server(Feeds, host(index), port, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        servers.append(server)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
