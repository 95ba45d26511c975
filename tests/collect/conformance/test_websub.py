"""Row 23: WebSub (W3C, 2018), with a slow backup poll that notices a silent hub."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from monitor.collect import hubs
from monitor.model import Subscribed, Subscription
from monitor.pipeline.websub import Subscriber
from monitor.web import websub
from tests.collect.conformance.server import Client, Reply, rss

HUB = "https://hub.example/"
LINKED = {"Link": f'<{HUB}>; rel="hub"'}
LARGEST = 10_000
DAY = timedelta(days=1)


class Nobody:
    def polled(self, report: object) -> None:
        """Forget it."""

    def delivered(self, report: object) -> None:
        """Forget it."""


@dataclass
class Asked:
    """A hub that takes every request, and is scripted by the test from there."""

    problem: str = ""
    forms: list[Mapping[str, str]] = field(default_factory=list)

    async def ask(self, hub: str, form: Mapping[str, str]) -> str:
        assert hub == HUB
        self.forms.append(form)
        return self.problem


@dataclass
class Scene:
    client: Client
    hub: Asked
    subscriber: Subscriber
    web: httpx.AsyncClient
    counted: list[str]
    app: Starlette

    @property
    def subscription(self) -> Subscription:
        (one,) = self.client.world.store.hubs.all()
        return one

    async def subscribed(self, lease: timedelta = timedelta(days=5)) -> None:
        """Let the feed be polled once, and its hub ask back."""
        self.client.publisher.says("/f", Reply(headers=LINKED))
        self.client.watch()
        await self.client.poll()
        await self.subscriber.renew()
        assert await self.verified(lease) == 200
        await self.subscriber.renew()

    async def relied_on(self) -> None:
        """Let the hub prove itself, and the next poll be a day away."""
        await self.subscribed()
        await self.push(rss("two"))
        await self.read()
        self.client.publisher.says("/f", Reply(body=rss("two", "one"), headers=LINKED))
        await self.client.poll()
        assert self.client.wait() == DAY

    async def verified(self, lease: timedelta, mode: str = "subscribe") -> int:
        query = {
            "hub.mode": mode,
            "hub.topic": self.subscription.topic,
            "hub.challenge": "c & d",
            "hub.lease_seconds": str(int(lease.total_seconds())),
        }
        answer = await self.web.get(self.path, params=query)
        assert answer.status_code != 200 or answer.text == "c & d"
        return answer.status_code

    @property
    def path(self) -> str:
        return f"/websub/{self.subscription.token}"

    async def push(self, body: bytes, method: str = "sha256") -> int:
        key = self.subscription.secret.encode()
        made = hmac.new(key, body, getattr(hashlib, method)).hexdigest()
        headers = {"X-Hub-Signature": f"{method}={made}", "Content-Type": "text/xml"}
        answer = await self.web.post(self.path, content=body, headers=headers)
        return answer.status_code

    async def read(self) -> int:
        number = await self.subscriber.take_pushes()
        await self.subscriber.renew()
        return number


@pytest.fixture
async def scene(client: Client) -> AsyncIterator[Scene]:
    world, hub = client.world, Asked()
    counted: list[str] = []
    drawn = iter(f"secret-{number}" for number in range(99))
    subscriber = Subscriber(
        store=world.store,
        poller=world.poller,
        asker=hub,
        clock=world.clock,
        observer=Nobody(),
        owner="t",
        lease=timedelta(minutes=1),
        callback="http://tocsin/websub/",
        secret=lambda: next(drawn),
    )
    world.poller.hubs = subscriber.book
    routes = websub.routes(world.store, world.clock, LARGEST, counted.append)
    app = Starlette(routes=routes)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tocsin") as web:
        yield Scene(client, hub, subscriber, web, counted, app)


async def test_23_a_hub_is_asked_once_and_confirmed(scene: Scene) -> None:
    await scene.subscribed()
    (form,) = scene.hub.forms
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == scene.client.publisher.url()
    assert form["hub.callback"].startswith("http://tocsin/websub/")
    assert scene.subscription.state is Subscribed.ACTIVE


async def test_23_a_push_is_news_once_whatever_is_polled_and_pushed_after(
    scene: Scene,
) -> None:
    await scene.subscribed()
    assert await scene.push(rss("two", "one")) == 202
    assert await scene.read() == 1
    assert scene.client.titles() == ["one", "two"]
    assert await scene.push(rss("two", "one"), "sha512") == 202
    assert await scene.read() == 1
    scene.client.publisher.says("/f", Reply(body=rss("two", "one"), headers=LINKED))
    assert (await scene.client.poll()).new_items == 0
    assert scene.client.titles() == ["one", "two"]
    assert await scene.read() == 0


async def test_23_a_push_leaves_validators_and_the_body_hash_alone(
    scene: Scene,
) -> None:
    tagged = Reply(headers={**LINKED, "ETag": '"1"'})
    await scene.subscribed()
    scene.client.publisher.says("/f", tagged, Reply(304))
    await scene.client.poll()
    before = scene.client.state()
    await scene.push(rss("two"))
    await scene.read()
    after = scene.client.state()
    assert (after.etag, after.body_hash) == ('"1"', before.body_hash)
    assert after.poll_after == before.poll_after
    assert after.last_new == scene.client.world.clock.now()


async def test_23_a_hub_that_pushes_is_backed_up_by_a_daily_poll(scene: Scene) -> None:
    await scene.subscribed()
    await scene.client.poll()
    assert scene.client.wait() < timedelta(hours=2)  # it has not proved itself yet
    await scene.push(rss("two"))
    await scene.read()
    scene.client.publisher.says("/f", Reply(body=rss("two", "one"), headers=LINKED))
    await scene.client.poll()
    assert scene.client.wait() == DAY


async def test_23_a_hub_that_missed_news_is_not_relied_on_until_it_pushes(
    scene: Scene,
) -> None:
    await scene.subscribed()
    await scene.push(rss("two"))
    await scene.read()
    scene.client.publisher.says(
        "/f", Reply(body=rss("three", "two", "one"), headers=LINKED)
    )
    await scene.client.poll()
    assert scene.subscription.missed is not None
    assert scene.client.wait() < timedelta(hours=2)
    await scene.subscriber.renew()
    await scene.client.poll()
    assert scene.client.wait() < timedelta(hours=2)
    await scene.push(rss("four"))
    await scene.read()
    await scene.client.poll()
    assert scene.client.wait() == DAY


async def test_23_leases_are_renewed_before_they_end(scene: Scene) -> None:
    await scene.subscribed(timedelta(hours=10))
    scene.client.world.clock.sleep(timedelta(hours=8))
    await scene.subscriber.renew()
    assert len(scene.hub.forms) == 2
    assert scene.hub.forms[0]["hub.callback"] == scene.hub.forms[1]["hub.callback"]
    assert await scene.verified(timedelta(hours=10)) == 200
    assert scene.subscription.lease_until == (
        scene.client.world.clock.now() + timedelta(hours=10)
    )


async def test_23_a_lease_that_lapses_brings_the_usual_polls_back(scene: Scene) -> None:
    await scene.subscribed(timedelta(hours=10))
    await scene.push(rss("two"))
    await scene.read()
    await scene.client.poll()
    assert scene.client.wait() > timedelta(hours=8)
    scene.hub.problem = "down"
    for _ in range(5):
        scene.client.world.clock.sleep(timedelta(hours=2, minutes=5))
        await scene.subscriber.renew()
    assert scene.client.wait() <= timedelta()
    await scene.client.poll()
    assert scene.client.wait() < timedelta(hours=2)
    assert scene.subscription.problem == "down"


async def test_23_a_wrong_signature_is_answered_2xx_ignored_and_counted(
    scene: Scene,
) -> None:
    await scene.subscribed()
    forged = {"X-Hub-Signature": "sha256=" + "0" * 64}
    for headers in ({}, forged):
        answer = await scene.web.post(scene.path, content=rss("evil"), headers=headers)
        assert answer.status_code == 202
    assert await scene.read() == 0
    assert scene.subscription.refused == 2
    assert scene.counted == ["bad-signature"] * 2
    assert scene.client.titles() == ["one"]


async def test_23_bodies_are_bounded_and_unknown_paths_are_gone(scene: Scene) -> None:
    await scene.subscribed()
    assert await scene.push(b"x" * (LARGEST + 1)) == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000

    answer = await scene.web.post(scene.path, content=endless())
    assert answer.status_code == 413
    assert (await scene.web.post("/websub/guess", content=b"x")).status_code == 410
    assert (await scene.web.get("/websub/guess")).status_code == 404
    assert (await scene.web.get("/websub/%00%ff")).status_code == 404
    assert await scene.read() == 0


async def test_23_nothing_is_read_of_what_comes_to_an_unknown_path(
    scene: Scene,
) -> None:
    """Many strangers at once would else have as many large bodies kept in memory."""
    read: list[bytes] = []

    async def endless() -> AsyncIterator[bytes]:
        while len(read) < 100:
            read.append(b"x" * 1000)
            yield read[-1]

    answer = await scene.web.post("/websub/guess", content=endless())
    assert answer.status_code == 410
    assert read == []
    assert scene.counted == ["unknown"]


async def test_23_a_hub_that_goes_away_is_not_said_to_send_too_much(
    scene: Scene,
) -> None:
    await scene.subscribed()
    coming: list[Message] = [
        {"type": "http.request", "body": b"<rss", "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": scene.path,
        "query_string": b"",
        "headers": [],
    }
    await scene.app(scope, receive, send)
    assert said[0]["status"] == 400
    assert scene.counted == ["broken-off"]


async def test_23_what_is_no_feed_is_told_and_changes_nothing(scene: Scene) -> None:
    await scene.subscribed()
    before = scene.client.state()
    assert await scene.push(b"<html><body>hello</body></html>") == 202
    assert await scene.read() == 1
    assert await scene.read() == 0
    assert scene.client.state() == before


@pytest.mark.parametrize("body", [b"", b"<html><body>hello</body></html>"])
async def test_23_a_push_that_cannot_be_read_brings_a_poll(
    scene: Scene, body: bytes
) -> None:
    await scene.relied_on()
    scene.client.world.clock.sleep(timedelta(hours=3))
    assert await scene.push(body) == 202
    assert await scene.read() == 1
    assert scene.client.wait() <= timedelta()


@pytest.mark.parametrize("named", [{}, {"Link": '<https://b.example/>; rel="hub"'}])
async def test_23_a_feed_whose_hub_is_ended_is_polled_as_ever(
    scene: Scene, named: dict[str, str]
) -> None:
    await scene.relied_on()
    scene.client.world.clock.sleep(DAY)
    body = rss("two", "one") + b"<!-- changed -->"
    scene.client.publisher.says("/f", Reply(body=body, headers=named))
    await scene.client.poll()
    assert scene.client.wait() < timedelta(hours=2)


async def test_23_a_flood_is_told_to_come_later(scene: Scene) -> None:
    await scene.subscribed()
    answers = [await scene.push(rss(f"n{n}")) for n in range(52)]
    assert answers[:50] == [202] * 50
    assert answers[50:] == [503] * 2
    while await scene.read():
        pass
    assert len(scene.client.titles()) == 51


async def test_23_a_denied_subscription_is_polled_for_at_once(scene: Scene) -> None:
    await scene.subscribed()
    await scene.push(rss("two"))
    await scene.read()
    await scene.client.poll()
    query = {
        "hub.mode": "denied",
        "hub.topic": scene.subscription.topic,
        "hub.reason": "closed",
    }
    assert (await scene.web.get(scene.path, params=query)).status_code == 200
    assert scene.subscription.state is Subscribed.DENIED
    assert scene.client.wait() <= timedelta()


async def test_23_a_hub_that_is_down_is_asked_again(scene: Scene) -> None:
    scene.hub.problem = "the hub answered 500"
    scene.client.publisher.says("/f", Reply(headers=LINKED))
    scene.client.watch()
    await scene.client.poll()
    await scene.subscriber.renew()
    assert scene.subscription.problem == "the hub answered 500"
    await scene.subscriber.renew()
    assert len(scene.hub.forms) == 1
    scene.client.world.clock.sleep(timedelta(minutes=6))
    await scene.subscriber.renew()
    assert len(scene.hub.forms) == 2
    assert scene.hub.forms[0]["hub.secret"] == scene.hub.forms[1]["hub.secret"]


async def test_23_a_feed_that_names_another_hub_ends_the_first(scene: Scene) -> None:
    await scene.subscribed()
    first = scene.subscription
    scene.client.publisher.says("/f", Reply(body=rss("x")))
    await scene.client.poll()
    assert scene.subscription.state is Subscribed.ENDING
    await scene.subscriber.renew()
    assert scene.hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert await scene.verified(DAY, "subscribe") == 404
    assert await scene.verified(DAY, "unsubscribe") == 200
    await scene.subscriber.renew()
    assert scene.client.world.store.hubs.all() == []
    assert scene.client.world.store.hubs.of_token(first.token) is None


async def test_23_a_feed_that_is_removed_is_unsubscribed(scene: Scene) -> None:
    await scene.subscribed()
    world = scene.client.world
    world.store.sync_feeds([], world.clock.now())
    await scene.subscriber.renew()
    assert scene.hub.forms[-1]["hub.mode"] == "unsubscribe"


async def test_23_a_hub_that_stays_named_is_kept(scene: Scene) -> None:
    await scene.subscribed()
    both = {"Link": f'<https://other.example/>; rel="hub", <{HUB}>; rel="hub"'}
    scene.client.publisher.says("/f", Reply(body=rss("x"), headers=both))
    await scene.client.poll()
    assert scene.subscription.hub == HUB
    assert scene.subscription.state is Subscribed.ACTIVE


def test_23_the_backup_is_daily() -> None:
    assert hubs.BACKUP == DAY
