"""Triggers in the whole pipeline: held with figures, told with them, then at rest."""

from datetime import timedelta
from pathlib import Path

from monitor.model import Trigger
from tests.pipeline.world import START, World, entry, rule

HOUR = timedelta(hours=1)
TITLES = (
    "Rally against the tax fills the streets of Minsk",
    "Court frees a doctor who was held for a year in Minsk",
    "Fog closes the airport of Minsk, flights are diverted",
    "Metro tunnel under Minsk floods after a pipe bursts",
    "Theatre opens its new stage in Minsk with an opera",
    "Thieves empty the safe of a jeweller in Minsk",
)


async def told(world: World, number: int, after: timedelta = HOUR / 12) -> list[str]:
    at = world.clock.now() + after
    title = TITLES[number % len(TITLES)] + f" {number}"
    world.publish(
        f"https://{number}.example/f", entry(title, at=at), source=str(number)
    )
    return await world.cycle(after)


async def test_frequency_holds_with_figures_and_tells_at_the_threshold(
    tmp_path: Path,
) -> None:
    trigger = Trigger(type="frequency", count=3, timeframe=HOUR)
    world = World(tmp_path, rules=(rule(trigger=trigger),))
    assert await told(world, 0) == []
    assert await told(world, 1) == []
    (text,) = await told(world, 2)
    assert text.startswith("new 1")
    held = [(one.reason, one.detail) for one in world.store.held_back(START)]
    assert ("frequency", "2 of 3 reports within 1 h") in held
    # It rests for its own time, then counts anew.
    assert await told(world, 3) == []
    assert "told at" in world.store.held_back(START)[0].detail
    assert await told(world, 4, 2 * HOUR) == []


async def test_a_sequence_waits_for_another_rule(tmp_path: Path) -> None:
    trigger = Trigger(type="sequence", after=("court",), timeframe=24 * HOUR)
    world = World(tmp_path, rules=(rule("fog", trigger=trigger), rule("court")))
    assert await told(world, 2) == []
    assert len(await told(world, 1)) == 1
    (text,) = await told(world, 8)
    assert "Fog" in text


async def test_a_restart_changes_no_answer(tmp_path: Path) -> None:
    trigger = Trigger(type="cardinality", field="source", count=3, timeframe=24 * HOUR)
    world = World(tmp_path, rules=(rule(trigger=trigger),))
    assert await told(world, 0) == []
    assert await told(world, 1) == []
    world.restart()
    assert len(await told(world, 2)) == 1
