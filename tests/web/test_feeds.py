"""Alerts as feeds, as an independent reader reads them."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from lxml import etree
from starlette.applications import Starlette

from monitor.model import Exchange, Fetched
from monitor.web import feeds
from tests.pipeline.world import World, entry
from tests.send.examples import HOSTILE

TITLE = "Rally against the <b>new</b> tax & more fills the streets of Minsk"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def web(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=feeds.routes(world.store, world.clock))
    transport = httpx.ASGITransport(app=app)
    token = world.store.add_token("reader", "read", world.clock.now())
    async with httpx.AsyncClient(
        transport=transport, base_url="http://tocsin", params={"token": token}
    ) as made:
        yield made


async def alerts(world: World, *titles: str) -> None:
    for number, title in enumerate(titles):
        world.publish(
            f"https://{number}.example/f",
            entry(title, link=f"https://n.example/{number}?a&b", at=world.clock.now()),
        )
        await world.cycle()


def read(answer: httpx.Response) -> Any:
    found = feedparser.parse(io.BytesIO(answer.content))
    assert not found.bozo, found.bozo_exception
    return found


async def test_an_alert_is_an_entry_of_the_atom_feed(
    world: World, web: httpx.AsyncClient
) -> None:
    await alerts(world, TITLE)
    answer = await web.get("/alerts.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    found = read(answer)
    assert found.version == "atom10"
    (one,) = found.entries
    (alert,) = world.store.alerts()
    assert "the <b>new</b> tax" not in answer.text
    assert one.link == "https://n.example/0?a&b"
    assert one.id.startswith("urn:uuid:")
    assert "fills the streets of Minsk" in one.title
    assert alert.alert.rule.id in [tag.term for tag in one.tags]
    assert one.published_parsed
    etree.fromstring(answer.content)


async def test_the_same_as_a_json_feed(world: World, web: httpx.AsyncClient) -> None:
    await alerts(world, TITLE)
    answer = await web.get("/alerts.json")
    assert answer.headers["content-type"].startswith("application/feed+json")
    found = answer.json()
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = found["items"]
    assert {"id", "title", "url", "content_html", "date_published"} <= set(item)
    assert item["id"] == read(await web.get("/alerts.atom")).entries[0].id
    assert "<script" not in item["content_html"]


async def test_who_asks_again_is_answered_304_until_something_changes(
    world: World, web: httpx.AsyncClient
) -> None:
    await alerts(world, TITLE)
    at_once = await web.get("/alerts.atom")
    assert "last-modified" not in at_once.headers, "more may follow in this second"
    world.clock.sleep(timedelta(seconds=1))
    first = await web.get("/alerts.atom")
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"x", W/{first.headers["etag"]}'},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = await web.get("/alerts.atom", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    older = format_datetime(world.clock.now() - timedelta(days=9), usegmt=True)
    for headers in (
        {
            "If-None-Match": '"other"',
            "If-Modified-Since": first.headers["last-modified"],
        },
        {"If-Modified-Since": older},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": f"Mon, 01 Jan 2035 00:00:00 +{'9' * 17}"},
    ):
        assert (await web.get("/alerts.atom", headers=headers)).status_code == 200
    known = {"If-None-Match": first.headers["etag"]}
    assert (await web.get("/alerts.json", headers=known)).status_code == 200
    await alerts(world, "Court frees a doctor who was held for a year in Minsk")
    changed = await web.get("/alerts.atom", headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
    assert len(read(changed).entries) == 2


async def test_only_who_has_a_token_reads(world: World, web: httpx.AsyncClient) -> None:
    await alerts(world, TITLE)
    given = web.params["token"]
    bearer = {"Authorization": f"Bearer {given}"}
    web.params = httpx.QueryParams()
    for path in ("/alerts.atom", "/alerts.json"):
        for wrong in ({}, {"token": ""}, {"token": "tcn_wrong"}, {"token": "x" * 9999}):
            answer = await web.get(path, params=wrong)
            assert answer.status_code == 401
            assert "Minsk" not in answer.text
        assert (await web.get(path, headers=bearer)).status_code == 200
    assert given not in (await web.get("/alerts.atom", headers=bearer)).text
    assert world.store.revoke_token("reader", world.clock.now()) == 1
    assert (await web.get("/alerts.atom", headers=bearer)).status_code == 401


@pytest.mark.parametrize(
    ("query", "entries"),
    [
        ({"rule": "minsk"}, 1),
        ({"rule": "other"}, 0),
        ({"theme": "test"}, 1),
        ({"severity": "low"}, 1),
        ({"severity": "critical"}, 0),
        ({"limit": "1"}, 1),
    ],
)
async def test_a_reader_can_choose(
    world: World, web: httpx.AsyncClient, query: dict[str, str], entries: int
) -> None:
    await alerts(world, TITLE)
    found = read(await web.get("/alerts.atom", params={**web.params, **query}))
    assert len(found.entries) == entries


async def test_a_token_in_the_address_counts_behind_a_proxy_with_its_own_login(
    web: httpx.AsyncClient,
) -> None:
    """The proxy's user and password come along in the header."""
    proxy = httpx.BasicAuth("proxy", "its-password")
    assert (await web.get("/alerts.atom", auth=proxy)).status_code == 200
    web.params = {"token": "tcn_wrong"}
    assert (await web.get("/alerts.atom", auth=proxy)).status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"severity": "bad"},
        {"severty": "critical"},
        {"rule": ["minsk", "other"]},
    ],
)
async def test_what_a_reader_may_not_ask_is_named(
    world: World, web: httpx.AsyncClient, query: dict[str, str | list[str]]
) -> None:
    """One that is passed over would choose everything, or not what is missed."""
    answer = await web.get("/alerts.json", params={**web.params, **query})
    assert answer.status_code == 400
    assert next(iter(query)) in answer.text


async def test_hostile_titles_are_text_in_both(
    world: World, web: httpx.AsyncClient
) -> None:
    await alerts(world, f"Minsk {HOSTILE.replace(chr(0), '')}")
    entries = read(await web.get("/alerts.atom")).entries
    shown = json.dumps((await web.get("/alerts.json")).json(), ensure_ascii=False)
    for text in (entries[0].content[0].value, shown):
        assert "<script" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


async def test_an_address_that_xml_has_no_letter_for_costs_its_link_alone(
    world: World, web: httpx.AsyncClient
) -> None:
    """A JSON feed can write what no XML can; it broke the feed for all alerts."""
    item = {
        "id": "1",
        "title": "Rally in Minsk",
        "url": "https://n.example/\uffff",
        "date_published": world.clock.now().isoformat(),
    }
    made = {"version": "https://jsonfeed.org/version/1.1", "items": [item]}
    world.publish("https://0.example/f")
    world.server.pages["https://0.example/f"] = Exchange(
        outcome=Fetched.BODY,
        url="https://0.example/f",
        final_url="https://0.example/f",
        status=200,
        headers={"content-type": "application/feed+json"},
        body=json.dumps(made).encode(),
    )
    await world.cycle()
    (shown,) = read(await web.get("/alerts.atom")).entries
    assert shown.title == "[HIGH] Rally in Minsk"
    assert not shown.get("links")


async def test_letters_are_joined_as_their_script_has_them(
    world: World, web: httpx.AsyncClient
) -> None:
    """A Persian verb needs its joiner; a family of one emoji is held by three."""
    words = "Minsk \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u062f \U0001f468\u200d\U0001f469"
    await alerts(world, words)
    (shown,) = read(await web.get("/alerts.atom")).entries
    assert shown.title == f"[HIGH] {words}"
    assert words in shown.content[0].value
    (shown,) = (await web.get("/alerts.json")).json()["items"]
    assert shown["title"] == f"[HIGH] {words}"


async def test_an_empty_feed_is_a_feed(web: httpx.AsyncClient) -> None:
    assert read(await web.get("/alerts.atom")).entries == []
    assert (await web.get("/alerts.json")).json()["items"] == []
