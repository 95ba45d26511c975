"""The client under everything: what the wire library would do wrong, it does not."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import trustme

from monitor.collect.addresses import AddressGuard
from monitor.collect.dialling import ConnectFailed, ForbiddenAddress
from monitor.collect.feeds import FeedFetcher, Limits
from monitor.collect.transport import GuardedClient, guarded_client
from monitor.model import Exchange, Feed, FeedState, Fetched

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n"


@dataclass
class Wire:
    """Answers every request with the same bytes, and keeps what it was sent."""

    answer: bytes = HEAD + b"\r\nhi"
    heads: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def line(self) -> bytes:
        return self.heads[-1].split(b"\r\n")[0]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield made


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    guard = AddressGuard(["127.0.0.1/32"])
    async with guarded_client(guard, user_agent="test") as made:
        yield made


async def fetch(client: GuardedClient, url: str, **state: str) -> Exchange:
    fetcher = FeedFetcher(client, limits=Limits(deadline=5))
    return await fetcher.fetch(Feed(url=url), FeedState(**state))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path", ["/a%2Cb?q=%7Ea%2B+b", "/%7euser/%2e%2e/a", "/a?q=a%3Db&e=", "/?sig=a%2fb"]
)
async def test_an_address_leaves_as_it_was_written(
    wire: Wire, client: GuardedClient, path: str
) -> None:
    await fetch(client, wire.url(path))
    assert wire.line == f"GET {path} HTTP/1.1".encode()


async def test_a_name_and_password_in_an_address_go_into_the_header(
    wire: Wire, client: GuardedClient
) -> None:
    await fetch(client, wire.url().replace("//", "//me:a%3Ab@"))
    assert b"\r\nAuthorization: Basic bWU6YTpi\r\n" in wire.heads[-1]
    assert wire.line == b"GET / HTTP/1.1"


@pytest.mark.parametrize("etag", ['"é"', '"Привет"'], ids=["latin-1", "utf-8"])
async def test_a_validator_that_is_no_ascii_goes_back_byte_for_byte(
    wire: Wire, client: GuardedClient, etag: str
) -> None:
    raw = etag.encode("utf-8" if etag == '"Привет"' else "latin-1")
    wire.answer = HEAD + b"ETag: " + raw + b"\r\n\r\nhi"
    first = await fetch(client, wire.url())
    await fetch(client, wire.url(), etag=first.headers["etag"])
    assert b"\r\nIf-None-Match: " + raw + b"\r\n" in wire.heads[-1]


async def test_cookies_and_redirects_are_left_alone(
    wire: Wire, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(monkeypatch, "127.0.0.1")
    wire.answer = HEAD + b"Set-Cookie: id=1; Path=/\r\n\r\nhi"
    await client.get(f"http://cookies.example:{wire.port}/")
    await client.get(f"http://cookies.example:{wire.port}/")
    assert b"\r\ncookie:" not in wire.heads[-1].lower()
    wire.answer = b"HTTP/1.1 302 x\r\nLocation: /g\r\nContent-Length: 0\r\n\r\n"
    assert (await client.get(wire.url())).status_code == 302
    assert len(wire.heads) == 3


async def test_heads_of_ordinary_size_and_more_are_read(
    wire: Wire, client: GuardedClient
) -> None:
    wire.answer = (
        HEAD + b"X: " + b"a" * 30_000 + b"\r\n" + b"Y: z\r\n" * 300 + b"\r\nhi"
    )
    assert (await fetch(client, wire.url())).body == b"hi"
    assert len(wire.heads) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2\r\n",
        b"Y: z\r\n" * 600,
    ],
    ids=["two lengths", "600 headers"],
)
async def test_what_aiohttp_cannot_read_is_asked_once_more_and_remembered(
    wire: Wire, client: GuardedClient, head: bytes
) -> None:
    wire.answer = HEAD + head + b"\r\nhi"
    assert (await fetch(client, wire.url())).body == b"hi"
    assert len(wire.heads) == 2
    assert (await fetch(client, wire.url())).body == b"hi"
    assert len(wire.heads) == 3


async def test_what_neither_can_read_is_a_fault_in_one_sentence(
    wire: Wire, client: GuardedClient
) -> None:
    wire.answer = b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"
    found = await fetch(client, wire.url())
    assert (found.outcome, found.kind) == (Fetched.FAILED, "protocol")
    assert found.problem


async def test_a_post_is_sent_once_whatever_the_answer_looks_like(
    wire: Wire, client: GuardedClient
) -> None:
    wire.answer = b"HTTP/1.1 204 OK\r\nContent-Length: 2\r\n\r\nok"
    assert (await client.post(wire.url(), content=b"{}")).status_code == 204
    wire.answer = b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(wire.url(), content=b"{}")
    assert len(wire.heads) == 2


@pytest.mark.parametrize("library", ["aiohttp", "httpcore"])
@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[2002:a00:1::]",
        "[64:ff9b::a00:1]",
        "0.0.0.0",
    ],
)
async def test_a_literal_is_judged_where_it_is_dialled(
    client: GuardedClient, host: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[Any] = []

    async def connect(_: Any, __: Any, address: Any) -> None:
        dialled.append(address)
        raise OSError

    loop = type(asyncio.get_running_loop())
    monkeypatch.setattr(loop, "sock_connect", connect)
    send = client.get if library == "aiohttp" else client.post
    with pytest.raises(ForbiddenAddress):
        await send(f"http://{host}/")
    assert dialled == []


@pytest.mark.parametrize("library", ["aiohttp", "httpcore"])
async def test_one_forbidden_answer_condemns_a_name(
    wire: Wire,
    client: GuardedClient,
    library: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolves(monkeypatch, "127.0.0.1", "10.0.0.1")
    send = client.get if library == "aiohttp" else client.post
    with pytest.raises(ForbiddenAddress):
        await send(f"http://innocent.example:{wire.port}/")
    assert wire.heads == []


async def test_a_name_that_changes_its_answer_gains_nothing(
    wire: Wire, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolves(monkeypatch, "127.0.0.1")
    await client.get(f"http://rebinding.example:{wire.port}/")
    assert asked == ["rebinding.example"], "asked once: what was judged is dialled"


async def test_failures_to_connect_have_their_kind(client: GuardedClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ConnectFailed) as refused:
            await client.get(f"http://127.0.0.1:{port}/")
    assert refused.value.kind == "connect"
    assert "refused" in str(refused.value)


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    client: GuardedClient,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    made = Wire()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        found = await fetch(client, f"https://127.0.0.1:{port}/")
    assert found.kind == "tls"
    assert "certificate" in found.problem


# ── through a proxy ──────────────────────────────────────────────────────────


@dataclass
class Proxy:
    """Forwards what it is asked to its one target, whatever the address says."""

    target: int
    heads: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            back.write(head)
        await asyncio.gather(_pour(reader, back), _pour(there, writer))


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name resolve to these; return the names that were asked."""
    real, asked = socket.getaddrinfo, []

    def answer(host: str, port: int, *a: Any, flags: int = 0, **k: Any) -> Any:
        if host.replace(".", "").isdigit():
            return real(host, port, *a, **{**k, "flags": flags})
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name, not a number")
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_is_asked_for_public_targets_only(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Proxy(target=1)
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        resolves(monkeypatch, "10.0.0.1")
        # The proxy's own address is private, and is nobody's business but ours.
        proxy = f"http://127.0.0.1:{port}"
        async with guarded_client(
            AddressGuard(), user_agent="test", proxy=proxy
        ) as client:
            for host in ("innocent.example", "10.0.0.1", "169.254.169.254", "[::1]"):
                found = await fetch(client, f"{scheme}://{host}/")
                assert found.kind == "forbidden-address", host
    assert made.heads == []


async def test_a_proxy_gets_the_request_and_its_password(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Proxy(target=wire.port)
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        resolves(monkeypatch, "1.1.1.1")
        proxy = f"http://me:secret@127.0.0.1:{port}"
        async with guarded_client(
            AddressGuard(), user_agent="test", proxy=proxy
        ) as client:
            found = await fetch(client, "http://news.example/f")
    assert found.body == b"hi"
    assert made.heads[0].startswith(b"GET http://news.example/f HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in made.heads[0]


async def test_a_proxy_is_told_the_address_that_was_judged_not_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    feed, made = Wire(), Proxy(target=0)
    async with (
        await asyncio.start_server(feed.serve, "127.0.0.1", 0, ssl=serving) as far,
        await asyncio.start_server(made.serve, "127.0.0.1", 0) as near,
    ):
        made.target = far.sockets[0].getsockname()[1]
        resolves(monkeypatch, "1.1.1.1")
        proxy = f"http://127.0.0.1:{near.sockets[0].getsockname()[1]}"
        async with guarded_client(
            AddressGuard(), user_agent="test", proxy=proxy, verify=trusting
        ) as client:
            found = await fetch(client, "https://news.example/f")
    assert found.body == b"hi", found.problem
    assert made.heads[0].startswith(b"CONNECT 1.1.1.1:443 HTTP/1.1\r\n")
    assert b"\r\nHost: news.example\r\n" in feed.heads[0]


@dataclass
class Kept:
    """Counts connections; answers as many requests on each as it is told, then ends."""

    each: int
    connections: int = 0
    requests: int = 0
    tasks: list["asyncio.Task[Any] | None"] = field(default_factory=list)

    async def ended(self) -> None:
        """Return when every connection is closed."""
        await asyncio.gather(*(task for task in self.tasks if task is not None))

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        self.tasks.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            for _ in range(self.each):
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(1)
                self.requests += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize(("each", "expected"), [(100, 1), (1, 6), (3, 2)])
async def test_a_connection_is_kept_for_posts_as_long_as_the_other_side_keeps_it(
    each: int, expected: int
) -> None:
    kept = Kept(each)
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    guard = AddressGuard(["127.0.0.0/8"])
    async with (
        server,
        guarded_client(guard, user_agent="test", keep_alive=True) as client,
    ):
        for _ in range(6):
            answer = await client.post(url, content=b"x")
            assert answer.status_code == 204
    await kept.ended()
    assert (kept.connections, kept.requests) == (expected, 6)


async def test_without_being_asked_no_connection_is_kept() -> None:
    kept = Kept(100)
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    guard = AddressGuard(["127.0.0.0/8"])
    async with server, guarded_client(guard, user_agent="test") as client:
        for _ in range(3):
            await client.post(url, content=b"x")
    await kept.ended()
    assert kept.connections == 3
