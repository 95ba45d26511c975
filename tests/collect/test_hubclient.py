"""Asking a hub: what it answers, where it redirects to, and what is told to nobody else."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme

from monitor.collect.addresses import AddressGuard
from monitor.collect.hubclient import HubClient
from monitor.collect.transport import guarded_client

FORM = {"hub.mode": "subscribe", "hub.secret": "s3cret"}


@dataclass
class Hub:
    """Answers every request with the same head, and keeps the forms that came."""

    answer: str = "202 Accepted"
    more: str = ""
    forms: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        self.forms.append(await reader.readexactly(length))
        end = "Content-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 {self.answer}\r\n{self.more}{end}".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(
    hub: Hub, context: ssl.SSLContext | None = None
) -> AsyncIterator[Hub]:
    listening = await asyncio.start_server(hub.serve, "127.0.0.1", 0, ssl=context)
    hub.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield hub


async def ask(hub: str, verify: ssl.SSLContext | bool = True) -> str:  # noqa: FBT001, FBT002
    guard = AddressGuard(["127.0.0.1/32"])
    async with guarded_client(guard, user_agent="test", verify=verify) as client:
        return await HubClient(client, deadline=5).ask(hub, FORM)


async def test_a_hub_that_moved_is_asked_where_it_is_now() -> None:
    async with serving(Hub()) as there:
        moved = f"Location: http://127.0.0.1:{there.port}/new\r\n"
        async with serving(Hub("307 Temporary Redirect", moved)) as here:
            assert await ask(f"http://127.0.0.1:{here.port}/") == ""
    assert here.forms == there.forms == [b"hub.mode=subscribe&hub.secret=s3cret"]


async def test_a_hub_over_tls_has_no_secret_sent_in_the_clear() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with serving(Hub()) as there:
        moved = f"Location: http://127.0.0.1:{there.port}/new\r\n"
        async with serving(Hub("308 Permanent Redirect", moved), context) as here:
            said = await ask(f"https://127.0.0.1:{here.port}/", trusting)
    assert said == "the hub redirects from https to http, where others can read along"
    assert (len(here.forms), there.forms) == (1, [])


async def test_a_hub_that_goes_round_in_a_circle_or_refuses_is_told() -> None:
    async with serving(Hub("307 Temporary Redirect", "Location: /\r\n")) as here:
        said = await ask(f"http://127.0.0.1:{here.port}/")
    assert said == "the hub redirects more than 3 times"
    async with serving(Hub("307 Temporary Redirect")) as here:
        said = await ask(f"http://127.0.0.1:{here.port}/")
    assert said == "the hub answered 307"
    async with serving(Hub("307 Moved", "Location: ftp://127.0.0.1/\r\n")) as here:
        said = await ask(f"http://127.0.0.1:{here.port}/")
    assert said.startswith("the hub cannot be asked: ")
