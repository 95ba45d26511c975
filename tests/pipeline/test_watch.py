"""Sources that break, fall silent, change or mend: told once each."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.collect.health import health
from monitor.pipeline.watch import Patience, Watch
from tests.pipeline.world import FakeChannel, World, entry, failure

HOUR = timedelta(hours=1)
DESK = Patience(receivers=("desk",))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def look(world: World, patience: Patience = DESK) -> int:
    watch = Watch(world.store, world.clock, lambda: world.courier.channels)
    return watch.look(patience)


async def told(world: World) -> list[str]:
    return [text for text in await world.deliver(HOUR) if text.startswith("source.")]


async def test_a_feed_that_fails_is_told_after_the_patience_and_once(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle(HOUR)
    assert look(world) == 0
    await world.cycle(6 * HOUR)
    assert look(world) == 1
    assert look(world) == 0
    assert await told(world) == ["source.failing: https://a.example/f cannot be read"]


async def test_five_days_of_failure_are_told_once_with_their_reason(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    look(world)
    world.server.pages["https://a.example/f"] = failure()
    heard = []
    for _ in range(5 * 4):
        await world.cycle(6 * HOUR)
        look(world)
        heard += await told(world)
    assert heard == ["source.failing: https://a.example/f cannot be read"]
    (feed,) = world.store.feeds_after(0, 9)
    polls = world.store.polled_of([feed], world.clock.now() - 360 * HOUR)
    fares = health(feed.state, polls["https://a.example/f"], world.clock.now())
    assert fares.state == "failing"
    assert "the last good one 6 days ago: status 500" in fares.reason
    world.server.pages["https://a.example/f"] = [entry("two")]
    await world.cycle(6 * HOUR)
    look(world)
    assert await told(world) == ["source.recovered: https://a.example/f works again"]


async def test_a_restart_repeats_nothing(world: World) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle(7 * HOUR)
    assert look(world) == 1
    world.restart()
    assert look(world) == 0


async def test_one_that_works_again_is_told_only_where_its_fault_was(
    world: World,
) -> None:
    for name in "ab":
        world.publish(f"https://{name}.example/f", entry(name))
    await world.cycle()
    look(world)
    for name in "ab":
        world.server.pages[f"https://{name}.example/f"] = failure()
    await world.cycle(HOUR)
    world.server.pages["https://b.example/f"] = [entry("b")]
    await world.cycle(6 * HOUR)
    assert look(world) == 1
    assert await told(world) == ["source.failing: https://a.example/f cannot be read"]
    world.server.pages["https://a.example/f"] = [entry("a")]
    await world.cycle(HOUR)
    assert look(world) == 1
    assert await told(world) == ["source.recovered: https://a.example/f works again"]


async def test_silence_against_its_own_rhythm_is_told(world: World) -> None:
    for number in range(8):
        world.publish("https://a.example/f", entry(f"item {number}"))
        await world.cycle(6 * HOUR)
    assert look(world) == 0
    await world.cycle(30 * HOUR)
    assert look(world) == 1
    (text,) = await told(world)
    assert text == "source.silent: https://a.example/f has fallen silent"


async def test_a_feed_that_stays_silent_is_not_said_to_work_again(world: World) -> None:
    for number in range(8):
        world.publish("https://a.example/f", entry(f"item {number}"))
        await world.cycle(6 * HOUR)
    heard = []
    for _ in range(40):
        await world.cycle(24 * HOUR)
        look(world)
        world.store.retain(world.clock.now(), 720 * HOUR, 720 * HOUR)
        heard += await told(world)
    assert heard == ["source.silent: https://a.example/f has fallen silent"]
    world.publish("https://a.example/f", entry("it is back"))
    await world.cycle(HOUR)
    look(world)
    assert await told(world) == ["source.recovered: https://a.example/f works again"]


async def test_a_feed_that_is_gone_for_a_month_is_told_once(world: World) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    look(world)
    world.server.pages["https://a.example/f"] = failure(status=410)
    heard = []
    for _ in range(6):
        await world.cycle(7 * 24 * HOUR)
        look(world)
        heard += await told(world)
    assert heard == ["source.failing: https://a.example/f cannot be read"]


async def test_a_change_of_format_is_told(world: World) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    look(world)
    page = world.server.pages["https://a.example/f"]
    assert isinstance(page, list)
    # RSS 0.91 in place of RSS 2.0.
    real = world.server.fetch

    async def older(feed, state):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        from dataclasses import replace  # noqa: PLC0415

        found = await real(feed, state)
        body = found.body.replace(b"version='2.0'", b"version='0.92'")
        return replace(found, body=body)

    world.server.fetch = older  # type: ignore[method-assign]
    world.publish("https://a.example/f", entry("two"))
    await world.cycle()
    assert look(world) == 1
    (text,) = await told(world)
    assert text.startswith("source.changed")


async def test_nobody_is_told_where_nobody_wants_it(world: World) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle(24 * HOUR)
    assert look(world, Patience()) == 0
    assert world.store.note("health of feeds") is None


async def test_what_was_told_last_is_kept_as_plain_data(world: World) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    look(world)
    note = world.store.note("health of feeds")
    assert note is not None
    assert json.loads(note.value) == {"https://a.example/f": ["", "rss20"]}


async def test_where_all_are_on_one_host_that_goes_down_each_is_told(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure("connect", 0)
    heard = []
    for _ in range(8):
        await world.cycle(HOUR)
        look(world)
        heard += await told(world)
    assert heard == ["source.failing: https://a.example/f cannot be read"]


async def test_that_no_feed_answers_is_told_once_for_all_of_them(world: World) -> None:
    urls = ["https://a.example/f", "https://b.example/f"]
    for url in urls:
        world.publish(url, entry(url))
    await world.cycle()
    for url in urls:
        world.server.pages[url] = failure("connect", 0)
    heard = []
    for _ in range(9):
        await world.cycle(HOUR)
        look(world)
        heard += await told(world)
    assert heard == ["source.failing: No feed answers"]
    world.restart()
    assert look(world) == 0
    world.server.pages[urls[0]] = [entry("a is back")]
    for _ in range(2):
        await world.cycle(HOUR)
        look(world)
        heard += await told(world)
    assert sorted(heard[1:]) == [
        "source.failing: https://b.example/f cannot be read",
        "source.recovered: Feeds answer again",
    ]


async def test_many_feeds_are_looked_at_in_several_looks_and_each_is_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.watch._PAGE", 2)
    monkeypatch.setattr("monitor.pipeline.watch.MOST_A_LOOK", 2)
    urls = [f"https://{name}.example/f" for name in "abcde"]
    for url in urls:
        world.publish(url, entry(url))
    await world.cycle()
    for url in urls:
        world.server.pages[url] = failure()
    await world.cycle(7 * HOUR)
    watch = Watch(world.store, world.clock, lambda: world.courier.channels)
    assert [watch.look(DESK) for _ in range(7)] == [2, 2, 1, 0, 0, 0, 0]
    # One that is no longer polled is forgotten with the next whole round.
    world.store.remove_feed(urls[0], world.clock.now())
    for _ in range(6):
        watch.look(DESK)
    note = world.store.note("health of feeds")
    assert note is not None
    assert sorted(json.loads(note.value)) == urls[1:]


async def test_two_processes_that_look_at_one_moment_tell_it_once(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("one"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle(7 * HOUR)

    def meanwhile() -> dict[str, FakeChannel]:
        if not heard:
            world.clock.sleep(HOUR / 3600)
            heard.append(look(world))
        return {"desk": world.channel}

    heard: list[int] = []
    one = Watch(world.store, world.clock, meanwhile)
    assert one.look(DESK) + sum(heard) == 1
    assert one.look(DESK) == 0
    assert await told(world) == ["source.failing: https://a.example/f cannot be read"]


async def test_a_look_that_ends_early_loses_nothing_of_what_it_saw(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.watch._PAGE", 1)
    for name in "ab":
        world.publish(f"https://{name}.example/f", entry(name))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle(7 * HOUR)
    watch = Watch(world.store, world.clock, lambda: world.courier.channels)
    with closing(sqlite3.connect(world.folder / "t.db")) as other, other:
        other.execute("UPDATE feeds SET every = 'x' WHERE id = 2")
    with pytest.raises(TypeError):
        watch.look(DESK)
    with closing(sqlite3.connect(world.folder / "t.db")) as other, other:
        other.execute("UPDATE feeds SET every = 900000000 WHERE id = 2")
    assert watch.look(DESK) == 1
