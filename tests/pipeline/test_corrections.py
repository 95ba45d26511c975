"""What a person corrects in the grouping holds, for later reports and restarts too."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Updates
from monitor.store.corrections import Note
from tests.pipeline.world import World, entry, rule

HOUR = timedelta(hours=1)
FIRST = "Belarus detains 33 Russian mercenaries near Minsk sanatorium"
AGAIN = "33 Russian mercenaries detained near Minsk sanatorium, Belarus state television says"
OTHER = "Opposition rally fills the centre of Minsk before the vote"
FURTHER = "Rally of the opposition fills the centre of Minsk ahead of vote"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, rules=(rule(updates=Updates.REPORT),))


def note(world: World) -> Note:
    return Note(at=world.clock.now(), author="ann", comment="the same day")


async def published(world: World, title: str, outlet: str) -> list[str]:
    at = world.clock.now() + HOUR
    world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    return await world.cycle()


async def two_stories(world: World) -> tuple[str, str]:
    await published(world, FIRST, "a")
    await published(world, OTHER, "b")
    later, sooner = world.store.stories()
    return sooner.id, later.id


@pytest.mark.parametrize("restarted", [False, True])
async def test_after_a_merge_later_reports_of_either_are_one_story(
    world: World,
    restarted: bool,  # noqa: FBT001
) -> None:
    first, other = await two_stories(world)
    merged = world.store.merge_stories(first, other, note(world))
    assert (merged.id, merged.items, merged.sources) == (other, 2, ("b", "a"))
    if restarted:
        world.restart()
    # The alert that was raised first goes on, whichever story it was raised for.
    (told,) = await published(world, AGAIN, "c")
    assert told.startswith("update 2")
    (one,) = world.store.stories()
    assert (one.id, one.items) == (other, 3)
    view = world.store.story(other)
    assert view is not None
    assert len(view.alerts) == 2
    assert [c.kind for c in view.corrections] == ["merge"]
    old = world.store.story(first)
    assert old is not None
    assert old.merged_into == other


async def test_merges_lead_on_along_their_way(world: World) -> None:
    first, other = await two_stories(world)
    await published(world, "Minsk hosts a chess tournament for schools", "d")
    third = world.store.stories()[0].id
    world.store.merge_stories(first, other, note(world))
    last = world.store.merge_stories(first, third, note(world))
    assert (last.id, last.items) == (third, 3)
    assert world.store.merge_stories(other, third, note(world)).items == 3


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_item_that_was_split_off_stays_apart(
    world: World,
    restarted: bool,  # noqa: FBT001
) -> None:
    await published(world, FIRST, "a")
    await published(world, AGAIN, "b")
    (story,) = world.store.stories()
    assert story.items == 2
    (item,) = [i for i in world.store.items() if i.source == "b"]
    apart = world.store.split_item(item.id, note(world))
    if restarted:
        world.restart()
    assert world.store.explained(item.id).grouping is not None
    sizes = {one.id: one.items for one in world.store.stories()}
    assert sizes == {story.id: 1, apart.id: 1}
    grouped = world.store.explained(item.id).grouping
    assert grouped is not None
    assert (grouped.grouping.level, grouped.grouping.related_to) == ("person", story.id)
    # A report like the first one still joins the first one's story.
    await published(world, FIRST + " again", "c")
    sizes = {one.id: one.items for one in world.store.stories()}
    assert sizes == {story.id: 2, apart.id: 1}


async def test_an_item_that_was_merged_back_can_be_split_off_again(
    world: World,
) -> None:
    await published(world, FIRST, "a")
    await published(world, AGAIN, "b")
    (story,) = world.store.stories()
    (item,) = [i for i in world.store.items() if i.source == "b"]
    once = world.store.split_item(item.id, note(world))
    world.store.merge_stories(once.id, story.id, note(world))
    assert world.store.explained(item.id).story_id == story.id
    again = world.store.split_item(item.id, note(world))
    assert world.store.explained(item.id).story_id == again.id != story.id
    sizes = {one.id: one.items for one in world.store.stories()}
    assert sizes == {story.id: 1, again.id: 1}
    # The story keeps what was corrected in the one that it took in.
    view = world.store.story(story.id)
    assert view is not None
    assert [one.kind for one in view.corrections] == ["split", "merge", "split"]


async def test_a_merged_story_keeps_what_was_corrected_in_either(world: World) -> None:
    first, other = await two_stories(world)
    await published(world, "Minsk hosts a chess tournament for schools", "d")
    third = world.store.stories()[0].id
    assert world.store.link_stories(first, third, note(world))
    assert not world.store.link_stories(third, first, note(world))
    world.store.merge_stories(first, other, note(world))
    view = world.store.story(other)
    assert view is not None
    assert [one.kind for one in view.corrections] == ["link", "merge"]


async def test_links_and_all_corrections_are_kept_for_training(world: World) -> None:
    first, other = await two_stories(world)
    world.store.link_stories(first, other, note(world))
    (one,) = world.store.corrections()
    assert (one.kind, one.from_story, one.to_story) == ("link", first, other)
    assert (one.author, one.comment) == ("ann", "the same day")


async def test_what_is_not_there_cannot_be_corrected(world: World) -> None:
    with pytest.raises(KeyError):
        world.store.merge_stories("sto_x", "sto_y", note(world))
    with pytest.raises(KeyError):
        world.store.split_item("itm_x", note(world))
