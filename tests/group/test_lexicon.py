"""Words of one meaning are one word, whatever the language."""

import re
from collections import Counter
from importlib.resources import files

import pytest

from monitor.group import places
from monitor.group.fingerprints import fold, headline, number
from monitor.group.lexicon import Words, concepts, unelided
from monitor.group.vectors import compared
from monitor.group.vocabulary import LANGUAGES as READ_IN
from monitor.group.vocabulary import tables

LANGUAGES = ["en", "ru", "uk", "be", "pl", "lt", "de", "fr", "it", "nl", "es"]


def lines() -> list[tuple[str, dict[str, list[str]]]]:
    text = files("monitor.group").joinpath("concepts.txt").read_text("utf-8")
    found = []
    for line in text.splitlines():
        if line.startswith("//"):
            continue
        name, _, written = line.partition(": ")
        parts = (part.split() for part in written.split(" | "))
        found.append((name, {lang: words for lang, *words in parts}))
    return found


def said(title: str, lang: str) -> list[str]:
    return compared(headline(title), lang, places.located(title))


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Court sentences journalist to ten years"),
        ("ru", "Суд приговорил журналиста к десяти годам"),
        ("uk", "Суд засудив журналіста до десяти років"),
        ("be", "Суд асудзіў журналіста на дзесяць гадоў"),
        ("pl", "Sąd skazał dziennikarza na dziesięć lat"),
        ("lt", "Teismas nuteisė žurnalistą dešimt metų kalėti"),
        ("de", "Gericht verurteilt Journalisten zu zehn Jahren"),
        ("fr", "Le tribunal condamne un journaliste à dix ans"),
        ("it", "Il tribunale condanna un giornalista a dieci anni"),
        ("nl", "Rechtbank veroordeelt journalist tot tien jaar"),
        ("es", "El tribunal condena a un periodista a diez años"),
    ],
)
def test_a_verdict_is_the_same_words_in_every_language(lang: str, title: str) -> None:
    assert {"#court", "#sentence", "#journalist", "10"} <= set(said(title, lang))


def test_a_people_is_called_as_its_country() -> None:
    assert "@BY" in said("The belarusian opposition", "en")
    assert "@BY" in said("Опозиція в Білорусі", "uk")


def test_a_name_in_two_alphabets_is_one_word() -> None:
    assert said("Tsikhanouskaya", "en") == said("Тихановская", "ru")


def test_a_place_goes_before_a_concept_and_a_concept_before_a_beginning() -> None:
    assert said("Minsk gas quarrel", "en") == ["@BY/Minsk", "@BY", "#gas", "quarre"]


def test_a_word_of_another_language_means_nothing() -> None:
    assert said("sulaikė", "lt") == ["#detain"]
    assert said("sulaikė", "en") == ["sulaik"]


def test_without_a_stated_language_a_text_is_read_by_its_letters() -> None:
    assert said("Journalist detained", "") == said("Журналист задержан", "")


def test_articles_that_are_tied_to_words_come_off_in_french_and_italian() -> None:
    assert said("L'armée", "fr") == said("армия", "ru") == ["#army"]
    assert unelided("l'armée", "en") == "l'armée"


def test_the_longer_beginning_wins() -> None:
    words = Words({"short": "bank*", "long": "bankrot*"})
    assert words.meaning("bankrott") == "long"
    assert words.meaning("banken") == "short"
    assert words.meaning("ban") == ""


def test_each_line_of_the_list_can_be_met() -> None:
    names = Counter(name for name, _ in lines())
    assert [name for name, times in names.items() if times > 1] == []
    for name, by_language in lines():
        assert by_language.keys() <= {"*", *LANGUAGES}, name
        for words in by_language.values():
            for word in words:
                # As the words of a text are: folded later, without marks inside.
                assert re.fullmatch(r"[^\W_]{2,}\*?", word), (name, word)
                assert word == word.lower(), (name, word)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_word_of_the_list_stands_for_the_first_line_that_has_it(lang: str) -> None:
    first: dict[str, str] = {}
    for name, by_language in lines():
        for word in by_language.get(lang, []):
            first.setdefault(fold(word), name)
    meaning = concepts(lang).meaning
    for word, name in first.items():
        if not word.endswith("*"):
            assert meaning(word).removeprefix("#") == name


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("80.10", "80.10"),
        ("80,10", "80.10"),
        ("10,000", "10000"),
        ("1.250.000", "1250000"),
        ("10000", "10000"),
    ],
)
def test_a_number_is_the_same_however_it_is_marked(written: str, same: str) -> None:
    assert number(written) == same


@pytest.mark.parametrize("table", tables())
def test_each_meaning_of_the_vocabulary_has_words_in_every_language(
    table: str,
) -> None:
    for meaning, called in tables()[table].items():
        assert tuple(called) == READ_IN, meaning
        assert all(called.values()), meaning
        assert all(words.casefold() == words for words in called.values()), meaning


def test_the_vocabulary_has_a_table_for_each_thing_that_is_asked_of_it() -> None:
    assert {"counted", "units", "states", "numbers", "times"} <= set(tables())
    assert tables()["units"]["magnitude"]["de"].split() == ["stärke", "magnitude"]
