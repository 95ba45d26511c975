"""Grouping without a database: what it knows of the items that the window holds."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.group import stories
from monitor.group.stories import HORIZON
from monitor.group.trial import Trial
from monitor.model import Item, Relation

BEGINNING = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


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
    again = trial.place(item("a", "Thousands leave their homes", after=HORIZON - HOUR))
    copy = trial.place(flood("b", after=HORIZON - HOUR))
    assert [again.level, copy.level] == ["identity", "identity"]
    assert again.story_id == copy.story_id == first.story_id


def test_what_has_left_the_window_is_forgotten() -> None:
    trial = Trial()
    first = trial.place(flood("a"))
    late = trial.place(flood("b", after=HORIZON + HOUR))
    assert late.outcome is Relation.NEW
    assert late.story_id != first.story_id


def test_a_copy_is_known_while_any_item_of_that_text_is_in_the_window() -> None:
    trial = Trial()
    first = trial.place(flood("a"))
    trial.place(flood("b", after=HORIZON - HOUR))
    third = trial.place(flood("c", after=HORIZON + HOUR))
    assert (third.level, third.story_id) == ("identity", first.story_id)


def test_an_address_that_a_revision_brought_is_forgotten_with_its_item() -> None:
    url = "https://example.org/oder"
    trial = Trial()
    first = trial.place(flood("a"))
    trial.place(item("a", "Oder: the water falls", url=url))
    known = trial.place(item("b", "Dams hold", url=url, after=HORIZON))
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
