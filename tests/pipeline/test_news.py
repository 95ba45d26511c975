"""`updates: news`: told again for what is new, not too often, and nothing lost."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Source, Updates
from monitor.pipeline.newness import _bounded
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
    assert held.detail == "first count of dead: 3; 3 independent sources report it"
    assert held.changes[0].facts == ("first count of dead: 3",)
    assert await report(world, "leaving 3 people dead") == []


async def test_what_is_not_urgent_settles_for_ten_minutes(world: World) -> None:
    await report(world, "")
    await report(world, "3 people are dead")
    assert await report(world, "8 people are dead") == []
    (text,) = await world.deliver(10 * MINUTE)
    assert text.startswith("update 3")


async def test_what_comes_while_news_settle_is_in_the_one_message(
    world: World,
) -> None:
    await report(world, "")
    await report(world, "3 people are dead")
    for dead in (8, 20, 50):
        assert await report(world, f"{dead} people are dead") == []
    (text,) = await world.deliver(10 * MINUTE)
    assert text.startswith("update 5")
    assert await world.deliver(30 * MINUTE) == []
    folded = world.store.alerts()[0].deliveries
    assert sum(bool(one.folded_into) for one in folded) == 2


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


async def test_a_retitled_report_is_told_for_its_news_and_flapping_is_not(
    world: World,
) -> None:
    url = "https://one.example/f"

    async def titled(words: str) -> list[str]:
        at = world.clock.now()
        world.server.pages[url] = []
        world.publish(url, entry(f"{FIRST}{words}", guid="a", at=at), source="one")
        return await world.cycle(11 * MINUTE)

    assert len(await titled("")) == 1
    (text,) = await titled(", 3 people are dead")
    assert text.startswith("update 2")
    for _ in range(4):
        assert await titled("") == []
        assert await titled(", 3 people are dead") == []
    (alert,) = world.store.alerts()
    assert len(alert.messages) == 2
    (item,) = world.store.items()
    assert len(world.store.explained(item.id).decisions) == 2


async def test_a_live_page_is_not_told_for_its_title_alone(world: World) -> None:
    url = "https://live.example/f"
    assert len(await report(world, "")) == 1
    for number in range(3, 40, 6):
        world.server.pages[url] = []
        title = f"Live: {FIRST}, {number} people are dead"
        world.publish(url, entry(title, guid="live", at=world.clock.now()))
        assert await world.cycle(20 * MINUTE) == []


@pytest.mark.parametrize("updates", list(Updates))
async def test_a_retraction_is_told_whatever_the_rule_asks_for_and_once(
    tmp_path: Path, updates: Updates
) -> None:
    world = World(tmp_path, rules=(rule(updates=updates),))
    await report(world, "3 people are dead")
    (text,) = await report(world, "editors retract report of 3 people dead")
    assert text.startswith("correction 2")
    (alert,) = world.store.alerts()
    said = alert.messages[-1]
    assert (said.kind.value, said.reason) == ("correction", "retraction")
    assert said.changes[0].facts == ("an outlet takes its report back",)
    if updates in {Updates.NONE, Updates.NEWS}:
        assert await report(world, "paper retracts report of 3 people dead") == []


async def test_a_denial_is_told_only_where_updates_are_asked_for(
    tmp_path: Path,
) -> None:
    denial = "governor denies reports of a blast"
    world = World(tmp_path, rules=(rule(),))
    await report(world, "")
    assert await report(world, denial) == []
    world.store.close()
    (tmp_path / "two").mkdir()
    world = World(tmp_path / "two", rules=(rule(updates=Updates.SOURCE),))
    await report(world, "")
    (text,) = await report(world, denial)
    assert text.startswith("correction 2")


async def test_a_message_says_what_the_story_was_worth_when_it_was_sent(
    tmp_path: Path,
) -> None:
    sources = (
        Source(name="https://0.example/f", grade="D", state=True),
        Source(name="https://1.example/f", grade="B"),
    )
    world = World(tmp_path, rules=(rule(updates=Updates.NEWS),), sources=sources)
    await report(world, "")
    await report(world, "3 people are dead", 11 * MINUTE)
    first, second = world.store.alerts()[0].messages
    assert first.assessment is not None
    assert second.assessment is not None
    assert (first.assessment.grade, second.assessment.grade) == ("D4", "B3")
    assert second.assessment.first_by == "https://0.example/f"
    assert second.assessment.state_lag == -11 * MINUTE


def test_of_very_many_facts_names_are_let_go_first() -> None:
    names = {f"name/{number}" for number in range(5000)}
    kept = _bounded(frozenset({"state/dead", "voices/3", *names}))
    assert len(kept) == 3000
    assert {"state/dead", "voices/3"} <= kept
