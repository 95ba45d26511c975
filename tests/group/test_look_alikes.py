"""Headlines of one pattern are several events; one event told otherwise is one."""

import pytest

from monitor.app import levels
from monitor.group.fingerprints import issues, named_within
from monitor.group.levels import Level, base
from monitor.group.trial import Trial
from monitor.model import Grouping, Item, Relation

PATTERNS = [
    ("Putin meets Lukashenko in Sochi", "Putin meets Erdogan in Sochi"),
    (
        "EU imposes sanctions on Belarus over election",
        "US imposes sanctions on Belarus over election",
    ),
    ("Wagner fighters leave Mali", "Wagner fighters killed in Mali"),
    (
        "Court jails opposition leader for ten years",
        "Court jails journalist for ten years",
    ),
    ("Gazprom cuts gas to Poland", "Gazprom cuts gas to Bulgaria"),
    (
        "Nord Stream leak: Sweden opens investigation",
        "Nord Stream leak: Denmark opens investigation",
    ),
    (
        "Ukraine war briefing: what we know on day 472",
        "Ukraine war briefing: what we know on day 473",
    ),
]
REWORDED = [
    ("Explosion in Kyiv", "Explosion in Kyiv kills two"),
    (
        "Nord Stream pipelines leak gas into the Baltic Sea after explosions",
        "Gas leaks from Nord Stream into the Baltic after blasts, Denmark says",
    ),
    (
        "Belarus detains 33 Russian mercenaries near Minsk",
        "Belarus: 33 Russian mercenaries detained near Minsk",
    ),
    (
        "Blast at the chemical plant near Minsk leaves 3 people dead",
        "Blast at the chemical plant near Minsk leaves 8 people dead",
    ),
    ("Ten arrested at rally in Minsk", "Forty arrested at rally in Minsk"),
    (
        "Belaruskali to split into two companies",
        "Belaruskali to break into two companies",
    ),
]


@pytest.fixture(params=["base", "multilingual"])
def level(request: pytest.FixtureRequest) -> Level:
    return base() if request.param == "base" else levels.level(request.param)


def second_of(level: Level, first: str, second: str) -> Grouping:
    trial = Trial(level)
    trial.place(Item(id="1", feed="", key="1", title=first, lang="en"))
    return trial.place(Item(id="2", feed="", key="2", title=second, lang="en"))


@pytest.mark.parametrize(("first", "second"), PATTERNS)
def test_a_word_in_place_of_another_is_another_event(
    level: Level, first: str, second: str
) -> None:
    for one, two in ((first, second), (second, first)):
        made = second_of(level, one, two)
        assert made.outcome is not Relation.SAME, made


@pytest.mark.parametrize(("first", "second"), REWORDED)
def test_the_same_event_in_other_words_joins(
    level: Level, first: str, second: str
) -> None:
    made = second_of(level, first, second)
    assert made.outcome is Relation.SAME, made


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("War in Ukraine: what we know on day 473", {"473"}),
        ("Borsa Italiana, il commento della seduta del 6 aprile 2023", {"6 4"}),
        ("Today's answer (#465), September 28", {"465", "28 9"}),
        ("Гороскоп на 5 июня", {"5 6"}),
        ("Kurs dolara 4 marca", {"4 3"}),
        ("8 people are dead, 3 marines among them", set()),
        ("10 marched for 5 decades", set()),
    ],
)
def test_a_day_or_an_issue_is_told_from_a_count(title: str, named: set[str]) -> None:
    assert issues(title.casefold()) == named


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Court jails Navalny ally in Vladimir", {"naval", "vladi"}),
        ("Суд отправил Навального в колонию", {"naval"}),
        ("the fighters leave Mali", {"mali"}),
        ("Court Jails Opposition Leader For Ten Years", set()),
        ("COURT JAILS OPPOSITION LEADER", set()),
        ("", set()),
    ],
)
def test_capitals_mark_names_but_for_the_first_word_and_where_every_word_has_one(
    title: str, named: set[str]
) -> None:
    assert named_within(title) == named
