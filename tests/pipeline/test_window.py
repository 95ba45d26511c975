"""The window of stories in memory follows the store, whatever goes wrong in between."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.pipeline.world import World, entry

HOUR = timedelta(hours=1)


def set_tags(folder: Path, tags: str) -> None:
    """Write the tags of every item as a broken disk or a hand might."""
    with closing(sqlite3.connect(folder / "t.db")) as connection, connection:
        connection.execute("UPDATE items SET tags = ?", (tags,))


async def test_a_window_that_cannot_be_read_blocks_no_later_poll(
    tmp_path: Path, make_world: Callable[..., World]
) -> None:
    world = make_world()
    world.publish("https://a.example/f", entry("Rally in Minsk"))
    assert len(await world.cycle()) == 1
    set_tags(tmp_path, "[")
    world.restart()
    at = world.clock.now() + HOUR
    world.publish("https://b.example/f", entry("Strike at a Minsk plant", at=at))
    assert await world.cycle() == []
    set_tags(tmp_path, "[]")
    # Its lease has run out: it is polled again.
    async with asyncio.timeout(10):
        assert len(await world.cycle()) == 1


async def test_stories_are_known_still_after_the_clock_was_ahead_for_a_while(
    world: World,
) -> None:
    at = world.clock.now()
    held = "Belarus detains 33 Russian mercenaries in a sanatorium near Minsk"
    world.publish("https://a.example/f", entry(held, at=at))
    assert len(await world.cycle()) == 1
    world.clock.sleep(timedelta(days=100))
    world.publish(
        "https://c.example/f", entry("Trams of Minsk on strike", at=world.clock.now())
    )
    assert len(await world.cycle()) == 1
    world.clock.sleep(-timedelta(days=100))
    again = "Belarus detains 33 Russian mercenaries near Minsk, in a sanatorium"
    world.publish("https://b.example/f", entry(again, at=at + HOUR))
    assert await world.cycle() == []
    found = [finding for poll in world.seen.polls for finding in poll.findings]
    assert found[-1].decision.reason == "known-story"
