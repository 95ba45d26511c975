"""What one event cannot both be: another amount, issue, person, or the reverse of it."""

import pytest

from monitor.group.contradictions import (
    Claims,
    amounts_differ,
    claims,
    issues_differ,
    numbers_differ,
    persons_differ,
)
from monitor.group.facts import known_of, tolls
from monitor.group.fingerprints import capitalised
from monitor.group.series import numbered
from monitor.group.trial import Trial
from monitor.group.words import reasons
from monitor.model import Grouping, Item


def of(title: str, lang: str = "en", text: str = "") -> Claims:
    return claims(title, text, lang)


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("en", "EU caps Russian oil at $60", "EU caps Russian oil at $47.60"),
        ("ru", "Потолок цен: 60 долларов", "Потолок цен: 47,6 доллара"),
        ("uk", "Інфляція сягнула 9 відсотків", "Інфляція сягнула 14 відсотків"),
        ("be", "Інфляцыя 9 працэнтаў", "Інфляцыя 14 працэнтаў"),
        ("pl", "Limit ceny ropy: 60 dolarów", "Limit ceny ropy: 47,60 dolara"),
        ("de", "Gasfluss sinkt auf 40 Prozent", "Gasfluss sinkt auf 20 Prozent"),
        ("fr", "Le flux de gaz à 40 %", "Le flux de gaz à 20 pour cent"),
        ("it", "Flusso di gas al 40 %", "Flusso di gas al 20 %"),
        ("ru", "Землетрясение магнитудой 6,1", "Землетрясение магнитудой 4,4"),
        ("en", "Magnitude 6.1 quake off Papua", "5.2-magnitude quake off Papua"),
    ],
)
def test_another_amount_of_one_kind_contradicts(
    lang: str, one: str, other: str
) -> None:
    assert amounts_differ(of(one, lang), of(other, lang))
    assert not amounts_differ(of(one, lang), of(one, lang))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Rounded.
        ("Car sales fall 45 %", "Car sales fall 44.7 percent"),
        # Another currency.
        ("Loan of $100 million", "Loan of 92 million euros"),
        # Another kind.
        ("Flows cut to 40 percent", "Flows cut, price at $47"),
        # One toll, as it rises.
        ("Blast kills 5", "Blast kills 12"),
        ("Attack with 30 drones", "Attack with 55 drones"),
        # One of several amounts is shared.
        ("Flows fall from 40 to 20 percent", "Flows at 20 percent"),
        ("Oil cap lowered", "Oil cap at $47"),
    ],
)
def test_what_may_be_said_of_one_event_does_not_contradict(
    one: str, other: str
) -> None:
    assert not amounts_differ(of(one), of(other))


def test_an_amount_that_only_the_text_names_counts_for_a_title_without_one() -> None:
    silent = of("Gazprom cuts flows again", text="They fall to 20 percent of capacity.")
    assert amounts_differ(silent, of("Gazprom cuts flows to 40 percent"))
    both = of("Flows at 20 percent", text="They were at 40 percent in June.")
    assert not amounts_differ(both, of("Gazprom cuts flows to 40 percent"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eu adopts 18th sanctions package", ("package", 18)),
        ("eighteenth package of sanctions", ("package", 18)),
        ("ес принял 19-й пакет санкций", ("package", 19)),
        ("восемнадцатый пакет санкций", ("package", 18)),
        ("єс ухвалив дев'ятнадцятий пакет санкцій", ("package", 19)),
        ("вісімнадцятий пакет санкцій", ("package", 18)),
        ("ез прыняў дзевятнаццаты пакет санкцый", ("package", 19)),
        ("ue przyjęła 19. pakiet sankcji", ("package", 19)),
        ("osiemnasty pakiet sankcji", ("package", 18)),
        ("eu beschliesst 19. sanktionspaket", ("package", 19)),
        ("achtzehntes sanktionspaket", ("package", 18)),
        ("ue adopte le 19e paquet de sanctions", ("package", 19)),
        ("dix-huitième paquet de sanctions", ("package", 18)),
        ("второй тур выборов", ("round", 2)),
        ("reactor no. 4 shut down", ("reactor", 4)),
    ],
)
def test_one_of_a_series_is_known_by_its_number(
    text: str, found: tuple[str, int]
) -> None:
    assert list(numbered(text)) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "three rounds of talks",
        "18 packages of aid",
        "a 10-day summit",
        "g7 summit opens",
        "другой пакет предложений",
        "first lady at home",
        "19th century painting",
    ],
)
def test_a_count_and_a_century_are_of_no_series(text: str) -> None:
    assert list(numbered(text)) == []


def test_the_next_of_a_series_contradicts_in_any_language() -> None:
    english = of("EU adopts 18th sanctions package")
    assert issues_differ(english, of("ЕС принял 19-й пакет санкций", "ru"))
    assert issues_differ(english, of("EU beschließt 19. Sanktionspaket", "de"))
    assert not issues_differ(english, of("ЄС ухвалив 18-й пакет санкцій", "uk"))
    assert not issues_differ(english, of("EU sanctions: third round of talks"))


@pytest.mark.parametrize(
    ("lang", "one", "other", "differ"),
    [
        ("en", "Police arrest Jamal Williams", "Police arrest Vincent Jackson", True),
        ("ru", "В Минске задержан Иван Петров", "В Минске задержан Олег Смирнов", True),
        ("pl", "Sąd skazał Jana Kowalskiego", "Sąd skazał Annę Nowak", True),
        ("en", "Police arrest Jamal Williams", "Police say Williams was drunk", False),
        ("ru", "В Минске задержан Иван Петров", "Петрова задержали в Минске", False),
        ("en", "Blast in New York", "Blast in Buenos Aires", False),
        # Every noun has a capital there.
        ("de", "Polizei nimmt Max Muster fest", "Polizei nimmt Erika Test fest", False),
        # Every word has one here.
        ("en", "Police Arrest Jamal Williams", "Police Arrest Vincent Jackson", False),
    ],
)
def test_persons_contradict_where_each_report_names_others(
    lang: str, one: str, other: str, *, differ: bool
) -> None:
    found = persons_differ(
        of(one, lang), capitalised(one), of(other, lang), capitalised(other)
    )
    assert found == differ


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Gold watch could cost 5,000", "Gold watch could cost 1,200", True),
        ("Gold watch could cost 5,000", "Gold watch could cost 4,999", False),
        ("Protest: 500 arrested", "Protest: 900 arrested", False),
        ("Gold watch in 2015", "Gold watch in 2016", False),
        ("Gold watch could cost 5,000", "Gold watch could cost a lot", False),
    ],
)
def test_large_numbers_of_titles_contradict_but_for_tolls_and_years(
    one: str, other: str, *, differ: bool
) -> None:
    assert numbers_differ(of(one), of(other)) == differ


def second_of(lang: str, first: str, second: str) -> Grouping:
    trial = Trial()
    trial.place(Item(id="1", feed="", key="1", title=first, lang=lang))
    return trial.place(Item(id="2", feed="", key="2", title=second, lang=lang))


@pytest.mark.parametrize(
    ("lang", "first", "second", "said"),
    [
        (
            "en",
            "EU adopts 18th package of sanctions against Russia over Ukraine",
            "EU adopts 19th package of sanctions against Russia over Ukraine",
            "they name different ones of a series",
        ),
        (
            "ru",
            "ЕС снизил потолок цен на российскую нефть до 60 долларов",
            "ЕС снизил потолок цен на российскую нефть до 47,6 доллара",
            "they name different amounts of one kind",
        ),
        (
            "de",
            "Gazprom stoppt die Gaslieferung durch Nord Stream erneut",
            "Gazprom hat die Gaslieferung durch Nord Stream wiederaufgenommen",
            "one title says the reverse of the other",
        ),
        (
            "pl",
            "Sąd w Mińsku skazał na dziesięć lat za udział w protestach Jana Kowalskiego",
            "Sąd w Mińsku skazał na dziesięć lat za udział w protestach Annę Nowak",
            "each names persons whom the other does not",
        ),
    ],
)
def test_a_contradiction_is_told_in_words_and_keeps_events_apart(
    lang: str, first: str, second: str, said: str
) -> None:
    made = second_of(lang, first, second)
    assert made.outcome.value != "same"
    assert said in reasons([b for b in made.because if b[1] < 0], joined=False)


@pytest.mark.parametrize(
    "sign",
    ["\u1369", "9" * 400, "9" * 5000, "1" + ".000" * 200],
    ids=["a digit of no decimal kind", "more than a float", "more than int", "grouped"],
)
@pytest.mark.parametrize("lang", ["en", "ru", ""])
def test_what_is_no_number_claims_none_and_stops_no_report(
    sign: str, lang: str
) -> None:
    title = f"Price at {sign} %, {sign} dead, {sign} пакет, package no {sign}"
    claimed = of(title, lang, title)
    assert not claimed.all_amounts
    assert not claimed.all_series
    assert not tolls(title, lang)
    known_of([Item(id="itm_1", feed="", key="1", title=title, lang=lang)])
