"""A rule that has been silent for too long is told of, once each time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from monitor.model import Trigger
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route, hours_of
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.watch import Watch
from tests.pipeline.world import DOWN, START, FakeChannel, World, entry, rule

HOUR = timedelta(hours=1)
FLAT = rule(trigger=Trigger(type="flatline", timeframe=24 * HOUR))


def listen(world: World) -> int:
    watch = Watch(world.store, world.clock, lambda: world.courier.channels)
    return watch.listen([FLAT, rule("vilnius")], world.teller.policy.route)


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Let nothing be noted, as where the disk is full at just that moment."""
    with closing(sqlite3.connect(folder / "t.db")) as other, other:
        for when in ("INSERT", "UPDATE"):
            other.execute(
                f"CREATE TRIGGER full_{when} BEFORE {when} ON meta "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
    yield
    with closing(sqlite3.connect(folder / "t.db")) as other, other:
        for when in ("INSERT", "UPDATE"):
            other.execute(f"DROP TRIGGER full_{when}")


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


async def test_a_rule_that_never_fired_is_told_once_however_old_items_are_forgotten(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, rules=(FLAT,))
    for number in range(4):
        world.server.pages["https://a.example/f"] = []
        at = world.clock.now()
        world.publish("https://a.example/f", entry(f"Nothing of it {number}", at=at))
        await world.cycle(30 * HOUR)
        listen(world)
    before = world.store.oldest_item()
    world.store.retain(world.clock.now(), 36 * HOUR, 36 * HOUR)
    assert world.store.oldest_item() != before
    assert listen(world) == 0
    assert len(world.store.deliveries()) == 1


async def test_a_new_rule_is_silent_only_since_it_is_looked_for(tmp_path: Path) -> None:
    world = World(tmp_path, rules=())
    world.publish("https://a.example/f", entry("Rally in Minsk"))
    await world.cycle()
    await world.cycle(30 * HOUR)
    assert listen(world) == 0
    world.clock.sleep(23 * HOUR)
    assert listen(world) == 0
    world.clock.sleep(HOUR)
    assert listen(world) == 1
    remark = world.store.deliveries()[0]
    assert remark.body is None
    found = world.store.delivery(remark.id)
    assert found is not None
    assert found.delivery.body is not None


async def test_a_crash_while_it_is_told_neither_loses_nor_repeats_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, rules=(FLAT,))
    world.publish("https://a.example/f", entry("Nothing of it"))
    await world.cycle()
    listen(world)
    world.clock.sleep(25 * HOUR)
    with full_disk(tmp_path), pytest.raises(IntegrityError):
        listen(world)
    world.clock.sleep(HOUR / 12)
    assert listen(world) == 1
    assert len(world.store.deliveries()) == 1


async def test_it_is_told_by_the_routes_and_not_while_they_keep_quiet(
    tmp_path: Path,
) -> None:
    night = Interval(name="night", times=((0, 23 * 60),))
    theirs = Route(receiver="desk", match={"theme": (FLAT.theme,)}, mute=(night,))
    route = Route(receiver="console", routes=(theirs,))
    wishes = Wishes(terms={}, intervals={}, hours=hours_of(route))
    world = World(tmp_path, rules=(FLAT,), route=route, wishes=wishes)
    world.courier.channels = {"desk": world.channel, "console": FakeChannel("console")}
    world.publish("https://a.example/f", entry("Nothing of it"))
    await world.cycle()
    listen(world)
    world.clock.sleep(25 * HOUR)
    assert listen(world) == 1
    (delivery,) = world.store.deliveries()
    assert delivery.receiver == "desk"
    assert delivery.due == world.clock.now().replace(hour=23)
    # Nor is it tried again then.
    world.channel.script = [DOWN]
    world.clock.time = world.clock.now().replace(hour=23, minute=59, second=58)
    assert await world.deliver(timedelta(seconds=1)) == []
    assert await world.deliver(HOUR) == []
    assert len(world.channel.sent) == 1
    assert len(await world.deliver(23 * HOUR)) == 1
