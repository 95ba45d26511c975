"""Two stories that a later report shows to be one are merged; nobody hears it twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Decision, Rule, Silence, Updates, Verdict
from monitor.notify.digests import Digest
from monitor.notify.gathering import Terms
from monitor.notify.routes import Route
from monitor.notify.silences import read_matcher
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.lifecycle import Note as Who
from monitor.store.corrections import Note
from tests.pipeline.world import World, entry, rule

HOUR = timedelta(hours=1)
ONE = (
    "Sanatorium guests led away by police near Minsk",
    "Thirty-three guests of the Belorusochka sanatorium were led away by police at dawn.",
)
OTHER = (
    "Wagner fighters seized in Minsk district, says security chief Vakulchik",
    "Security chief Vakulchik told the council that Wagner fighters were seized.",
)
BOTH = (
    "Sanatorium guests led away by police near Minsk are Wagner fighters seized, says Vakulchik",
    (
        "The thirty-three guests of the Belorusochka sanatorium led away by police at dawn are "
        "the Wagner fighters seized in Minsk district, security chief Vakulchik told the council."
    ),
)


def world_of(folder: Path, *rules: Rule) -> World:
    return World(folder, rules=rules or (rule(updates=Updates.SOURCE),))


async def published(
    world: World, texts: tuple[str, str], outlet: str, word: str = ""
) -> list[str]:
    title, text = texts
    at = world.clock.now() + HOUR
    made = entry(f"{title}{word}", text, guid=outlet, at=at)
    world.publish(f"https://{outlet}.example/f", made, source=outlet)
    return await world.cycle()


async def two_stories(world: World) -> tuple[str, str]:
    assert len(await published(world, ONE, "a")) == 1
    assert len(await published(world, OTHER, "b")) == 1
    later, sooner = world.store.stories()
    return sooner.id, later.id


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_merge_with_both_alerts_open_sends_no_second_alert(
    tmp_path: Path,
    restarted: bool,  # noqa: FBT001
) -> None:
    world = world_of(tmp_path)
    first, second = await two_stories(world)
    (told,) = await published(world, BOTH, "c")
    assert told.startswith("update 2")
    (story,) = world.store.stories()
    assert (story.id, story.items, set(story.sources)) == (first, 3, set("abc"))
    if restarted:
        world.restart()
    for number, texts in enumerate((ONE, OTHER, BOTH)):
        (told,) = await published(world, texts, f"d{number}", f" {number}")
        assert told.startswith(f"update {3 + number}")
    assert len(world.store.stories()) == 1
    view = world.store.story(second)
    assert view is not None
    assert view.merged_into == first
    # Both alerts stay, with what was said about them; the first one goes on.
    standing = world.store.story(first)
    assert standing is not None
    assert [a.sequence for a in standing.alerts] == [5, 1]
    assert [a.story_id for a in standing.alerts] == [first, second]
    assert all(one.story.id == first for one in world.store.alerts())


@pytest.mark.parametrize(
    ("suffix", "left"), [(" | River Post", 1), ("; tariffs rise; rain | River Post", 2)]
)
async def test_the_name_of_an_outlet_behind_a_title_is_no_second_event(
    tmp_path: Path, suffix: str, left: int
) -> None:
    world = world_of(tmp_path)
    await two_stories(world)
    await published(world, BOTH, "c", suffix)
    assert len(world.teller._window.stories) == left


async def test_a_story_that_was_taken_in_is_compared_with_no_more(
    tmp_path: Path,
) -> None:
    world = world_of(tmp_path)
    first, _ = await two_stories(world)
    await published(world, BOTH, "c")
    assert set(world.teller._window.stories) == {first}
    assert world.store.ledger.verify().broken is None
    view = world.store.story(first)
    assert view is not None
    assert [one.source for one in view.items] == ["a", "b", "c"]


async def test_another_process_compares_with_what_is_left_too(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    first, second = await two_stories(world)
    one, its_crew = world.teller, world.crew
    assert set(one._window.stories) == {first, second}
    world.restart()
    await published(world, BOTH, "c")
    world.teller, world.crew = one, its_crew
    await published(world, ONE, "d", " again")
    assert set(one._window.stories) == {first}


async def test_a_merge_is_a_decision_with_its_reason(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    first, second = await two_stories(world)
    await published(world, BOTH, "c")
    (item,) = [one for one in world.store.items() if one.source == "c"]
    record = world.store.explained(item.id)
    made = record.decisions[0]
    assert (made.verdict, made.reason, made.story_id) == (
        Verdict.MERGE,
        "one-story",
        first,
    )
    assert made.detail.startswith(f"{second} is part of {first} now: a report is ")
    view = world.store.story(first)
    assert view is not None
    assert view.merges == (made,)
    (other,) = [one for one in world.store.items() if one.source == "b"]
    assert world.store.explained(other.id).story_id == first


@pytest.mark.parametrize("how", ["split", "link"])
async def test_what_a_person_keeps_apart_is_not_merged(
    tmp_path: Path, how: str
) -> None:
    world = world_of(tmp_path)
    note = Note(at=world.clock.now(), author="ann")
    first, second = await two_stories(world)
    if how == "split":
        world.store.merge_stories(second, first, note)
        (item,) = [one for one in world.store.items() if one.source == "b"]
        world.store.split_item(item.id, note)
    else:
        world.store.link_stories(first, second, note)
    await published(world, BOTH, "c")
    assert len(world.store.stories()) == 2
    assert [d for d in all_decisions(world) if d.verdict is Verdict.MERGE] == []


async def test_a_merge_by_a_later_report_is_undone_by_a_person_for_good(
    tmp_path: Path,
) -> None:
    world = world_of(tmp_path)
    first, second = await two_stories(world)
    await published(world, BOTH, "c")
    note = Note(at=world.clock.now(), author="ann")
    parted = world.store.unmerge_story(second, note)
    assert (parted.items, parted.sources) == (1, ("b",))
    # What came since the merge stays in the story that stood.
    sizes = {one.id: one.items for one in world.store.stories()}
    assert sizes == {first: 2, second: 1}
    (made,) = world.store.corrections()
    assert (made.kind, made.from_story, made.to_story) == ("unmerge", second, first)
    await published(world, BOTH, "d", " again")
    assert len(world.store.stories()) == 2
    # Each has its own alert again.
    view = world.store.story(second)
    assert view is not None
    assert [one.story_id for one in view.alerts] == [second]


def all_decisions(world: World) -> list[Decision]:
    return [
        d for i in world.store.items() for d in world.store.explained(i.id).decisions
    ]


async def test_facts_that_either_alert_told_are_no_news_after_a_merge(
    tmp_path: Path,
) -> None:
    world = world_of(tmp_path, rule(updates=Updates.NEWS))
    await two_stories(world)
    await published(world, BOTH, "c")
    assert len(world.store.stories()) == 1
    assert await published(world, OTHER, "d", " again") == []
    assert await published(world, ONE, "e", " again") == []


async def test_a_silence_of_a_story_holds_after_it_was_merged(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    _, second = await two_stories(world)
    now = world.clock.now()
    world.store.add_silence(
        Silence(
            id="sil_1",
            matchers=(read_matcher(f"story={second}"),),
            starts=now,
            ends=now + timedelta(days=1),
            created=now,
        )
    )
    assert await published(world, BOTH, "c") == []
    assert len(world.store.stories()) == 1


@pytest.mark.parametrize("how", ["a later report", "a person"])
async def test_a_digest_tells_once_of_a_story_that_two_alerts_shared_later(
    tmp_path: Path, how: str
) -> None:
    terms = {"desk": Terms(digest=Digest(cron="0 20 * * *"))}
    wishes = Wishes(terms=terms, intervals={})
    world = World(tmp_path, rules=[rule(updates=Updates.SOURCE)], wishes=wishes)
    for texts, outlet in ((ONE, "a"), (OTHER, "b")):
        assert await published(world, texts, outlet) == []
    later, sooner = world.store.stories()
    if how == "a later report":
        await published(world, BOTH, "c")
    else:
        note = Note(at=world.clock.now(), author="ann")
        world.store.merge_stories(later.id, sooner.id, note)
    (story,) = world.store.stories()
    waiting = {one.alert_id for one in world.store.deliveries()}
    (told,) = await world.deliver(12 * HOUR)
    assert told.startswith("digest of 1")
    assert told.count(story.title) == 1
    # The message names both alerts all the same: a receiver can tell which are told.
    (digest,) = [one for one in world.store.deliveries() if one.gathered]
    bundle = world.store.bundle(digest)
    assert set(bundle.alert_ids) == waiting
    assert len(waiting) == 2


async def test_after_a_merge_the_alert_that_goes_on_is_repeated_alone(
    tmp_path: Path,
) -> None:
    route = Route(receiver="desk", repeat_interval=4 * HOUR)
    world = World(tmp_path, rules=(rule(updates=Updates.SOURCE),), route=route)
    await two_stories(world)
    await published(world, BOTH, "c")
    lives = Lifecycles(world.store, lambda: world.teller.policy)
    world.clock.sleep(5 * HOUR)
    assert lives.look(world.clock.now()) == 1
    (told,) = await world.deliver(timedelta())
    assert told.startswith("update 3")
    # Who has seen that one is not told again by the other.
    first = world.store.alerts()[0].alert
    assert lives.acknowledge(first.id, Who(by="dana"), world.clock.now())
    for _ in range(3):
        world.clock.sleep(5 * HOUR)
        assert lives.look(world.clock.now()) == 0
    # Each is closed by itself: services know them by their ids.
    world.clock.sleep(72 * HOUR)
    assert lives.look(world.clock.now()) == 2


@pytest.mark.parametrize("what", ["story", "alert"])
async def test_a_silence_of_what_was_merged_holds_repeats_back_too(
    tmp_path: Path, what: str
) -> None:
    route = Route(receiver="desk", repeat_interval=4 * HOUR)
    world = World(tmp_path, rules=(rule(updates=Updates.SOURCE),), route=route)
    _, second = await two_stories(world)
    (other,) = [one.alert for one in world.store.alerts() if one.story.id == second]
    now = world.clock.now()
    matcher = read_matcher(f"{what}={second if what == 'story' else other.id}")
    world.store.add_silence(
        Silence(
            id="sil_1",
            matchers=(matcher,),
            starts=now,
            ends=now + 9 * HOUR,
            created=now,
        )
    )
    await published(world, BOTH, "c")
    lives = Lifecycles(world.store, lambda: world.teller.policy)
    world.clock.sleep(5 * HOUR)
    assert lives.look(world.clock.now()) == 0
    world.clock.sleep(5 * HOUR)
    assert lives.look(world.clock.now()) == 1
