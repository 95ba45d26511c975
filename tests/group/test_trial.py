"""Grouping without a database: what it knows of the items that the window holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.group import stories
from monitor.group.stories import HORIZON
from monitor.group.trial import Trial
from monitor.model import Item, Relation
from tests.pipeline.world import START, World, entry

BEGINNING = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def item(
    name: str, title: str, *, after: timedelta = timedelta(), url: str = ""
) -> Item:
    return Item(
        id=name, feed="", key=name, title=title, url=url, published=BEGINNING + after
    )


def flood(name: str, *, after: timedelta = timedelta()) -> Item:
    return item(name, "Hundreds leave their homes as the Oder floods", after=after)


def test_the_same_item_and_a_copy_of_its_text_are_known_while_it_is_in_the_window() -> (
    None
):
    trial = Trial()
    first = trial.place(flood("a"))
    copy = trial.place(flood("b", after=DAY))
    again = trial.place(item("a", "Thousands leave their homes", after=HORIZON - HOUR))
    assert [again.level, copy.level] == ["identity", "identity"]
    assert again.story_id == copy.story_id == first.story_id


def test_what_has_left_the_window_is_forgotten() -> None:
    trial = Trial()
    first = trial.place(flood("a"))
    late = trial.place(flood("b", after=HORIZON + HOUR))
    assert late.outcome is Relation.NEW
    assert late.story_id != first.story_id


@pytest.mark.parametrize(("hours", "copies"), [(1, 1), (24, 1), (25, 0), (71, 0)])
async def test_equal_texts_are_one_report_for_as_long_as_the_daemon_takes_them_for_one(
    world: World, hours: int, copies: int
) -> None:
    """A notice in fixed words, as of a storm, says again what is new again."""
    title = flood("a").title
    trial = Trial()
    trial.place(flood("a"))
    found = trial.place(flood("b", after=hours * HOUR))
    assert (found.level == "identity") == bool(copies)
    world.publish("https://a.example/f", entry(title, guid="a", at=START))
    await world.cycle()
    at = START + hours * HOUR
    world.publish("https://b.example/f", entry(title, guid="b", at=at))
    await world.cycle(hours * HOUR)
    assert sum(poll.twins for poll in world.seen.polls) == copies


def test_one_address_of_two_feeds_is_one_page_and_of_one_feed_says_little() -> None:
    url = "https://example.org/oder"
    trial = Trial()
    first = trial.place(replace(item("a", "The water falls", url=url), feed="f"))
    board = trial.place(replace(item("b", "Dams hold", url=url, after=HOUR), feed="f"))
    other = trial.place(replace(item("c", "It is over", url=url, after=HOUR), feed="g"))
    assert board.level != "identity"
    assert (other.level, other.story_id) == ("identity", first.story_id)
    home = "https://example.org/"
    trial.place(item("d", "Poland votes", url=home, after=HOUR))
    last = trial.place(item("e", "Snow in Riga", url=home, after=HOUR))
    assert last.level != "identity"


def test_an_address_that_a_revision_brought_is_forgotten_with_its_item() -> None:
    url = "https://example.org/oder"
    trial = Trial()
    first = trial.place(flood("a"))
    trial.place(item("a", "Oder: the water falls", url=url))
    known = trial.place(item("b", "Dams hold", url=url, after=DAY))
    assert known.story_id == first.story_id
    late = trial.place(item("c", "Towns return", url=url, after=3 * HORIZON))
    assert late.outcome is Relation.NEW


def test_what_is_kept_does_not_grow_with_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stories, "MOST_REPORTS", 2)
    trial = Trial()
    names = ["Vilnius", "Riga", "Tallinn", "Kaunas"]
    for name in names:
        trial.place(item(name, f"The harbour of {name} is shut by a strike of pilots"))
    found = [
        trial.place(
            item(f"{name} 2", f"The harbour of {name} is shut by a strike of pilots")
        )
        for name in (names[0], names[-1])
    ]
    assert [one.level == "identity" for one in found] == [False, True]


def test_what_comes_before_any_date_is_of_the_first_one() -> None:
    trial = Trial()
    undated = Item(id="a", feed="", key="a", title=flood("a").title, lang="en")
    first = trial.place(undated)
    reworded = "Oder floods: hundreds leave their homes"
    copy = trial.place(flood("b"))
    later = trial.place(item("c", reworded, after=HOUR))
    assert copy.level == "identity"
    assert first.story_id == copy.story_id == later.story_id
    assert len(trial) == 3
    assert trial.place(flood("d", after=2 * HORIZON)).outcome is Relation.NEW


def test_a_report_that_shows_two_stories_to_be_one_names_the_other() -> None:
    trial = Trial()
    landed = trial.place(item("a", "Un avion de ligne contraint d'atterrir à Minsk"))
    assert not list(trial.one_with)
    held = trial.place(item("b", "L'opposant Roman Protassevitch arrêté", after=HOUR))
    assert held.story_id != landed.story_id
    title = "Avion de ligne contraint d'atterrir à Minsk : l'opposant Roman Protassevitch arrêté à bord"
    both = trial.place(item("c", title, after=2 * HOUR))
    named = {both.story_id, *(rival.story_id for rival in trial.one_with)}
    assert named == {landed.story_id, held.story_id}
    trial.place(flood("d", after=3 * HOUR))
    assert not list(trial.one_with)
