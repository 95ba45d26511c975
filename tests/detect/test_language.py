"""What an item's language rests on."""

import pytest

from monitor.detect.language import item_language

RUSSIAN = "В Минске задержаны бойцы частной военной компании"


def test_a_statement_is_believed() -> None:
    assert item_language("pl", "Minsk") == ("pl", "stated")


def test_letters_that_cannot_be_of_the_language_overrule_it() -> None:
    assert item_language("en", RUSSIAN) == ("ru", "detected")
    belarusian = "У Мінску затрымалі байцоў прыватнай вайсковай кампаніі"
    assert item_language("ru", belarusian) == ("be", "detected")


def test_a_foreign_name_overrules_nothing() -> None:
    assert item_language("ru", "Агентство «Прес-служба України» сообщило о Минске")[
        0
    ] in {"ru", "uk"}
    assert item_language("en", "The paper «Вагнер» was closed in Minsk") == (
        "en",
        "stated",
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (RUSSIAN, "ru"),
        ("Belarus says it has detained mercenaries near the capital", "en"),
        ("Białoruś zatrzymała pod Mińskiem rosyjskich najemników", "pl"),
        ("Україна проситиме Білорусь видати затриманих бойовиків", "uk"),
        ("Belarus nimmt russische Söldner bei Minsk fest", "de"),
        ("Baltarusijoje prie Minsko sulaikyti samdiniai", "lt"),
    ],
)
def test_what_nobody_states_is_detected(text: str, language: str) -> None:
    assert item_language("", text) == (language, "detected")


def test_what_has_no_letters_has_no_language() -> None:
    assert item_language("", "33 – 2020") == ("", "unknown")
