"""Chats, pagers and Alertmanager in the language and by the clock of who reads them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor import settings
from monitor.app.channels import Channels
from monitor.clock import SystemClock
from monitor.model import Body, Gathered, Kind, Remark
from monitor.send.deliveries import Channel
from monitor.send.render.voice import LANGUAGES, PHRASES
from tests.send.examples import NOW, delivery, notice
from tests.send.render.test_bundle import bundle
from tests.send.servers import WebhookServer, answer, webhook_server

CHANNELS: dict[str, dict[str, Any]] = {
    "slack": {"url": "{http}/hook"},
    "discord": {"url": "{http}/hook"},
    "teams": {"url": "{http}/hook"},
    "mattermost": {"url": "{http}/hook"},
    "telegram": {"api": "{http}", "token": "t0ken", "chat": "@desk"},
    "ntfy": {"url": "{http}", "topic": "desk"},
    "pagerduty": {"url": "{http}/v2/enqueue", "routing_key": "r0uting"},
    "alertmanager": {"url": "{http}"},
    "apprise": {"url": "json://127.0.0.1:{port}/x"},
}
GUARDED = sorted(set(CHANNELS) - {"apprise"})
OTHERS = [lang for lang in LANGUAGES if lang != "en"]


@asynccontextmanager
async def built(
    kind: str, tmp_path: Path, **written: str
) -> AsyncIterator[tuple[Channel, WebhookServer]]:
    """Yield a receiver as the configuration builds it, and the server it tells."""
    async with webhook_server(answer("200 OK")) as server:
        http = f"http://127.0.0.1:{server.port}"
        made = {
            name: value.format(http=http, port=server.port)
            for name, value in CHANNELS[kind].items()
        }
        networks = {} if kind == "apprise" else {"allow_networks": ["127.0.0.0/8"]}
        receiver = {"name": "desk", kind: {**made, **networks, **written}}
        public = {
            "public_url": "https://alerts.example.org",
            "link_secret": "s" * 24,
        }
        path = tmp_path / "tocsin.yaml"
        path.write_text(json.dumps({"receivers": [receiver], "server": public}))
        reading = settings.read(path)
        assert reading.configuration is not None, reading.problems
        channels = Channels(clock=SystemClock(), write=print, agent="t")
        yield channels.build(reading.configuration)["desk"], server
        await channels.aclose()


async def shown(channel: Channel, server: WebhookServer, body: Body) -> str:
    """Send a message; return what the service was told, markup out of the way."""
    to = replace(delivery(), recipient=channel.recipients[0])
    receipt = await channel.send(to, body)
    assert receipt.outcome == "accepted", receipt
    sent = json.loads(server.requests[-1].body)
    return json.dumps(sent, ensure_ascii=False).replace("\\", "")


@pytest.mark.parametrize("kind", CHANNELS)
async def test_an_alert_speaks_the_language_and_leaves_what_was_published(
    kind: str, tmp_path: Path
) -> None:
    if kind == "apprise":
        pytest.importorskip("apprise")
    spoken = {"lang": "pl", "timezone": "Europe/Warsaw"}
    async with built(kind, tmp_path, **spoken) as (channel, server):
        told = await shown(channel, server, channel.compose(notice(), delivery()))
    assert "pierwsze doniesienie o tym wydarzeniu (new-story)" in told
    assert "5 doniesień, 3 redakcje: River Post" in told or kind == "ntfy"
    assert "private army suspected" in told
    for english in ("report by", "satisfies", "undated", "Silence this", "Read it"):
        assert english not in told
    if kind in {"slack", "discord", "teams", "mattermost", "telegram", "ntfy"}:
        assert "WYSOKI · Foreign fighters detained" in told
        assert "River Post (GB) · 2020-07-29 11:51 CEST" in told
        assert "bez daty, zauważono 2020-07-29 11:57 CEST" in told
        assert "Wycisz" in told


async def test_the_labels_of_an_alertmanager_are_in_no_language(tmp_path: Path) -> None:
    found = []
    for lang in ("en", "pl"):
        async with built("alertmanager", tmp_path, lang=lang) as (channel, server):
            for body in (
                channel.compose(notice(), delivery()),
                channel.compose_test(delivery(), NOW),
            ):
                await shown(channel, server, body)
        found.append([json.loads(one.body)[0]["labels"] for one in server.requests])
    assert found[0] == found[1]
    assert found[0][1] == {"alertname": "Test", "severity": "info"}


@pytest.mark.parametrize("kind", CHANNELS)
async def test_without_a_language_it_is_english_and_utc(
    kind: str, tmp_path: Path
) -> None:
    if kind == "apprise":
        pytest.importorskip("apprise")
    async with built(kind, tmp_path) as (channel, server):
        told = await shown(channel, server, channel.compose(notice(), delivery()))
    if kind != "ntfy":
        assert "5 reports by 3 outlets: River Post" in told
    if kind not in {"pagerduty", "alertmanager", "apprise"}:
        assert "HIGH · Foreign fighters detained" in told
        assert "2020-07-29 09:51 UTC" in told


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.UPDATE, "ВЫСОКИЙ · Foreign fighters detained, обновление 2"),
        (Kind.CORRECTION, "ВЫСОКИЙ · Foreign fighters detained, исправление 2"),
        (Kind.CLOSED, "ВЫСОКИЙ · Foreign fighters detained, закрыто"),
    ],
)
async def test_what_became_of_an_alert_is_headed_in_the_language(
    kind: Kind, said: str, tmp_path: Path
) -> None:
    made = replace(notice(), kind=kind, sequence=2, reason="repeat")
    for service in ("slack", "discord", "teams", "mattermost", "telegram", "ntfy"):
        async with built(service, tmp_path, lang="ru") as (channel, server):
            told = await shown(channel, server, channel.compose(made, delivery()))
        assert said in told
        assert "ещё никто не подтвердил (repeat)" in told


@pytest.mark.parametrize("why", Gathered)
@pytest.mark.parametrize("kind", sorted(set(GUARDED) - {"alertmanager", "pagerduty"}))
async def test_several_alerts_in_one_message_speak_the_language(
    kind: str, why: Gathered, tmp_path: Path
) -> None:
    spoken = {"lang": "lt", "timezone": "Europe/Vilnius"}
    async with built(kind, tmp_path, **spoken) as (channel, server):
        made = bundle(90, why)
        told = await shown(channel, server, channel.compose_bundle(made, delivery()))
    assert f"KRITINIS · {PHRASES['lt'][why.value]}" in told
    if why in {Gathered.DIGEST, Gathered.CATCH_UP}:
        assert "EEST" in told
    for english in ("alerts", " more", "UTC"):
        assert english not in told.replace("tocsin alerts list", "")


@pytest.mark.parametrize("kind", GUARDED)
@pytest.mark.parametrize("lang", OTHERS)
async def test_a_test_message_speaks_the_language_and_a_remark_english(
    kind: str, lang: str, tmp_path: Path
) -> None:
    async with built(kind, tmp_path, lang=lang) as (channel, server):
        told = await shown(channel, server, channel.compose_test(delivery(), NOW))
        key = "This is a test message for the receiver {receiver}."
        assert PHRASES[lang][key].format(receiver="desk") in told
        assert "test message" not in told
        remark = Remark(kind="source.failing", title="X cannot be read", text="Why.")
        body = channel.compose_remark(remark, delivery(), NOW)
        assert "X cannot be read" in await shown(channel, server, body)


@pytest.mark.parametrize("kind", CHANNELS)
def test_an_unknown_language_or_time_zone_is_refused_as_of_mails(
    kind: str, tmp_path: Path
) -> None:
    written = {
        name: value.format(http="https://a.example", port=9)
        for name, value in CHANNELS[kind].items()
    }
    wrong = {**written, "lang": "xx", "timezone": "Mars/Olympus"}
    path = tmp_path / "tocsin.yaml"
    path.write_text(json.dumps({"receivers": [{"name": "desk", kind: wrong}]}))
    told = {one.field: str(one) for one in settings.read(path).problems}
    assert "messages do not speak 'xx'" in told[f"receivers[0].{kind}.lang"]
    assert "one of en, be, de" in told[f"receivers[0].{kind}.lang"]
    zone = told[f"receivers[0].{kind}.timezone"]
    assert "no time zone is called 'Mars/Olympus'" in zone
