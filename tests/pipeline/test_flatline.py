"""A rule that has been silent for too long is told of, once each time."""

from datetime import timedelta
from pathlib import Path

from monitor.model import Trigger
from monitor.pipeline.watch import Watch
from tests.pipeline.world import START, World, entry, rule

HOUR = timedelta(hours=1)
FLAT = rule(trigger=Trigger(type="flatline", timeframe=24 * HOUR))


def listen(world: World) -> int:
    watch = Watch(world.store, world.clock, lambda: world.courier.channels)
    return watch.listen([FLAT, rule("vilnius")], "desk")


async def test_silence_is_told_once_and_anew_after_a_report(tmp_path: Path) -> None:
    world = World(tmp_path, rules=(FLAT,))
    assert listen(world) == 0
    at = world.clock.now() + HOUR
    world.publish("https://a.example/f", entry("Rally in Minsk", at=at))
    # Its reports are counted and not told.
    assert await world.cycle() == []
    assert world.store.held_back(START)[0].reason == "flatline"
    world.clock.sleep(23 * HOUR)
    assert listen(world) == 0
    world.clock.sleep(HOUR)
    assert listen(world) == 1
    assert listen(world) == 0
    world.restart()
    assert listen(world) == 0
    (text,) = await world.deliver(HOUR)
    assert text == "rule.flatline: Minsk: no report for 24 h"
    at = world.clock.now() + HOUR
    world.publish("https://b.example/f", entry("Fog over Minsk", at=at))
    await world.cycle()
    assert listen(world) == 0
    world.clock.sleep(25 * HOUR)
    assert listen(world) == 1


async def test_a_rule_that_never_fired_is_silent_since_anything_was_seen(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, rules=(FLAT,))
    world.publish("https://a.example/f", entry("Nothing of it"))
    await world.cycle()
    assert listen(world) == 0
    world.clock.sleep(25 * HOUR)
    assert listen(world) == 1
