"""A clock that was ahead for a while, and was set right: nothing is kept back for it."""

from collections.abc import Callable
from datetime import timedelta

from monitor.model import Trigger
from tests.pipeline.world import World, entry, rule

HOUR = timedelta(hours=1)
AHEAD = timedelta(days=100)


async def test_what_a_feed_publishes_then_is_no_backfill(world: World) -> None:
    world.publish("https://a.example/f", entry("Fog over Brest"))
    await world.cycle()
    world.clock.sleep(AHEAD)
    await world.cycle()
    world.clock.sleep(-AHEAD)
    at = world.clock.now()
    world.publish("https://a.example/f", entry("Rally in Minsk", at=at))
    assert len(await world.cycle()) == 1


async def test_a_rule_that_counts_reports_does_not_rest_until_then(
    make_world: Callable[..., World],
) -> None:
    counts = rule(trigger=Trigger(type="frequency", timeframe=24 * HOUR, count=2))
    world = make_world(rules=(counts,))
    world.publish("https://a.example/f", entry("Fog over Brest"))
    await world.cycle()
    world.clock.sleep(AHEAD)
    for title in ("Trams of Minsk stop", "Minsk opera burns"):
        at = world.clock.now()
        world.publish("https://a.example/f", entry(title, at=at))
    assert len(await world.cycle()) == 1
    world.clock.sleep(-AHEAD)
    for title in ("Rally in Minsk", "Strike at a plant of Minsk"):
        at = world.clock.now()
        world.publish("https://b.example/f", entry(title, at=at))
    assert len(await world.cycle()) == 1
