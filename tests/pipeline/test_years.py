"""What is known after a year of forgetting: nothing that was told is told again."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Delivery, Updates
from monitor.pipeline.lifecycle import Lifecycles
from monitor.store.corrections import Note
from tests.pipeline.world import World, entry, rule

DAY = timedelta(days=1)
A = "https://a.example/f"
B = "https://b.example/f"
NEWS = "Fighters detained near Minsk"
TEXT = "Thirty-three men were detained at a sanatorium in the night, officials say."
OTHER = "Gas talks end without a deal in Vilnius"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, rules=(rule(updates=Updates.REPORT),))


async def a_year(world: World, *feeds: str) -> None:
    """Let a year pass in which these feeds list other things, and forget."""
    for month in range(12):
        for feed in feeds:
            at = world.clock.now()
            world.server.pages[feed] = [entry(f"Football {month}", at=at)]
        await world.cycle(30 * DAY)
        lives = Lifecycles(world.store, lambda: world.teller.policy)
        lives.look(world.clock.now())
        world.store.ledger.seal(world.clock.now())
        world.store.retain(world.clock.now(), 60 * DAY, 30 * DAY)
        world.store.ledger.forget(world.clock.now() - 90 * DAY)


@pytest.mark.parametrize("where", [A, B])
async def test_an_old_report_that_is_listed_again_alerts_nobody(
    world: World, where: str
) -> None:
    """At its old address, or where its feed has moved to; its alert is closed by then."""
    report = entry(NEWS, TEXT, guid="1", link="https://a.example/1")
    world.publish(A, report)
    assert len(await world.cycle()) == 1
    await a_year(world, A)
    (alert,) = world.store.alerts()
    assert alert.alert.closed is not None
    world.restart()
    world.publish(where, report)
    assert await world.cycle() == []
    assert len(world.store.stories()) == 1
    assert world.store.ledger.verify().broken is None


@pytest.mark.parametrize(("dated", "told"), [(True, 0), (False, 1)])
async def test_what_was_forgotten_is_new_when_it_comes_back(
    world: World,
    dated: bool,  # noqa: FBT001
    told: int,
) -> None:
    """Under rules that have changed it may fire; its date holds it back."""
    at = world.clock.now() if dated else None
    report = entry(OTHER, guid="1", at=at)
    world.publish(A, report)
    assert await world.cycle() == []
    await a_year(world, A)
    world.rules = (rule("vilnius"),)
    world.restart()
    world.server.pages[A] = [report]
    assert len(await world.cycle()) == told
    assert int(world.store.counts()["alerts"]) == told


async def test_corrections_and_what_waits_outlast_the_year(world: World) -> None:
    world.publish(A, entry(NEWS, TEXT, guid="1"))
    world.publish(B, entry("Minsk opera opens its season with Verdi", guid="2"))
    await world.cycle()
    one, other = (story.id for story in world.store.stories())
    world.store.merge_stories(one, other, Note(at=world.clock.now(), author="ann"))
    waits = Delivery(
        id="dlv_waits",
        alert_id="",
        sequence=1,
        receiver="gone",
        due=world.clock.now() + 1000 * DAY,
        created=world.clock.now(),
    )
    world.store.add_deliveries([waits])
    await a_year(world, A, B)
    assert world.store.delivery(waits.id) is not None
    (merge,) = world.store.corrections()
    assert (merge.kind, merge.author) == ("merge", "ann")
    # Even what was merged then can be taken apart again.
    world.store.unmerge_story(one, Note(at=world.clock.now()))
    assert {story.id for story in world.store.stories()} == {one, other}
    for item in world.store.items():
        if item.title == NEWS:
            reasons = [d.reason for d in world.store.explained(item.id).decisions]
            assert reasons == ["new-story", "quiet"]
