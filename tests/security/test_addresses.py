"""Receivers are under the guard of feeds: no private network unless it is listed."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor import settings
from monitor.app.channels import Channels
from monitor.clock import SystemClock
from monitor.send.deliveries import Channel, Receipt
from monitor.settings.receivers import ReceiverSettings
from tests.send.examples import delivery, notice

RECEIVERS: dict[str, dict[str, Any]] = {
    "webhook": {"url": "{http}/hook", "secret": "whsec_" + "QUJD" * 10},
    "slack": {"url": "{http}/s"},
    "discord": {"url": "{http}/d"},
    "teams": {"url": "{http}/t"},
    "mattermost": {"url": "{http}/m"},
    "telegram": {"api": "{http}", "token": "t0ken", "chat": "@desk"},
    "ntfy": {"url": "{http}", "topic": "desk"},
    "pagerduty": {"url": "{http}/v2", "routing_key": "r0uting"},
    "alertmanager": {"url": "{http}"},
    "nats": {"url": "nats://{host}", "subject": "tocsin.alerts"},
}
UNGUARDED = {
    "email": "the mail server is the operator's own, and speaks no HTTP",
    "apprise": "Apprise dials by itself (docs/configuration.md says so)",
    "file": "it dials nothing",
    "console": "it dials nothing",
}


def test_every_kind_of_receiver_is_either_tried_here_or_said_why_not() -> None:
    assert set(ReceiverSettings.CHANNELS) == set(RECEIVERS) | set(UNGUARDED)


def written(kind: str, host: str, **more: Any) -> dict[str, Any]:
    filled = {
        name: value.format(http=f"http://{host}", host=host)
        if isinstance(value, str)
        else value
        for name, value in RECEIVERS[kind].items()
    }
    return {"name": "desk", kind: {**filled, "timeout": "2s", **more}}


@contextmanager
def built(folder: Path, receiver: dict[str, Any]) -> Iterator[tuple[Channels, Channel]]:
    path = folder / "tocsin.yaml"
    path.write_text(json.dumps({"receivers": [receiver]}))
    found = settings.read(path).configuration
    assert found is not None
    channels = Channels(clock=SystemClock(), write=print, agent="t")
    yield channels, channels.build(found)["desk"]


async def attempt(folder: Path, receiver: dict[str, Any]) -> Receipt:
    with built(folder, receiver) as (channels, channel):
        try:
            return await channel.send(delivery(), channel.compose(notice(), delivery()))
        finally:
            await channels.aclose()


@pytest.mark.parametrize("kind", RECEIVERS)
async def test_a_private_address_is_not_dialled(kind: str, tmp_path: Path) -> None:
    connections: list[str] = []

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connections.append("somebody")
        await reader.read(100)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
            receipt = await attempt(tmp_path, written(kind, host))
            assert receipt.outcome == "temporary"
            assert "allow_networks" in receipt.problem
        assert connections == []
        # The option is what lets it through: then it is dialled.
        listed = written(kind, f"127.0.0.1:{port}", allow_networks=["127.0.0.0/8"])
        await attempt(tmp_path, listed)
        assert connections != []


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.7", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("[::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[64:ff9b::a9fe:a9fe]"),
        *("[2002:7f00:1::]", "224.0.0.1", "192.0.0.192"),
    ],
)
@pytest.mark.parametrize("kind", ["webhook", "slack", "nats"])
async def test_no_form_of_a_private_address_passes(
    kind: str, host: str, tmp_path: Path
) -> None:
    receipt = await attempt(tmp_path, written(kind, f"{host}:9"))
    assert receipt.outcome == "temporary"
    assert "must not be dialled" in receipt.problem
