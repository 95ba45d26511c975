"""A term that mostly finds words of another language is named, with those words."""

from pathlib import Path

import pytest

from monitor import rulepacks
from monitor.model import Item

PACK = """\
version: 1
theme: t
defs:
  quarrel:
    pl: ["spor*", "kara"]
    en: [dispute*, "karate*"]
rules: [{id: one, title: One, match: "@quarrel"}]
"""


def items(*texts: tuple[str, str]) -> list[Item]:
    return [
        Item(id=str(n), feed="", key=str(n), title=title, lang=lang)
        for n, (lang, title) in enumerate(texts)
    ]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(PACK, encoding="utf-8")
    return path


def named(pack: Path, corpus: list[Item]) -> list[tuple[int, str]]:
    found = [one for one in rulepacks.lint([pack], corpus) if one.code == "R306"]
    return [(one.line, one.message) for one in found]


def test_a_term_that_finds_another_language_is_named_with_what_it_finds_there(
    pack: Path,
) -> None:
    corpus = items(
        ("en", "Sport tonight"),
        ("en", "A sporting chance"),
        ("en", "Sport and weather"),
        ("pl", "Spory trwają"),
    )
    words = "sport (en 2), sporting (en 1)"
    assert named(pack, corpus) == [
        (
            5,
            f"spor* finds 3 items of other languages and 1 in pl: {words}",
        )
    ]


def test_a_term_that_finds_as_much_in_its_own_language_is_in_order(pack: Path) -> None:
    foreign = [("en", "Sport tonight")] * 3
    assert not named(pack, items(*foreign, *[("pl", "Spory trwają")] * 3))


def test_a_word_that_its_own_language_lists_too_is_no_collision(pack: Path) -> None:
    text = PACK.replace('"karate*"', "sport*").replace('"kara"', '"sport*"')
    pack.write_text(text, encoding="utf-8")
    assert not named(pack, items(*[("en", "Sport tonight")] * 9))


def test_two_items_may_be_chance_and_items_of_no_language_say_nothing(
    pack: Path,
) -> None:
    assert not named(pack, items(*[("en", "Sport tonight")] * 2, *[("", "Sport")] * 9))


def test_a_quotation_in_another_alphabet_is_no_word_of_its_item(pack: Path) -> None:
    assert not named(pack, items(*[("ru", "Бренд Sport вырос")] * 9))


def test_a_term_of_three_languages_is_a_word_of_all(pack: Path) -> None:
    text = PACK.replace("    en:", '    cs: ["spor*"]\n    lt: ["spor*"]\n    en:')
    pack.write_text(text, encoding="utf-8")
    assert not named(pack, items(*[("en", "Sport tonight")] * 9))
