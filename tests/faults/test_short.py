"""Faults of receivers, networks, clocks and disks; none loses a message, none needs a person.

Real channels to real servers on loopback that misbehave; time is the test's own.
"""

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.collect import dialling
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.errors import StoreUnavailable
from monitor.model import DeliveryState
from monitor.send.deliveries import Channel
from monitor.send.smtp import EmailChannel, Server
from monitor.send.webhook import WebhookChannel
from monitor.store import database
from tests.pipeline.world import START, World, entry

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NEWS = "Thirty-three men detained near Minsk"
GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@dataclass
class Misbehaving:
    """An HTTP server that goes through faults, one a request, and then behaves."""

    faults: list[str]
    seen: list[tuple[str, bytes, str]] = field(default_factory=list)
    """Id and body of each request, and how it was answered."""
    port: int = 0
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                headers = dict(x.split(": ", 1) for x in head.split("\r\n")[1:] if x)
                body = await reader.readexactly(int(headers["content-length"]))
                fault = self.faults.pop(0) if self.faults else ""
                self.seen.append((headers["webhook-id"], body, fault))
                await self._answer(fault, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, fault: str, writer: asyncio.StreamWriter) -> None:
        match fault:
            case "":
                writer.write(GOOD)
            case "reset":
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            case "drip":
                while not writer.is_closing():
                    writer.write(b"H")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            case "half-open":
                await asyncio.Event().wait()
            case "garbage":
                writer.write(b"\x16\x03\x01 nonsense \x00\xff\r\n\r\n")
                writer.close()
            case "cut":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
                writer.close()
            case _:
                writer.write(f"HTTP/1.1 {fault}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Misbehaving"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def webhook(
    world: World, port: int, host: str = "127.0.0.1"
) -> AsyncIterator[Channel]:
    guard = AddressGuard(["127.0.0.0/8"])
    async with guarded_client(guard, user_agent="test", keep_alive=True) as client:
        channel = WebhookChannel(
            name="desk",
            url=f"http://{host}:{port}/hook",
            client=client,
            clock=world.clock,
            timeout=timedelta(milliseconds=300),
        )
        world.courier.channels = {"desk": channel}
        yield channel


async def until_told(world: World, step: timedelta, most: int = 60) -> int:
    """Let time pass until nothing is pending; return how many steps that took."""
    for number in range(most):
        states = {one.state for one in world.store.deliveries()}
        if states == {DeliveryState.DELIVERED}:
            return number
        await world.deliver(step)
    raise AssertionError(f"never told: {[d.problem for d in world.store.deliveries()]}")


@pytest.mark.parametrize(
    "fault",
    [
        "reset",
        "drip",
        "half-open",
        "garbage",
        "cut",
        "500 Broken",
        "502 Bad Gateway",
        "503 Down",
        "503 Down\r\nRetry-After: 3600",
        "429 Slow",
        "429 Slow\r\nRetry-After: 120",
        "404 Restarting",
        "301 Moved\r\nLocation: http://10.0.0.1/",
    ],
)
async def test_a_receiver_s_fault_delays_a_message_and_changes_nothing_of_it(
    world: World, fault: str
) -> None:
    async with (
        Misbehaving([fault, fault]).running() as server,
        webhook(world, server.port),
    ):
        world.publish("https://a.example/f", entry(NEWS))
        await world.cycle()
        await until_told(world, 10 * MINUTE)
    assert [answer for _, _, answer in server.seen] == [fault, fault, ""]
    assert len({(identity, body) for identity, body, _ in server.seen}) == 1


async def test_retry_after_is_waited_for(world: World) -> None:
    slow = Misbehaving(["429 Slow\r\nRetry-After: 7200"])
    async with slow.running() as server, webhook(world, server.port):
        world.publish("https://a.example/f", entry(NEWS))
        await world.cycle()
        await world.deliver(2 * HOUR - MINUTE)
        assert len(server.seen) == 1
        await world.deliver(2 * MINUTE)
        assert len(server.seen) == 2


async def test_nothing_is_lost_while_names_cannot_be_resolved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    down = [True]

    def ask(host: str, port: int, flags: int = 0) -> list[str]:
        if flags:
            raise OSError("not a literal")
        asked.append(host)
        if down[0]:
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return ["127.0.0.1"]

    monkeypatch.setattr(dialling, "_ask_system", ask)
    async with (
        Misbehaving([]).running() as server,
        webhook(world, server.port, "hook.example"),
    ):
        world.publish("https://a.example/f", entry(NEWS))
        await world.cycle()
        for _ in range(12):
            await world.deliver(HOUR)
        (waiting,) = world.store.deliveries()
        assert (waiting.state, server.seen) == (DeliveryState.PENDING, [])
        assert "hook.example" in waiting.problem
        down[0] = False
        await until_told(world, HOUR)
    assert len(server.seen) == 1


@dataclass
class Mailbox:
    """Keeps what an SMTP server took."""

    ids: list[str] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        text = content if isinstance(content, str) else content.decode()
        self.ids += [x for x in text.splitlines() if x.lower().startswith("message-id")]
        return "250 taken"


async def test_mail_waits_for_a_server_that_is_down_for_a_day(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    channel = EmailChannel(
        name="desk",
        sender="tocsin@example.org",
        recipients=("desk@example.org",),
        server=Server(host="127.0.0.1", port=port, security="none"),
    )
    world.channel.recipients = channel.recipients
    world.restart()
    world.courier.channels = {"desk": channel}
    for hour in range(24):
        title = f"{NEWS} {hour * 7919}" if hour % 6 == 0 else ""
        if title:
            at = world.clock.now()
            world.publish(f"https://{hour}.example/f", entry(title, at=at))
        await world.cycle(HOUR)
    waiting = world.store.deliveries()
    assert waiting
    assert {one.state for one in waiting} == {DeliveryState.PENDING}
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        await until_told(world, HOUR)
    finally:
        controller.stop()
    assert len(mailbox.ids) == len(set(mailbox.ids)) == len(waiting)


@pytest.mark.parametrize("jump", [-HOUR, HOUR, -24 * HOUR, 24 * HOUR])
async def test_a_clock_that_jumps_loses_and_repeats_nothing(
    world: World, jump: timedelta
) -> None:
    async with (
        Misbehaving(["503 Down", "", "503 Down"]).running() as server,
        webhook(world, server.port),
    ):
        for number in range(4):
            title = f"{NEWS} {'abcd'[number] * 9}"
            at = world.clock.now()
            world.publish(f"https://{number}.example/f", entry(title, at=at))
            await world.cycle(MINUTE)
            world.clock.sleep(jump if number == 1 else timedelta())
        await until_told(world, HOUR)
    taken = [identity for identity, _, answer in server.seen if not answer]
    assert len(taken) == len(set(taken)) == len(world.store.deliveries())


async def test_a_locked_database_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    world.store.close()
    world.__post_init__()
    world.publish("https://a.example/f", entry(NEWS))
    other = sqlite3.connect(world.folder / "t.db", isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="held it for too long"):
            await world.cycle()
        assert world.channel.sent == []
        other.execute("ROLLBACK")
    assert len(await world.cycle()) == 1


async def test_a_message_that_was_sent_while_the_database_was_locked_is_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outcome could not be recorded: the repetition has the same id and bytes."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    world.store.close()
    world.__post_init__()
    other = sqlite3.connect(
        world.folder / "t.db", isolation_level=None, check_same_thread=False
    )
    sent = world.channel.send

    async def locking(*arguments: object) -> object:
        if not world.channel.sent:
            other.execute("BEGIN IMMEDIATE")
        return await sent(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.channel, "send", locking)
    with contextlib.closing(other):
        world.publish("https://a.example/f", entry(NEWS))
        world.clock.sleep(HOUR)
        world.store.make_due(None, world.clock.now())
        await world.crew.claim_polls()
        while world.crew.busy:  # noqa: ASYNC110 - it is its own business when it ends
            await asyncio.sleep(0)
        other.execute("ROLLBACK")
        (one,) = world.store.deliveries()
        assert one.state is DeliveryState.PENDING
        # When the lease has run out, nobody having done anything.
        assert len(await world.deliver(2 * MINUTE)) == 1
    assert len({(d.id, body.content) for d, body in world.channel.sent}) == 1


def pages(world: World, change: Callable[[int], int]) -> None:
    """Limit how large the database may grow, on every connection: a full disk."""
    engine = world.store._database.engine

    def limit(connection: sqlite3.Connection) -> None:
        (now,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {change(now)}")

    engine.dispose()
    sa.event.listen(engine, "connect", lambda raw, _: limit(raw))


async def test_a_full_disk_stops_the_work_and_room_lets_it_go_on(world: World) -> None:
    world.publish("https://a.example/f", *(entry(f"{NEWS} {n}") for n in range(40)))
    pages(world, lambda now: now + 1)
    world.clock.sleep(HOUR)
    world.store.make_due(None, world.clock.now())
    with contextlib.suppress(StoreUnavailable):
        await world.crew.run_until_idle()
    full = world.store.deliveries()
    assert full == []
    pages(world, lambda _: 1_000_000)
    await world.cycle()
    await until_told(world, HOUR)
    items = {one.id for one in world.store.items()}
    assert len(items) == 40
    assert world.store.ledger.verify().broken is None
    with world.store._database.read() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
    assert world.clock.now() > START
