"""Places that a title names, whatever its alphabet and endings."""

import pytest

from monitor.group.places import differ, named
from monitor.group.trial import Trial
from monitor.model import Item, Relation


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Earthquake strikes Turkey", {"TR"}),
        ("В Минске задержаны бойцы", {"BY/Minsk"}),
        ("Затрыманыя ў Мінску", {"BY/Minsk"}),
        ("Eksplozja w Charkowie", {"UA/Kharkiv"}),
        ("Украина и Россия договорились", {"UA", "RU"}),
        ("Blast in Beirut kills three", {"LB/Beirut"}),
        ("Nothing of a place", set()),
        # Only what is written as a name: turkey is a bird as well.
        ("Roast turkey for dinner", set()),
    ],
)
def test_places_are_found_in_any_alphabet_and_ending(
    text: str, places: set[str]
) -> None:
    assert named(text) == places


def test_a_city_does_not_differ_from_its_country() -> None:
    assert not differ(named("Blast in Ukraine"), named("Blast in Kharkiv"))
    assert differ(named("Blast in Odesa"), named("Blast in Kharkiv"))
    assert not differ(named("Blast in Odesa"), named("Blast in the night"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Earthquake strikes Turkey", "Earthquake strikes Japan"),
        ("Bus drivers strike in Vilnius", "Bus drivers strike in Riga"),
        ("Взрыв на заводе в Харькове", "Взрыв на заводе в Одессе"),
        ("Rally in Minsk", "Minsk fog"),
        ("Rally in Minsk", "Minsk metro floods"),
    ],
)
def test_another_place_or_one_word_in_common_is_no_one_event(
    first: str, second: str
) -> None:
    trial = Trial()
    trial.place(Item(id="1", feed="", key="1", title=first))
    found = trial.place(Item(id="2", feed="", key="2", title=second))
    assert found.outcome is not Relation.SAME


def test_the_same_event_told_shorter_still_joins() -> None:
    trial = Trial()
    trial.place(Item(id="1", feed="", key="1", title="Explosion in Kyiv"))
    found = trial.place(
        Item(id="2", feed="", key="2", title="Explosion in Kyiv kills two")
    )
    assert found.outcome is Relation.SAME
