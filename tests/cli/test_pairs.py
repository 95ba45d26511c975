"""`explain ITEM --with OTHER` says in words why two items are or are not one story."""

from datetime import timedelta
from pathlib import Path

from monitor.app import levels
from monitor.cli.pairs import pair
from monitor.group.levels import base
from monitor.model import Item
from monitor.store.corrections import Note
from tests.pipeline import test_merging as merging
from tests.pipeline.world import World, entry

HOUR = timedelta(hours=1)
FIRST = "Belarus detains 33 Russian mercenaries near Minsk sanatorium"
AGAIN = "33 Russian mercenaries detained near Minsk sanatorium, Belarus says"
OTHER = "Opposition rally fills the centre of Minsk before the vote"


async def published(world: World, title: str, outlet: str) -> Item:
    at = world.clock.now() + HOUR
    world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    await world.cycle()
    return next(one for one in world.store.items() if one.source == outlet)


async def test_one_story_and_two_are_told_apart_with_their_reasons(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    first = await published(world, FIRST, "a")
    again = await published(world, AGAIN, "b")
    other = await published(world, OTHER, "c")

    one = pair(world.store, first, again)
    assert (one.one_story, one.item, one.other) == (True, again.id, first.id)
    assert one.decided is not None
    assert one.words.startswith(f"They are one story, {one.stories[0]}.")
    assert ", because " in one.words
    assert one.reports.score >= one.reports.same
    assert one.reports.because

    two = pair(world.store, other, first)
    assert (two.one_story, two.item) == (False, other.id)
    assert two.words.startswith("They are two stories, ")
    assert "it would not join" in two.words
    assert two.story.nearest in {first.id, again.id}


async def test_what_a_person_decided_is_said_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = await published(world, FIRST, "a")
    again = await published(world, AGAIN, "b")
    note = Note(at=world.clock.now(), author="ann", comment="another raid")
    (first_story,) = [one.id for one in world.store.stories()]
    apart = world.store.split_item(again.id, note)
    made = pair(world.store, first, again)
    assert not made.one_story
    assert (
        f"ann split {again.id} off {first_story}, into {apart.id}: another raid."
        in made.words
    )
    # What was decided when it came is gone: a person put it into another story since.
    assert f"When {again.id} came" not in made.words


async def test_what_was_nearer_when_the_later_one_came_is_said(tmp_path: Path) -> None:
    world = World(tmp_path)
    other = await published(world, OTHER, "a")
    first = await published(world, FIRST, "b")
    again = await published(world, AGAIN, "c")
    made = pair(world.store, other, again)
    assert (made.one_story, made.decided) == (False, None)
    assert made.elsewhere is not None
    assert made.elsewhere.nearest == first.id
    assert f"When {again.id} came, it joined: " in made.words
    assert f"the nearest report {first.id}, because " in made.words
    assert f"; {other.id} was not what it was nearest to." in made.words
    assert pair(world.store, first, again).elsewhere is None


async def test_what_a_person_did_to_another_report_is_not_said_of_the_two(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    first = await published(world, FIRST, "a")
    again = await published(world, AGAIN, "b")
    third = await published(world, FIRST + " again", "c")
    note = Note(at=world.clock.now(), author="ann", comment="another raid")
    world.store.split_item(third.id, note)
    made = pair(world.store, first, again)
    assert (made.one_story, made.corrections) == (True, ())
    assert "ann" not in made.words


async def test_a_persons_merge_of_the_two_stories_is_said(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = await published(world, FIRST, "a")
    other = await published(world, OTHER, "b")
    later, sooner = (one.id for one in world.store.stories())
    world.store.merge_stories(later, sooner, Note(at=world.clock.now()))
    made = pair(world.store, first, other)
    assert f"A person merged {later} into {sooner}." in made.words
    explained = world.store.explained(other.id)
    assert [one.kind for one in explained.corrections] == ["merge"]
    assert world.store.explained(first.id).corrections == ()


async def test_a_report_that_showed_two_stories_to_be_one_is_named(
    tmp_path: Path,
) -> None:
    world = merging.world_of(tmp_path)
    await merging.two_stories(world)
    await merging.published(world, merging.BOTH, "c")
    one, two, third = sorted(world.store.items(), key=lambda item: item.source)
    made = pair(world.store, one, two)
    assert made.one_story
    assert f"When {third.id} came, " in made.words
    assert " is part of " in made.words


async def test_an_item_without_a_story_is_compared_all_the_same(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = await published(world, FIRST, "a")
    world.publish("https://d.example/f", entry("Fog over Vilnius"), source="d")
    await world.cycle()
    lone = next(one for one in world.store.items() if one.source == "d")
    made = pair(world.store, first, lone)
    assert f"No rule fired on {lone.id}, so it is in no story." in made.words
    assert made.decided is None


async def test_they_are_compared_at_the_level_in_force(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = await published(world, FIRST, "a")
    again = await published(world, AGAIN, "b")
    level = levels.level("multilingual")
    made = pair(world.store, first, again, level)
    assert made.reports.level == level.scale.version
    assert any("mean" in name for name, _ in made.reports.because)
    assert pair(world.store, first, again).reports.level == base().scale.version
