"""Receivers as the configuration builds them."""

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from monitor import settings
from monitor.app.channels import Channels
from monitor.clock import SystemClock
from monitor.errors import InputRefused
from monitor.settings import Configuration
from tests.send.examples import delivery, notice
from tests.send.servers import answer, webhook_server

INTERNAL: dict[str, dict[str, Any]] = {
    "mattermost": {"url": "https://127.0.0.1:{port}/hooks/x"},
    "telegram": {"api": "https://127.0.0.1:{port}", "token": "t0ken", "chat": -100},
    "ntfy": {"url": "https://127.0.0.1:{port}", "topic": "desk"},
    "pagerduty": {"url": "https://127.0.0.1:{port}/v2", "routing_key": "r0uting"},
    "alertmanager": {"url": "https://127.0.0.1:{port}"},
}


@pytest.mark.parametrize("kind", INTERNAL)
@pytest.mark.parametrize("trusted", [True, False])
async def test_a_service_of_ones_own_is_trusted_by_its_own_authority(
    kind: str,
    tmp_path: Path,
    trusted: bool,  # noqa: FBT001
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certified = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(certified)
    async with webhook_server(answer("200 OK"), tls=certified) as server:
        written = {
            name: value.format(port=server.port) if isinstance(value, str) else value
            for name, value in INTERNAL[kind].items()
        }
        written["allow_networks"] = ["127.0.0.0/8"]
        if trusted:
            written["ca_file"] = "ca.pem"
        path = tmp_path / "tocsin.yaml"
        path.write_text(json.dumps({"receivers": [{"name": "desk", kind: written}]}))
        found = settings.read(path).configuration
        assert found is not None
        channels = Channels(clock=SystemClock(), write=print, agent="t")
        channel = channels.build(found)["desk"]
        body = channel.compose(notice(), delivery())
        receipt = await channel.send(delivery(), body)
        await channels.aclose()
    assert receipt.outcome == ("accepted" if trusted else "temporary")


async def test_a_certificate_that_was_renewed_is_trusted_from_the_next_reload_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tocsin.yaml"
    channels = Channels(clock=SystemClock(), write=print, agent="t")
    for _ in range(2):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        certified = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(certified)
        async with webhook_server(answer("200 OK"), tls=certified) as server:
            alertmanager = {
                "url": f"https://127.0.0.1:{server.port}",
                "allow_networks": ["127.0.0.0/8"],
                "ca_file": "ca.pem",
            }
            receiver = {"name": "desk", "alertmanager": alertmanager}
            path.write_text(json.dumps({"receivers": [receiver]}))
            found = settings.read(path).configuration
            assert found is not None
            channel = channels.build(found)["desk"]
            body = channel.compose(notice(), delivery())
            receipt = await channel.send(delivery(), body)
        assert receipt.outcome == "accepted"
    await channels.aclose()


def configured(folder: Path, **channel: Any) -> Configuration:
    path = folder / "tocsin.yaml"
    path.write_text(json.dumps({"receivers": [{"name": "desk", **channel}]}))
    found = settings.read(path).configuration
    assert found is not None
    return found


async def test_what_apprise_is_still_sending_at_a_reload_is_not_sent_again(
    tmp_path: Path,
) -> None:
    released, taken = asyncio.Event(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        taken += 1
        await released.wait()
        writer.write(answer("200 OK"))
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening, asyncio.timeout(20):
        port = listening.sockets[0].getsockname()[1]
        url = f"json://127.0.0.1:{port}/x?rto=60"
        found = configured(tmp_path, apprise={"url": url, "timeout": "1s"})
        channels = Channels(clock=SystemClock(), write=print, agent="t")
        before = channels.build(found)["desk"]
        one = delivery(recipient=before.recipients[0])
        body = before.compose(notice(), one)
        assert (await before.send(one, body)).outcome == "temporary"
        after = channels.build(found)["desk"]
        assert (await after.send(one, body)).outcome == "temporary"
        released.set()
        assert (await after.send(one, body)).outcome == "accepted"
        await channels.aclose()
    assert taken == 1


def test_a_folder_in_place_of_a_certificate_is_a_problem_of_its_receiver(
    tmp_path: Path,
) -> None:
    alertmanager = {"url": "https://alerts.example", "ca_file": "folder"}
    (tmp_path / "folder").mkdir()
    path = tmp_path / "tocsin.yaml"
    receiver = {"name": "desk", "alertmanager": alertmanager}
    path.write_text(json.dumps({"receivers": [receiver]}))
    found = settings.read(path).configuration
    assert found is not None
    with pytest.raises(InputRefused, match="its certificates cannot be read"):
        Channels(clock=SystemClock(), write=print, agent="t").build(found)
