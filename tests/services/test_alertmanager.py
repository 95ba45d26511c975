"""The receiver alertmanager against a real one, where there is one.

`make services-test` fetches it from Debian; elsewhere these tests are skipped.
"""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.clock import SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.model import Kind, Notice, Remark
from monitor.send import services
from monitor.send.logins import login
from monitor.send.services import ServiceChannel
from tests.send.examples import delivery, hostile_notice, notice
from tests.send.test_broker import free_port

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
NONE = "no Alertmanager here: make services-test fetches it from Debian"
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=NONE)


BEHIND = """
basic_auth_users:
  desk: $2b$04$abcdefghijklmnopqrstuuzQDw2v3CQSMowG.sq3X.nH1lfmlmQMW
"""
"""A login with the password `s3cret-word`."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("alertmanager")) as chosen:
        yield chosen


@contextmanager
def running(folder: Path, *options: str) -> Iterator[int]:
    """Run one, and yield its port."""
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    chosen = free_port()
    process = subprocess.Popen(
        [
            str(PROGRAM),
            f"--config.file={config}",
            f"--storage.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{chosen}",
            "--cluster.listen-address=",
            *options,
        ],
        stderr=subprocess.DEVNULL,
    )
    yield chosen
    process.send_signal(signal.SIGTERM)
    process.wait(20)


@pytest.fixture
async def api(port: int) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://127.0.0.1:{port}/api/v2"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        for _ in range(300):
            try:
                if (await client.get("/status")).is_success:
                    break
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
        yield client


@pytest.fixture
async def channel(port: int) -> AsyncIterator[ServiceChannel]:
    async with guarded_client(AddressGuard(["127.0.0.0/8"]), user_agent="t") as client:
        yield ServiceChannel(
            name="am",
            service=services.alertmanager(f"http://127.0.0.1:{port}"),
            client=client,
            clock=SystemClock(),
        )


def now(made: Notice, number: str) -> Notice:
    """Return a notice of this moment: Alertmanager forgets what is long over."""
    at = SystemClock().now() - timedelta(seconds=5)
    alert = replace(made.alert, id=f"alr_{number}", story_id=f"sto_{number}")
    return replace(
        made, at=at, alert=alert, story=replace(made.story, id=f"sto_{number}")
    )


async def alerts(api: httpx.AsyncClient, alert: str) -> list[Any]:
    found = await api.get("/alerts", params={"filter": f'alert="{alert}"'})
    listed: list[Any] = found.json()
    return listed


async def test_an_alert_is_shown_once_however_often_it_is_sent(
    api: httpx.AsyncClient, channel: ServiceChannel
) -> None:
    made = now(notice(), "once")
    for _ in range(2):
        receipt = await channel.send(delivery(), channel.compose(made, delivery()))
        assert receipt.outcome == "accepted", receipt
    (shown,) = await alerts(api, "alr_once")
    assert shown["labels"]["alertname"] == "detained-fighters"
    assert shown["labels"]["severity"] == "high"
    assert "private army suspected" in shown["annotations"]["summary"]
    assert shown["generatorURL"].startswith("https://news.river-post.example/")


async def test_an_alert_that_is_closed_ends_there(
    api: httpx.AsyncClient, channel: ServiceChannel
) -> None:
    made = now(notice(), "over")
    await channel.send(delivery(), channel.compose(made, delivery()))
    assert len(await alerts(api, "alr_over")) == 1
    closed = replace(made, kind=Kind.CLOSED, at=made.at + timedelta(seconds=1))
    receipt = await channel.send(delivery(), channel.compose(closed, delivery()))
    assert receipt.outcome == "accepted", receipt
    for _ in range(100):
        if not await alerts(api, "alr_over"):
            break
        await asyncio.sleep(0.1)
    assert await alerts(api, "alr_over") == []


async def test_an_alert_that_comes_late_is_shown_all_the_same(
    api: httpx.AsyncClient, channel: ServiceChannel
) -> None:
    made = now(notice(), "late")
    made = replace(made, at=made.at - timedelta(hours=30))
    receipt = await channel.send(delivery(), channel.compose(made, delivery()))
    assert receipt.outcome == "accepted", receipt
    assert len(await alerts(api, "alr_late")) == 1
    closed = replace(made, kind=Kind.CLOSED, at=made.at + timedelta(hours=20))
    await channel.send(delivery(), channel.compose(closed, delivery()))
    for _ in range(100):
        if not await alerts(api, "alr_late"):
            break
        await asyncio.sleep(0.1)
    assert await alerts(api, "alr_late") == []


async def test_what_strangers_write_tests_and_remarks_are_taken(
    api: httpx.AsyncClient, channel: ServiceChannel
) -> None:
    at = SystemClock().now()
    remark = Remark(kind="source.failing", title="X cannot be read", text="Why.")
    for body in (
        channel.compose(now(hostile_notice(), "evil"), delivery()),
        channel.compose_test(delivery(), at),
        channel.compose_remark(remark, delivery(), at),
    ):
        receipt = await channel.send(delivery(), body)
        assert receipt.outcome == "accepted", receipt
    (shown,) = await alerts(api, "alr_evil")
    assert "\x1b" not in str(shown)


async def test_one_behind_a_login_and_under_a_path_is_told(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(BEHIND)
    options = (f"--web.config.file={tmp_path}/web.yml", "--web.route-prefix=/am")
    receipts = {}
    with running(tmp_path, *options) as port:
        await answering(port)
        guard = AddressGuard(["127.0.0.0/8"])
        async with guarded_client(guard, user_agent="t") as client:
            for path, password in (
                ("/am", "s3cret-word"),
                ("/am", "wrong"),
                ("", "s3cret-word"),
            ):
                url = f"http://127.0.0.1:{port}{path}"
                service = services.alertmanager(url, login("desk", password))
                told = ServiceChannel(
                    name="am", service=service, client=client, clock=SystemClock()
                )
                body = told.compose(now(notice(), "behind"), delivery())
                receipts[path, password] = await told.send(delivery(), body)
    assert receipts["/am", "s3cret-word"].outcome == "accepted"
    refused = receipts["/am", "wrong"].problem
    assert "401" in refused
    assert "check the username and password" in refused
    astray = receipts["", "s3cret-word"].problem
    assert "404" in astray
    assert "the path under which it is served" in astray


async def answering(port: int) -> None:
    """Wait until a program listens there."""
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
