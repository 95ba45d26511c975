"""Subscribing at hubs, some of which never answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.model import Exchange, Fetched
from monitor.pipeline.websub import Subscriber
from tests.pipeline.world import World

FEEDS = 8


def offering(number: int) -> Exchange:
    """Return a feed that names a hub of its own."""
    url = f"https://{number}.example/f"
    return Exchange(
        outcome=Fetched.BODY,
        url=url,
        final_url=url,
        status=200,
        headers={
            "content-type": "application/rss+xml",
            "link": f'<https://hub{number}.example/>; rel="hub"',
        },
        body=b"<rss version='2.0'><channel><title>t</title></channel></rss>",
    )


@dataclass
class Hanging:
    """Hubs that say nothing for as long as any of them has not been asked."""

    asked: set[str] = field(default_factory=set)
    all_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, hub: str, form: Mapping[str, str]) -> str:
        del form
        self.asked.add(hub)
        if len(self.asked) == FEEDS:
            self.all_asked.set()
        try:
            async with asyncio.timeout(2):
                await self.all_asked.wait()
        except TimeoutError:
            return "the hub did not answer while others waited for it"
        return ""


async def test_a_hub_that_does_not_answer_keeps_no_other_waiting(world: World) -> None:
    """One after the other they take so long that the service would seem to stand still."""
    subscriber = Subscriber(
        store=world.store,
        poller=world.poller,
        asker=Hanging(),
        clock=world.clock,
        observer=world.seen,
        owner="test",
        lease=timedelta(minutes=1),
        callback="https://tocsin.example/websub/",
        secret=lambda: "secret",
    )
    world.poller.hubs = subscriber.book
    for number in range(FEEDS):
        world.publish(f"https://{number}.example/f")
        world.server.pages[f"https://{number}.example/f"] = offering(number)
    await world.cycle()
    assert await subscriber.renew() == FEEDS
    assert {one.problem for one in world.store.hubs.all()} == {""}
