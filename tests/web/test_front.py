"""What a browser sees at `/`: how Tocsin fares, and what it told last; and who does not."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html
from prometheus_client import CollectorRegistry

from monitor.web import front
from monitor.web.app import create_app
from monitor.web.front import wants_page
from tests.pipeline.world import World, entry, failure
from tests.send.examples import HOSTILE
from tests.web.test_app import FakeService

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TITLE = "Rally against the <b>new</b> tax & more fills the streets of Minsk"


def well() -> dict[str, Any]:
    return {
        "ok": True,
        "version": "1.2.3",
        "store": {"ok": True, "feeds": 1200.0, "deliveries_dead": 0.0},
        "stalled_ticks": [],
        "rules": {"in_force": 7, "refused": []},
        "network": "reachable",
    }


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def state() -> dict[str, Any]:
    return well()


@pytest.fixture
async def anybody(
    world: World, state: dict[str, Any]
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a token."""
    page = front.page(
        world.store,
        world.clock,
        lambda: state,
        lambda: world.teller.policy.recipients,
    )
    app = create_app(FakeService(), CollectorRegistry(), "", (), page)
    transport = httpx.ASGITransport(app=app)
    headers = {"Accept": BROWSER}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://tocsin", headers=headers
    ) as made:
        yield made


@pytest.fixture
def browser(world: World, anybody: httpx.AsyncClient) -> httpx.AsyncClient:
    """One that gives a token as the password."""
    token = world.store.add_token("reader", "read", world.clock.now())
    anybody.auth = httpx.BasicAuth("anybody", token)
    return anybody


async def alert(
    world: World, title: str, link: str = "https://n.example/1?a&b"
) -> None:
    at = world.clock.now()
    world.publish("https://0.example/f", entry(title, link=link, at=at))
    await world.cycle()


def words(answer: httpx.Response) -> str:
    return " ".join(html.fromstring(answer.text).text_content().split())


# ── who sees it ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML; q=0.3", True),
        ("text/html;q=0.9, application/json;q=0.8", True),
        ("text/html;q=0.8, application/json;q=0.9", False),
        ("text/html;q=0", False),
        ("text/html;q=many", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_only_who_names_html_and_likes_it_best_gets_the_page(
    accept: str,
    page: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    assert wants_page(accept) is page


async def test_programs_get_json_as_before(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/", headers={"Accept": "*/*"})
    assert answer.json()["service"] == "tocsin"
    assert answer.headers["vary"] == "Accept"


async def test_who_has_no_token_learns_how_to_get_one_and_nothing_else(
    world: World, anybody: httpx.AsyncClient
) -> None:
    await alert(world, TITLE)
    for wrong in ({}, {"Authorization": "Basic !!"}, {"Authorization": "Bearer tcn_x"}):
        answer = await anybody.get("/", headers=wrong)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "tocsin tokens add" in words(answer)
        assert "Minsk" not in answer.text
        assert "1.2.3" not in answer.text


async def test_a_token_opens_it_however_it_is_given_until_it_is_revoked(
    world: World, anybody: httpx.AsyncClient
) -> None:
    token = world.store.add_token("reader", "read", world.clock.now())
    ways: list[dict[str, Any]] = [
        {"auth": httpx.BasicAuth("anybody", token)},
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"params": {"token": token}},
    ]
    for way in ways:
        answer = await anybody.get("/", **way)
        assert answer.status_code == 200
        assert token not in answer.text
    world.store.revoke_token("reader", world.clock.now())
    for way in ways:
        assert (await anybody.get("/", **way)).status_code == 401


# ── what it shows ────────────────────────────────────────────────────────────


async def test_where_all_is_well_it_says_so(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")
    assert html.fromstring(answer.text).findtext(".//title") == "Tocsin: all is well"
    told = words(answer)
    for part in ("All is well.", "7 rules are in force", "1.2.3", "1,200", "None yet."):
        assert part in told


async def test_an_alert_is_shown_with_its_link_and_why(
    world: World, browser: httpx.AsyncClient
) -> None:
    await alert(world, TITLE)
    answer = await browser.get("/")
    (link,) = html.fromstring(answer.text).iter("a")
    assert link.get("href") == "https://n.example/1?a&b"
    assert (
        link.text_content()
        == "Rally against the new tax & more fills the streets of Minsk"
    )
    (row,) = world.store.alerts()
    assert row.alert.id in words(answer)
    assert row.alert.rule.severity.upper() in words(answer)


async def test_what_a_person_should_look_at_stands_first(
    world: World, browser: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    state["rules"]["refused"] = ["rules/a.yaml:3: match: Q101\n  try <this>"]
    world.store.disable_receiver("desk", "it answered 410", world.clock.now())
    world.publish("https://0.example/f")
    world.server.pages["https://0.example/f"] = failure(status=500)
    for _ in range(8):
        await world.cycle(timedelta(hours=6))
    answer = await browser.get("/")
    told = words(answer)
    assert (
        "To look at: rules on disk were refused; 1 receiver is disabled; 1 feed does not"
        " fare well." in told
    )
    assert "rules/a.yaml:3: match: Q101 try <this>" in told
    assert "it answered 410; tocsin receivers enable desk" in told
    assert "failing https://0.example/f" in told


async def test_of_a_receiver_that_was_taken_out_it_says_nothing_more(
    world: World, browser: httpx.AsyncClient
) -> None:
    """Nobody can mend it any more: the page would never be well again."""
    world.store.disable_receiver("before", "it answered 410", world.clock.now())
    told = words(await browser.get("/"))
    assert "All is well." in told
    assert "410" not in told


async def test_of_very_many_feeds_it_looks_at_some_and_names_the_command_for_all(
    world: World, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_PAGE", 1)
    monkeypatch.setattr(front, "MOST_FEEDS", 2)
    for number in range(3):
        world.publish(f"https://{number}.example/f")
    assert "tocsin feeds list --unhealthy" in words(await browser.get("/"))


# ── what it is made of ───────────────────────────────────────────────────────


async def test_what_strangers_write_is_shown_as_words(
    world: World, browser: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    state["rules"]["refused"] = [HOSTILE]
    world.store.disable_receiver("desk", HOSTILE, world.clock.now())
    escaped = "Minsk &lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;img src=x onerror=y&amp;gt;"
    await alert(world, escaped, "javascript:alert(1)")
    answer = await browser.get("/")
    page = html.fromstring(answer.text)
    assert not list(page.iter("script", "img", "form", "iframe", "object"))
    assert not [name for e in page.iter() for name in e.attrib if name.startswith("on")]
    assert not list(page.iter("a"))
    for character in ("\x1b", "\x00", "\x9b", "\u202e", "\u2066"):
        assert character not in answer.text


async def test_it_loads_nothing_and_runs_nothing(
    world: World, browser: httpx.AsyncClient
) -> None:
    await alert(world, TITLE)
    answer = await browser.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    page = html.fromstring(answer.text)
    assert not [e for e in page.iter() if e.get("src") or e.get("style")]
    assert not list(page.iter("link", "script"))
    assert "url(" not in answer.text
    assert "@import" not in answer.text


async def test_it_can_be_read_aloud_and_on_a_phone(
    world: World, browser: httpx.AsyncClient
) -> None:
    await alert(world, TITLE)
    page = html.fromstring((await browser.get("/")).text)
    assert page.getroottree().getroot().get("lang") == "en"
    assert [e.get("content") for e in page.iter("meta") if e.get("name") == "viewport"]
    levels = [e.tag for e in page.iter("h1", "h2", "h3")]
    assert levels == ["h1", *["h2"] * (len(levels) - 1)]
    assert len(list(page.iter("main"))) == 1
    for section in page.iter("section"):
        assert page.get_element_by_id(section.attrib["aria-labelledby"]).tag == "h2"
    assert all(
        re.fullmatch(r"[\d-]+T[\d:]+Z", e.attrib["datetime"]) for e in page.iter("time")
    )
