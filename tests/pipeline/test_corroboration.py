"""The gate counts independent voices: copies, agencies and owners are one; and it grades."""

from datetime import timedelta
from pathlib import Path

from monitor.model import Corroboration, Escalation, Source
from tests.pipeline.world import START, World, entry, rule

MINUTE = timedelta(minutes=1)
TITLE = "Belarus detains 33 Russian mercenaries near Minsk sanatorium"
TEXT = (
    "The men were taken from a sanatorium on Wednesday, the state agency said, after a "
    "tip about two hundred fighters who had come to destabilise the country before the vote."
)
GATE = Corroboration(sources=2, within=timedelta(hours=6))
GRADED = Corroboration(sources=2, within=timedelta(hours=6), grade="C3")


async def report(world: World, outlet: str, title: str, text: str = "") -> list[str]:
    at = world.clock.now() + MINUTE
    made = entry(title, text, at=at)
    world.publish(f"https://{outlet}.example/f", made, source=outlet)
    return await world.cycle(MINUTE)


async def test_republications_of_one_agency_do_not_open_the_gate(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, rules=(rule(corroboration=GATE),))
    assert await report(world, "a", f"{TITLE}, TASS reports", TEXT) == []
    assert await report(world, "b", f"{TITLE} (TASS)") == []
    assert await report(world, "c", f"{TITLE} again", f"{TEXT} More to come.") == []
    held = [one.detail for one in world.store.held_back(START)]
    assert len(held) == 3
    assert all(one.startswith("1 of 2 independent sources") for one in held)
    (told,) = await report(world, "d", f"{TITLE}, witness says")
    assert told.startswith("new 1")
    assert "TASS, d" in world.store.alerts()[0].messages[0].detail


async def test_a_grade_in_the_gate_waits_for_better_sources(tmp_path: Path) -> None:
    sources = [Source(name=n, grade=g) for n, g in (("a", "E"), ("b", "D"), ("c", "B"))]
    world = World(tmp_path, rules=(rule(corroboration=GRADED),), sources=sources)
    assert await report(world, "a", TITLE) == []
    assert await report(world, "b", f"{TITLE} today") == []
    (held, _) = world.store.held_back(START)
    assert "graded D4, not C3" in held.detail
    (told,) = await report(world, "c", f"{TITLE} at night")
    assert told.startswith("new 1")
    assert "graded B2" in world.store.alerts()[0].messages[0].detail


async def test_the_time_of_the_gate_counts_back_from_the_last_report(
    tmp_path: Path,
) -> None:
    """A rumour of days ago is no second source, and does not shut the gate for good."""
    world = World(tmp_path, rules=(rule(corroboration=GATE),))
    assert await report(world, "a", TITLE) == []
    world.clock.sleep(timedelta(hours=7))
    assert await report(world, "b", f"{TITLE} today") == []
    held = [one.detail for one in world.store.held_back(START)]
    assert held == [f"1 of 2 independent sources within 6 h: {name}" for name in "ba"]
    world.clock.sleep(timedelta(hours=5))
    (told,) = await report(world, "c", f"{TITLE} at night")
    assert told.startswith("new 1")
    detail = world.store.alerts()[0].messages[0].detail
    assert detail.startswith("2 of 2 independent sources: b, c")


PAGE = "https://live.example/minsk"


async def long_story(world: World) -> None:
    """Let one outlet write sixty reports of a story."""
    made = [entry(TITLE, TEXT, guid=str(n), link=PAGE) for n in range(60)]
    world.publish("https://live.example/f", *made, source="live")
    await world.cycle(MINUTE)
    (story,) = world.store.stories()
    assert story.items == 60


async def later(world: World, outlet: str, title: str) -> list[str]:
    at = world.clock.now() + MINUTE
    made = entry(title, guid=outlet, link=PAGE, at=at)
    world.publish(f"https://{outlet}.example/f", made, source=outlet)
    return await world.cycle(MINUTE)


async def test_a_long_story_is_corroborated_by_those_who_report_it_now(
    tmp_path: Path,
) -> None:
    gated = rule("poland", corroboration=GATE)
    world = World(tmp_path, rules=(rule(), gated))
    await long_story(world)
    world.clock.sleep(timedelta(hours=20))
    assert await later(world, "b", "Poland asks Belarus for an explanation") == []
    (told,) = await later(world, "c", "Summons of an ambassador, Poland confirms")
    assert told.startswith("new 1")


async def test_of_a_long_story_every_outlet_counts(tmp_path: Path) -> None:
    escalated = rule(escalate=Escalation(sources=3))
    world = World(tmp_path, rules=(escalated,))
    await long_story(world)
    assert await later(world, "b", "Minsk ministry confirms all of it") == []
    (told,) = await later(world, "c", "Embassy in Minsk hands over a note")
    assert told.startswith("update")
    assert world.store.alerts()[0].messages[-1].reason == "escalated"
