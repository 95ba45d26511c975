"""`updates: news`: told again for what is new, not too often, and nothing lost."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Updates
from tests.pipeline.world import START, World, entry, rule

MINUTE = timedelta(minutes=1)
FIRST = "Blast at the chemical plant near Minsk shakes the town at night"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, rules=(rule(updates=Updates.NEWS),))


async def report(world: World, words: str, after: timedelta = MINUTE) -> list[str]:
    number = len(world.feeds)
    at = world.clock.now() + after
    title = f"{FIRST}, {words}" if words else FIRST
    world.publish(f"https://{number}.example/f", entry(title, at=at))
    return await world.cycle(after)


async def test_a_paraphrase_joins_and_news_are_told_with_what_is_new(
    world: World,
) -> None:
    assert len(await report(world, "")) == 1
    assert await report(world, "officials say") == []
    (text,) = await report(world, "3 people are dead")
    assert text.startswith("update 2")
    held = world.store.alerts()[0].messages[-1]
    assert held.reason == "news"
    assert held.detail == "first count of dead: 3"
    assert await report(world, "leaving 3 people dead") == []


async def test_what_is_not_urgent_settles_for_ten_minutes(world: World) -> None:
    await report(world, "")
    await report(world, "3 people are dead")
    assert await report(world, "8 people are dead") == []
    (text,) = await world.deliver(10 * MINUTE)
    assert text.startswith("update 3")


async def test_over_the_cap_news_are_held_and_told_with_the_next_report(
    world: World,
) -> None:
    await report(world, "")
    for dead in (3, 8, 20):
        await report(world, f"{dead} people are dead", 11 * MINUTE)
    assert await report(world, "50 people are dead", 2 * MINUTE) == []
    (held,) = [one for one in world.store.held_back(START) if one.reason == "capped"]
    assert "20 before, 50 now" in held.detail
    told = await report(world, "as 50 people are dead", 60 * MINUTE)
    told += await world.deliver(10 * MINUTE)
    assert len(told) == 1
    assert "20 before, 50 now" in world.store.alerts()[0].messages[-1].detail
