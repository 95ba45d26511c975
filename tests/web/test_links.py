"""The pages behind the links in messages: they ask first, and do one thing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from monitor.model import Delivery, DeliveryState, Notice, Silence
from monitor.send.links import LASTS, Links
from monitor.web import links
from tests.pipeline.world import World, entry

LINKS = Links(base="http://tocsin", secret="s" * 24)
TITLE = "Rally against <i>the</i> tax fills the streets of Minsk"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def web(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=links.routes(world.store, world.clock, LINKS))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tocsin") as made:
        yield made


async def alerted(world: World) -> tuple[Notice, Delivery]:
    """Let one alert be told, and return what its message was made from."""
    world.publish("https://1.example/f", entry(TITLE, at=world.clock.now()))
    await world.cycle()
    (delivery,) = world.store.deliveries()
    mailed = replace(delivery, recipient="desk@example.org")
    return world.store.notice(delivery), mailed


async def test_opening_a_link_changes_nothing(
    world: World, web: httpx.AsyncClient
) -> None:
    notice, mailed = await alerted(world)
    for url in (LINKS.silence(notice, mailed), LINKS.unsubscribe(mailed)):
        for method in ("GET", "HEAD"):
            assert (await web.request(method, url)).status_code == 200
        assert (await web.put(url)).status_code == 405
    assert world.store.silences(None) == []
    assert world.store.unsubscribed() == []
    assert world.store.audited(10) == []


async def test_a_silence_has_its_author_end_and_comment_and_is_listed(
    world: World, web: httpx.AsyncClient
) -> None:
    notice, mailed = await alerted(world)
    url = LINKS.silence(notice, mailed)
    page = (await web.get(url)).text
    assert "fills the streets of Minsk" in page
    form = {"what": "story", "for": "8h", "comment": "known <b>here</b>"}
    done = await web.post(url, data=form)
    assert done.status_code == 200
    now = world.clock.now()
    (made,) = world.store.silences(now)
    assert made.matchers == (("story", "=", notice.story.id),)
    assert made.ends - now == timedelta(hours=8)
    assert (made.author, made.comment) == ("desk@example.org", "known <b>here</b>")
    (line,) = world.store.audited(10)
    assert (line.who, line.action) == ("desk@example.org", "link: silence")
    # Again is the same silence, and the page says that there is one.
    await web.post(url, data=form)
    assert len(world.store.silences(now)) == 1
    assert "Silenced until" in (await web.get(url)).text


async def test_a_silence_that_news_lifts_is_not_the_one_that_is_asked_for(
    world: World, web: httpx.AsyncClient
) -> None:
    notice, mailed = await alerted(world)
    now = world.clock.now()
    lifted = Silence(
        id="sil_lifted",
        matchers=(("story", "=", notice.story.id),),
        starts=now,
        ends=now + timedelta(days=30),
        created=now,
        until_news=True,
    )
    world.store.add_silence(lifted)
    await web.post(LINKS.silence(notice, mailed), data={"what": "story", "for": "1d"})
    (made,) = (one for one in world.store.silences(now) if not one.until_news)
    assert made.ends == now + timedelta(days=1)


async def test_a_rule_can_be_silenced_and_then_tells_nothing(
    world: World, web: httpx.AsyncClient
) -> None:
    notice, mailed = await alerted(world)
    url = LINKS.silence(notice, mailed)
    await web.post(url, data={"what": "rule", "for": "1d"})
    (made,) = world.store.silences(world.clock.now())
    assert made.matchers == (("rule", "=", notice.alert.rule.id),)
    other = "Court frees a doctor who was held for a year in Minsk"
    world.publish("https://2.example/f", entry(other, at=world.clock.now()))
    await world.cycle()
    assert len(world.store.alerts()) == 1
    (held,) = world.store.held_back(world.clock.now() - timedelta(days=1))
    assert held.reason == "silenced"


async def test_a_link_that_is_old_or_forged_does_nothing(
    world: World, web: httpx.AsyncClient
) -> None:
    notice, mailed = await alerted(world)
    url = LINKS.silence(notice, mailed)
    world.clock.sleep(LASTS + timedelta(minutes=1))
    for wrong in (
        url,
        url[:-3] + "abc",
        "/links/silence/x.y",
        "/links/unsubscribe/<b>",
    ):
        answer = await web.post(wrong)
        assert answer.status_code == 403
        assert "<b>" not in answer.text
    assert world.store.silences(None) == []


async def test_a_mail_program_unsubscribes_by_one_click(
    world: World, web: httpx.AsyncClient
) -> None:
    _, mailed = await alerted(world)
    url = LINKS.unsubscribe(mailed)
    for _ in range(2):
        answer = await web.post(url, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    (found,) = world.store.unsubscribed()
    assert (found.receiver, found.recipient) == ("desk", "desk@example.org")
    waiting = [
        replace(mailed, id=f"dlv_{n}", recipient=to)
        for n, to in enumerate(("desk@example.org", "other@example.org"))
    ]
    world.store.add_deliveries(waiting)
    ids = {one.id for one in world.store.deliveries()}
    assert "dlv_0" not in ids
    assert "dlv_1" in ids
    assert world.store.resubscribe("desk", "desk@example.org")
    assert not world.store.resubscribe("desk", "desk@example.org")
    world.store.add_deliveries(waiting)
    assert "dlv_0" in {one.id for one in world.store.deliveries()}


async def test_what_waits_for_a_recipient_who_leaves_is_not_sent(
    world: World, web: httpx.AsyncClient
) -> None:
    _, mailed = await alerted(world)
    now = world.clock.now()
    waits = replace(mailed, id="dlv_w", due=now, state=DeliveryState.PENDING)
    world.store.add_deliveries([waits])
    await web.post(LINKS.unsubscribe(mailed))
    view = world.store.delivery("dlv_w")
    assert view is not None
    assert view.delivery.state == "dead"
    assert "unsubscribed" in view.delivery.problem


async def test_a_form_is_bounded_and_a_page_runs_nothing(
    world: World, web: httpx.AsyncClient
) -> None:
    notice, mailed = await alerted(world)
    url = LINKS.silence(notice, mailed)
    huge = await web.post(url, content=b"comment=" + b"x" * 9000)
    assert huge.status_code == 413
    many = await web.post(url, content=b"&".join(b"a=b" for _ in range(99)))
    assert many.status_code == 400
    page = await web.get(url)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in page.text
    await web.post(url, data={"comment": "x" * 2000, "for": "99y", "what": "<b>"})
    (made,) = world.store.silences(None)
    assert len(made.comment) == 500
    assert made.ends - made.starts == timedelta(days=1)
