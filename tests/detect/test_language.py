"""What an item's language rests on."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from py3langid import langid

from monitor.detect import language
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
    ("text", "wanted"),
    [
        (RUSSIAN, "ru"),
        ("Belarus says it has detained mercenaries near the capital", "en"),
        ("Białoruś zatrzymała pod Mińskiem rosyjskich najemników", "pl"),
        ("Україна проситиме Білорусь видати затриманих бойовиків", "uk"),
        ("Belarus nimmt russische Söldner bei Minsk fest", "de"),
        ("Baltarusijoje prie Minsko sulaikyti samdiniai", "lt"),
    ],
)
def test_what_nobody_states_is_detected(text: str, wanted: str) -> None:
    assert item_language("", text) == (wanted, "detected")


def test_what_has_no_letters_has_no_language() -> None:
    assert item_language("", "33 – 2020") == ("", "unknown")


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(langid, "_load_model_file", full)
    language._loaded.cache_clear()
    yield
    language._loaded.cache_clear()


@pytest.mark.usefixtures("no_room")
def test_where_the_model_finds_no_room_no_language_is_detected() -> None:
    assert "No space left" in language.load()
    assert item_language("", RUSSIAN) == ("", "unknown")
    assert item_language("ru", RUSSIAN) == ("ru", "stated")
