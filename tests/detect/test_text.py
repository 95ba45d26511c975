"""What a piece of text is read as, quickly or letter by letter, is the same."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.detect.folding import APOSTROPHES, fold
from monitor.detect.text import MOST_WORDS, tokens, words, words_of
from tests.detect.test_engine import fires, item

letters = st.sampled_from("abZößąłéйЁёўЎїЇґыШшіІ中の'’-./&#4")
edges = st.sampled_from(
    ["", ".", ",", "«", "»", '"', "“", "…", "(", ")", "!", "—", ":"]
)
pieces = st.builds(
    "{}{}{}".format, edges, st.lists(letters, max_size=6).map("".join), edges
)


@given(pieces)
@example("U.S.")
@example("И.")
@example("«Вагнер»,")
@example("h" * 200)
def test_plain_words_are_read_as_all_words_are(piece: str) -> None:
    assert words_of(piece) == tuple(token.word for token in tokens(piece))


def test_words_beyond_the_limit_are_not_read() -> None:
    filler = "word " * (MOST_WORDS - 1)
    assert len(words(f"{filler} one two")) == MOST_WORDS
    assert fires("one", item(body=f"{filler} one two"))
    assert not fires("two", item(body=f"{filler} one two"))
    joined = item(body=f"{filler} one-two")
    assert fires("one", joined)
    assert not fires("two", joined)


@given(st.text(max_size=6))
@example("яé")
@example("Вıктор")
@example("\u0374")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("mark", APOSTROPHES)
def test_any_apostrophe_is_an_apostrophe(mark: str) -> None:
    said = f"Gazprom{mark}s O{mark}Brien d{mark}Ivoire п{mark}ять"
    assert words(said) == ["gazprom", "o'brien", "ivoire", "п'ять"]


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("Лукашенко", "Лукаш\u00e9нко"),
        ("Україна", "Укра\u00efна"),
        ("Виктор", "Виктóр"),
        ("Citroen", "Citro\u0451n"),
    ],
)
def test_latin_letters_with_an_accent_hide_no_cyrillic_word(
    wanted: str, written: str
) -> None:
    assert fires(wanted, item(written))


@pytest.mark.parametrize(
    "invisible",
    ["\u061c", "\u2066", "\u2069", "\ufe0f", "\u180e", "\U000e0020", "\U000e0101"],
)
def test_no_invisible_character_parts_a_word(invisible: str) -> None:
    assert fires("Вагнер", item(f"Ваг{invisible}нер"))
    assert fires("Wagner", item(f"{invisible}Wag{invisible}ner{invisible}"))
    assert fires(f"Wag{invisible}ner{invisible}", item("Wagner"))
