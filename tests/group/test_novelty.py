"""What is new in a report: counts that moved, turns, places; a paraphrase is not."""

import pytest

from monitor.group.novelty import news
from monitor.model import Item


def item(title: str, summary: str = "") -> Item:
    return Item(id=title, feed="f", key=title, title=title, summary=summary)


def said(report: str, *before: str) -> list[str]:
    return [one.text for one in news(item(report), [item(one) for one in before])]


@pytest.mark.parametrize(
    ("report", "before", "new"),
    [
        (
            "Blast in Kharkiv leaves 12 people dead",
            "Blast shakes Kharkiv",
            ["first count of dead: 12"],
        ),
        (
            "Death toll in Kharkiv: 12 killed",
            "Blast in Kharkiv: 3 killed",
            ["dead: 3 before, 12 now"],
        ),
        ("Blast kills 12", "Blast shakes city", ["first count of dead: 12"]),
        ("In Kharkiv 11 were killed", "Kharkiv blast: 10 killed", []),
        (
            "В Минске задержаны 90 человек",
            "В Минске задержаны 33 человека",
            ["detained: 33 before, 90 now"],
        ),
        (
            "W Mińsku zatrzymano 90 osób",
            "33 detained in Minsk",
            ["detained: 33 before, 90 now"],
        ),
        ("Doctor freed in Minsk", "Doctor detained in Minsk", ["released"]),
        ("Врач освобождён в Минске", "Врач задержан в Минске", ["released"]),
        ("Ministry confirms leak", "Leak reportedly found", ["confirmed"]),
        ("Flows through Druzhba resume", "Druzhba flows halted", ["resumed"]),
        ("Strikes reach Odesa", "Strikes on Kharkiv", ["new place: Odesa"]),
        ("Strikes reach Kharkiv", "Strikes on Ukraine", []),
        ("Kharkiv again under fire at night", "Kharkiv under fire", []),
    ],
)
def test_what_is_new(report: str, before: str, new: list[str]) -> None:
    assert said(report, before) == new


def test_what_any_report_before_said_is_not_new() -> None:
    assert said("12 killed in Kharkiv", "Blast in Kharkiv", "12 dead in Kharkiv") == []
    assert said("Doctor freed", "Doctor detained", "Doctor released in Minsk") == []


def test_first_deaths_and_turns_are_urgent_and_places_are_not() -> None:
    found = news(item("12 dead in Odesa"), [item("Blast in Kharkiv")])
    assert {(one.kind, one.urgent) for one in found} == {
        ("count", True),
        ("place", False),
    }


def test_years_and_prices_count_nobody() -> None:
    assert said("Gas at 1000 dollars in 2020, the dead sea", "Gas price") == []
