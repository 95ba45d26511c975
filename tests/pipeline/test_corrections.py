"""What a person corrects in the grouping holds, for later reports and restarts too."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import CorrectionRefused
from monitor.model import Item, Updates
from monitor.store.corrections import Note, kept_apart
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


async def test_what_was_merged_is_one_story_too_where_reports_are_compared(
    world: World,
) -> None:
    first, other = await two_stories(world)
    before = [one.id for one in told_of(world, first, other)]
    world.store.merge_stories(first, other, note(world))
    # In the order in which they came, whichever story took the other one in.
    assert [one.id for one in told_of(world, other)] == before
    await published(world, AGAIN, "c")
    assert set(world.teller._window.stories) == {other}
    world.store.unmerge_story(first, note(world))
    await published(world, FURTHER, "e")
    assert set(world.teller._window.stories) == {first, other}


def told_of(world: World, *stories: str) -> list[Item]:
    views = [world.store.story(one) for one in stories]
    return [item for view in views if view for item in view.items]


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


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_merge_that_was_a_mistake_is_undone(
    world: World,
    restarted: bool,  # noqa: FBT001
) -> None:
    first, other = await two_stories(world)
    known = {one.id: one for one in world.store.stories()}
    world.store.merge_stories(first, other, note(world))
    if restarted:
        # The window that is read anew knows the two as one.
        world.restart()
        await published(world, "Minsk hosts a chess tournament for schools", "d")
    parted = world.store.unmerge_story(first, note(world))
    assert parted == known[first]
    view = world.store.story(other)
    assert view is not None
    assert view.story == known[other]
    kinds = [(one.kind, one.undone) for one in view.corrections]
    assert kinds == [("merge", True), ("unmerge", False)]
    # A later report joins the one of the two that it belongs to, and makes them one no more.
    await published(world, AGAIN, "c")
    await published(world, FURTHER, "e")
    sizes = {one.id: one.items for one in world.store.stories()}
    assert (sizes[first], sizes[other]) == (2, 2)
    assert world.store.ledger.verify().broken is None


async def test_a_story_takes_along_what_it_had_taken_in_itself(world: World) -> None:
    first, other = await two_stories(world)
    await published(world, "Minsk hosts a chess tournament for schools", "d")
    third = world.store.stories()[0].id
    world.store.merge_stories(first, other, note(world))
    world.store.merge_stories(other, third, note(world))
    assert world.store.unmerge_story(other, note(world)).items == 2
    assert {one.id: one.items for one in world.store.stories()} == {other: 2, third: 1}
    assert world.store.unmerge_story(first, note(world)).items == 1
    assert len(world.store.stories()) == 3
    # Merged once more it can be taken out once more.
    world.store.merge_stories(first, other, note(world))
    world.store.unmerge_story(first, note(world))
    assert len(world.store.stories()) == 3


async def test_what_stands_by_itself_is_taken_out_of_nothing(world: World) -> None:
    first, other = await two_stories(world)
    with pytest.raises(CorrectionRefused, match="was merged into no story"):
        world.store.unmerge_story(first, note(world))
    world.store.merge_stories(first, other, note(world))
    with pytest.raises(CorrectionRefused, match=f"merged into it: {first}"):
        world.store.unmerge_story(other, note(world))
    with pytest.raises(CorrectionRefused, match="are not linked"):
        world.store.unlink_stories(first, other, note(world))
    with pytest.raises(KeyError):
        world.store.unmerge_story("sto_x", note(world))


async def test_no_story_is_left_without_a_report(world: World) -> None:
    first, other = await two_stories(world)
    reports = {one.source: one.id for one in world.store.items()}
    world.store.merge_stories(first, other, note(world))
    apart = world.store.split_item(reports["a"], note(world))
    with pytest.raises(CorrectionRefused, match=f"{first} has no report left"):
        world.store.unmerge_story(first, note(world))
    world.store.merge_stories(apart.id, other, note(world))
    world.store.split_item(reports["b"], note(world))
    with pytest.raises(CorrectionRefused, match=f"{other} would have no report"):
        world.store.unmerge_story(apart.id, note(world))


async def test_a_link_that_was_a_mistake_is_undone_and_can_be_made_again(
    world: World,
) -> None:
    first, other = await two_stories(world)
    world.store.link_stories(first, other, note(world))
    assert world.store.unlink_stories(other, first, note(world)) == 1
    with pytest.raises(CorrectionRefused, match="are not linked"):
        world.store.unlink_stories(first, other, note(world))
    assert world.store.link_stories(other, first, note(world))
    found = [(one.kind, one.undone) for one in world.store.corrections()]
    assert found == [("link", True), ("unlink", False), ("link", False)]
    with world.store._database.read() as connection:
        assert kept_apart(connection, first, other)
    world.store.unlink_stories(first, other, note(world))
    with world.store._database.read() as connection:
        assert not kept_apart(connection, first, other)


async def test_a_split_is_undone_by_merging_back_until_that_is_undone(
    world: World,
) -> None:
    await published(world, FIRST, "a")
    await published(world, AGAIN, "b")
    (story,) = world.store.stories()
    (item,) = [i for i in world.store.items() if i.source == "b"]
    apart = world.store.split_item(item.id, note(world))
    world.store.merge_stories(apart.id, story.id, note(world))
    assert [one.undone for one in world.store.corrections()] == [True, False]
    world.store.unmerge_story(apart.id, note(world))
    assert [one.undone for one in world.store.corrections()] == [False, True, False]


async def test_a_story_whose_first_report_was_split_off_is_that_of_those_left(
    world: World,
) -> None:
    await published(world, FIRST, "a")
    await published(world, AGAIN, "b")
    await published(world, FIRST + " again", "c")
    (story,) = world.store.stories()
    assert story.items == 3
    reports = {one.source: one for one in world.store.items()}
    world.store.split_item(reports["c"].id, note(world))
    (left,) = [one for one in world.store.stories() if one.id == story.id]
    assert (left.title, left.first_seen) == (FIRST, story.first_seen)
    world.store.split_item(reports["a"].id, note(world))
    (left,) = [one for one in world.store.stories() if one.id == story.id]
    assert (left.title, left.sources) == (AGAIN, ("b",))
    assert left.first_seen == left.last_seen == reports["b"].first_seen


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
