"""A running daemon reaches the minute of a digest; its clock is moved by the test."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from monitor.app.compose import Clocks
from monitor.app.loading import load
from monitor.app.running import run_service
from monitor.clock import SteppedClock, SystemClock
from monitor.model import DeliveryState, Way
from monitor.notify.digests import Digest
from monitor.store.records import open_store
from monitor.store.views import DeliveryFilter
from tests.acceptance.harness import Entry, FeedServer, Installation
from tests.send.servers import Mailbox, smtp_server

PACK = """\
version: 1
theme: test
rules:
  - id: detained
    title: Fighters detained
    severity: high
    match: detained
    tests: {hit: [detained], miss: [x]}
  - id: coup
    title: A coup
    severity: critical
    match: coup
    tests: {hit: [coup], miss: [x]}
"""
TO = {"address": "editor@example.org", "lang": "ru", "timezone": "Europe/Minsk"}
DETAINED = Entry("33 fighters detained near Minsk", "In a sanatorium, says the state.")
SMUGGLERS = Entry("Eleven smugglers detained", "Cigarettes worth a million, in cargo.")
COUP = Entry("A coup is under way", "Soldiers surround the presidential palace.")


@asynccontextmanager
async def running(
    tocsin: Installation, clock: SteppedClock
) -> AsyncIterator["asyncio.Task[bool]"]:
    """Run the service in this process by a clock of ours; SIGTERM ends it."""
    before = signal.getsignal(signal.SIGTERM)
    service = asyncio.create_task(
        run_service(load(tocsin.config), Clocks(clock=clock, wall=SystemClock()))
    )
    await until(lambda: signal.getsignal(signal.SIGTERM) is not before, service)
    try:
        yield service
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await service


async def until(what: Callable[[], Any], service: "asyncio.Task[bool]") -> Any:
    for _ in range(1200):
        if found := what():
            return found
        if service.done():
            await service
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to pass")


def daily(mailbox: Mailbox, cron: str) -> dict[str, Any]:
    smtp = {"host": "127.0.0.1", "port": mailbox.port, "security": "none"}
    return {
        "name": "daily",
        "email": {"to": [TO], "from": "tocsin@example.org", "smtp": smtp},
        "digest": {"cron": cron, "timezone": "Europe/Minsk"},
    }


def some_hours_after(now: datetime) -> tuple[str, datetime]:
    """Return a digest's cron and its next minute: the feed must be due again before."""
    zone = ZoneInfo("Europe/Minsk")
    cron = f"0 {(now + timedelta(hours=6)).astimezone(zone).hour} * * *"
    return cron, Digest(cron=cron, zone=zone).after(now)


def mails(mailbox: Mailbox) -> list[EmailMessage]:
    return [
        message_from_bytes(one.content, policy=policy.default)
        for one in mailbox.messages
        if isinstance(one.content, bytes)
    ]


def words(mail: EmailMessage) -> set[str]:
    return set(next(mail.iter_parts()).get_content().split())


async def test_a_digest_goes_at_its_minute_with_all_that_was_not_told_at_once(
    feeds: FeedServer, tocsin: Installation
) -> None:
    clock = SteppedClock(SystemClock().now())
    cron, minute = some_hours_after(clock.now())
    feeds.entries["/a"] = [DETAINED, SMUGGLERS]
    async with smtp_server(Mailbox()) as mailbox:
        tocsin.write([feeds.url("/a")], receivers=[daily(mailbox, cron)])
        (tocsin.folder / "rules" / "test.yaml").write_text(PACK)
        async with running(tocsin, clock) as service:
            store = open_store(tocsin.settings["store"]["url"], migrate=False)
            waiting = DeliveryFilter(states=(DeliveryState.PENDING,))
            await until(lambda: len(store.deliveries(waiting)) == 2, service)
            # A minute before, what is critical is told: the daemon sends, and these wait.
            feeds.entries["/a"].append(COUP)
            clock.step(minute - timedelta(minutes=1) - clock.now())
            await until(lambda: mailbox.messages, service)
            # The urgent one may not be recorded yet.
            ways = [one.way for one in store.deliveries(waiting)]
            assert ways.count(Way.DIGEST) == 2
            clock.step(timedelta(minutes=1))
            await until(lambda: len(mailbox.messages) == 2, service)
            store.close()
    urgent, digest = mails(mailbox)
    assert "A coup is under way" in str(urgent["Subject"])
    assert str(digest["Subject"]).startswith("[ВЫСОКИЙ] Сводка: 2 сигнала с ")
    assert str(digest["Subject"]).endswith("+03")
    assert digest["X-Tocsin-Alerts"] == "2"
    assert {"33", "smugglers"} <= words(digest)
    assert "coup" not in words(digest)
