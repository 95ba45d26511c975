"""One GET against servers that misbehave, over real sockets on loopback."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from monitor.collect.addresses import AddressGuard
from monitor.collect.feeds import FeedFetcher, Limits
from monitor.collect.transport import guarded_client
from monitor.model import Exchange, Feed, FeedState, Fetched

BODY = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {v}" for name, v in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        await writer.drain()

    return answer


def drips(seconds: float) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(seconds)

    return answer


@dataclass
class Server:
    """Answers each path as scripted, and remembers what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            self.asked.append((path, {k.lower(): v for k, v in headers.items()}))
            await self.answers[path](writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield made


async def fetch(url: str, state: FeedState | None = None, **limits: Any) -> Exchange:
    guard = AddressGuard(["127.0.0.1/32"])
    async with guarded_client(guard, user_agent="test") as client:
        fetcher = FeedFetcher(client, limits=Limits(**limits))
        return await fetcher.fetch(Feed(url=url), state or FeedState())


async def test_validators_are_echoed_to_the_letter(server: Server) -> None:
    server.answers["/f"] = says(304)
    state = FeedState(etag='W/"a b"', last_modified="Sometime last week")
    found = await fetch(server.url("/f"), state)
    assert found.outcome is Fetched.NOT_MODIFIED
    headers = server.asked[0][1]
    assert headers["if-none-match"] == 'W/"a b"'
    assert headers["if-modified-since"] == "Sometime last week"


async def test_a_body_comes_with_its_headers(server: Server) -> None:
    server.answers["/f"] = says(200, BODY, ETag='"1"')
    found = await fetch(server.url("/f"))
    assert (found.outcome, found.body) == (Fetched.BODY, BODY)
    assert found.headers["etag"] == '"1"'
    assert "if-none-match" not in server.asked[0][1]


async def test_redirects_are_followed_by_our_own_loop(server: Server) -> None:
    server.answers["/f"] = says(301, Location="/g")
    server.answers["/g"] = says(308, Location=server.url("/h"))
    server.answers["/h"] = says(200, BODY)
    found = await fetch(server.url("/f"))
    assert found.body == BODY
    assert found.permanent_url == server.url("/h")


async def test_a_login_goes_along_to_the_same_origin_and_nowhere_else(
    server: Server,
) -> None:
    server.answers["/f"] = says(302, Location="/g")
    server.answers["/g"] = says(302, Location=server.url("/h"))
    elsewhere = server.url("/i").replace("127.0.0.1", "localhost")
    server.answers["/h"] = says(302, Location=elsewhere)
    server.answers["/i"] = says(200, BODY)
    found = await fetch(server.url("/f").replace("//", "//bob:secret@"))
    assert (found.body, found.problem) == (BODY, "")
    sent = [path for path, headers in server.asked if "authorization" in headers]
    assert sent == ["/f", "/g", "/h"]
    assert "secret" not in found.final_url


async def test_one_temporary_hop_makes_the_way_temporary(server: Server) -> None:
    server.answers["/f"] = says(301, Location="/g")
    server.answers["/g"] = says(302, Location="/h")
    server.answers["/h"] = says(200, BODY)
    found = await fetch(server.url("/f"))
    assert found.body == BODY
    assert found.permanent_url == ""


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
    ],
)
async def test_a_redirect_to_a_private_address_is_not_followed(
    server: Server, target: str
) -> None:
    server.answers["/f"] = says(302, Location=target)
    found = await fetch(server.url("/f"))
    assert found.outcome is Fetched.FAILED
    assert found.kind in {"forbidden-address", "dns", "redirect"}
    assert found.problem
    assert len(server.asked) == 1


async def test_a_forbidden_address_is_named_with_its_host_and_reason(
    server: Server,
) -> None:
    server.answers["/f"] = says(302, Location="http://169.254.169.254/latest")
    found = await fetch(server.url("/f"))
    assert found.problem.startswith(
        "169.254.169.254: its address must not be dialled: "
        "169.254.169.254 is link-local; "
    )


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x/", "", "http://"])
async def test_a_redirect_to_no_web_address_fails(server: Server, target: str) -> None:
    server.answers["/f"] = says(302, Location=target)
    assert (await fetch(server.url("/f"))).outcome is Fetched.FAILED


async def test_a_loop_of_redirects_ends(server: Server) -> None:
    server.answers["/f"] = says(302, Location="/g")
    server.answers["/g"] = says(302, Location="/f")
    found = await fetch(server.url("/f"))
    assert found.kind == "redirect"
    assert len(server.asked) <= 6


async def test_a_name_that_resolves_to_loopback_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/f"] = says(200, BODY)

    def resolved(host: str, port: int, *_: Any, flags: int = 0, **__: Any) -> list[Any]:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name, not a number")
        assert host == "innocent.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    found = await fetch(f"http://innocent.example:{server.port}/f")
    assert found.kind == "forbidden-address"
    assert server.asked == []


@pytest.mark.parametrize("host", ["xn--i-7iq.example", "xn--zzzzzzzzzzzzzz9999"])
async def test_a_name_that_idna_forbids_is_asked_for_as_it_is_written(
    server: Server, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """A heart in a name: registered, resolved by every resolver, and no IDNA 2008."""
    server.answers["/f"] = says(302, Location="/g")
    server.answers["/g"] = says(200, BODY)

    def resolved(
        asked: str, port: int, *_: Any, flags: int = 0, **__: Any
    ) -> list[Any]:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name, not a number")
        assert asked == host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    found = await fetch(f"http://{host}:{server.port}/f", spacing=0)
    assert (found.body, found.problem) == (BODY, "")
    assert server.asked[0][1]["host"] == f"{host}:{server.port}"


async def test_a_slow_drip_meets_the_total_deadline(server: Server) -> None:
    server.answers["/f"] = drips(0.01)
    found = await fetch(server.url("/f"), deadline=0.3)
    assert (found.outcome, found.kind) == (Fetched.FAILED, "timeout")


async def test_a_body_is_bounded_on_the_wire(server: Server) -> None:
    server.answers["/f"] = says(200, b"x" * 8_000_000)
    found = await fetch(server.url("/f"), max_bytes=1_000_000)
    assert (found.kind, found.body) == ("too-large", b"")


async def test_a_body_is_bounded_after_decompression(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    server.answers["/f"] = says(200, bomb, Content_Encoding="gzip")
    found = await fetch(server.url("/f"), max_bytes=1_000_000)
    assert (found.kind, found.body) == ("too-large", b"")


async def test_what_is_packed_twice_or_served_as_a_gzip_file_is_unpacked(
    server: Server,
) -> None:
    packed = gzip.compress(BODY)
    server.answers["/f"] = says(200, gzip.compress(packed), Content_Encoding="gzip")
    assert (await fetch(server.url("/f"))).body == BODY
    server.answers["/f"] = says(200, packed)
    assert (await fetch(server.url("/f"))).body == BODY
    server.answers["/f"] = says(200, packed[:-9])
    assert (await fetch(server.url("/f"))).kind == "encoding"
    server.answers["/f"] = says(200, gzip.compress(b"\0" * 50_000_000))
    found = await fetch(server.url("/f"), max_bytes=1_000_000)
    assert (found.kind, found.body) == ("too-large", b"")


async def test_gzip_is_undone_and_an_unknown_coding_refused(server: Server) -> None:
    server.answers["/f"] = says(200, gzip.compress(BODY), Content_Encoding="gzip")
    assert (await fetch(server.url("/f"))).body == BODY
    server.answers["/g"] = says(200, BODY, Content_Encoding="zstd")
    assert (await fetch(server.url("/g"))).kind == "encoding"


@pytest.mark.parametrize("stated", ["utf-8", "UTF-8", "none", "windows-1251", "8bit"])
async def test_what_is_no_coding_of_content_is_passed_over(
    server: Server, stated: str
) -> None:
    """Servers state the charset there; every browser reads on."""
    server.answers["/f"] = says(200, BODY, Content_Encoding=stated)
    assert (await fetch(server.url("/f"))).body == BODY
    packed = gzip.compress(BODY)
    server.answers["/f"] = says(200, packed, Content_Encoding=f"gzip, {stated}")
    assert (await fetch(server.url("/f"))).body == BODY


@pytest.mark.parametrize("packed", [1, 2])
async def test_gzip_may_be_stated_twice_and_applied_once_or_twice(
    server: Server, packed: int
) -> None:
    body = BODY
    for _ in range(packed):
        body = gzip.compress(body)
    server.answers["/f"] = says(200, body, Content_Encoding="gzip, gzip")
    assert (await fetch(server.url("/f"))).body == BODY
    server.answers["/f"] = says(200, body, Content_Encoding="br, gzip")
    assert (await fetch(server.url("/f"))).kind == "encoding"


async def test_half_a_body_is_no_body(server: Server) -> None:
    async def breaks(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + BODY)
        await writer.drain()

    server.answers["/f"] = breaks
    found = await fetch(server.url("/f"))
    assert (found.outcome, found.body) == (Fetched.FAILED, b"")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503, 599])
async def test_a_status_that_is_no_feed_fails_with_it(
    server: Server, status: int
) -> None:
    server.answers["/f"] = says(status, b"no", Retry_After="60")
    found = await fetch(server.url("/f"))
    assert (found.outcome, found.status) == (Fetched.FAILED, status)
    assert found.headers["retry-after"] == "60"
    assert found.problem.endswith("; it says to wait 60 s")


async def test_one_host_is_never_asked_more_than_two_things_at_once(
    server: Server,
) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await says(200, BODY)(writer)

    guard = AddressGuard(["127.0.0.1/32"])
    async with guarded_client(guard, user_agent="test") as client:
        fetcher = FeedFetcher(client)
        for number in range(12):
            server.answers[f"/{number}"] = slow
        found = await asyncio.gather(
            *(
                fetcher.fetch(Feed(url=server.url(f"/{n}")), FeedState())
                for n in range(12)
            )
        )
    assert all(one.outcome is Fetched.BODY for one in found)
    assert server.most_at_once == 2
