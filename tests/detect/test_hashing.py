"""Texts are cut at white space as `str.split` does, and pieces keep their numbers."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.detect.compiling import Compiler
from monitor.detect.document import Document
from monitor.detect.hashing import Table, cut
from monitor.detect.lexicon import Lexicon
from monitor.detect.looked import Looked
from monitor.detect.pieces import Pieces
from monitor.detect.query import parse
from monitor.detect.reading import WordReading
from monitor.detect.rows import Rows
from monitor.detect.text import MOST_WORDS
from monitor.model import Item

letters = st.sampled_from("ab\u0000 \n\u00a0\u3000яЯ😀𝐖-.'\u2028\ud800国")
texts = st.text(letters, max_size=30)


@given(st.lists(texts, max_size=4))
@example(["a", ""])
@example(["\ud83d", "\ude00"])
def test_pieces_are_those_that_split_finds(several: list[str]) -> None:
    found = cut(several)
    bounds = found.bounds()
    for number, text in enumerate(several):
        pieces = [found.piece(n) for n in range(bounds[number], bounds[number + 1])]
        wanted = text.encode("utf-16-le", "replace").decode("utf-16-le").split()
        assert [piece for piece in pieces if piece] == wanted


@given(st.lists(texts, min_size=1, max_size=4))
def test_pieces_have_one_number_where_they_are_alike_and_else_another(
    several: list[str],
) -> None:
    found = cut(several)
    numbers = found.hashes.tolist()
    pieces = [found.piece(n) for n in range(len(numbers))]
    assert len(set(zip(pieces, numbers, strict=True))) == len(set(pieces))
    assert len(set(numbers)) == len(set(pieces))


def test_a_place_far_into_a_text_does_not_change_the_number() -> None:
    near, far = cut(["gas"]).hashes[0], cut([f"{'x ' * 9_000}gas"]).hashes[-1]
    assert near == far


def test_a_table_that_grew_still_knows_every_number() -> None:
    table = Table()
    hashes = np.arange(1, 60_001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for first in range(0, len(hashes), 1_000):
        some = hashes[first : first + 1_000]
        table.add(some, np.arange(first, first + 1_000, dtype=np.int32))
    found, missing = table.find(hashes)
    assert not missing
    assert found.tolist() == list(range(60_000))
    assert table.find(hashes + np.uint64(1))[1] == list(range(60_000))


@given(
    st.lists(st.lists(st.integers(0, 99), max_size=9), min_size=1, max_size=90),
    st.data(),
)
def test_rows_are_fetched_as_they_were_put(
    rows: list[list[int]], data: st.DataObject
) -> None:
    held = Rows(4, rows)
    which = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    found, places = held.take(np.array(which, np.intp))
    for place, row in enumerate(which):
        assert found[places == place].tolist() == rows[row]


WORDS = [
    "gas",
    "Gas,",
    "oil",
    "gas-oil",
    "oil–gas…",
    "—",
    "word",
    "газ",
    "国gas国",
    "U.S.",
]


@given(
    st.lists(
        st.builds(
            Item,
            id=st.just("i"),
            feed=st.just("f"),
            key=st.just("k"),
            title=st.lists(st.sampled_from(WORDS)).map(" ".join),
            summary=st.lists(st.sampled_from(WORDS)).map("  ".join),
            body=st.lists(st.sampled_from(WORDS)).map("\n".join),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_words_stand_where_a_reading_word_by_word_finds_them(items: list[Item]) -> None:
    lexicon = Lexicon()
    Compiler(lexicon, {}).compile(parse("gas OR oi* OR газ~ OR 国 OR us OR o*l").tree)
    looked = Looked(Pieces(lexicon), items)
    for number, item in enumerate(items):
        slow = WordReading(Document(item).segments, lexicon)
        fast = looked.reading(number)
        assert fast.atoms == slow.atoms
        for atom in range(len(lexicon)):
            assert list(fast.positions(atom)) == list(slow.positions(atom))


def test_of_a_text_that_is_too_long_the_same_words_are_read() -> None:
    lexicon = Lexicon()
    Compiler(lexicon, {}).compile(parse("gas OR oil").tree)
    body = f"{'word ' * (MOST_WORDS - 1)}gas-oil gas oil"
    item = Item(id="i", feed="f", key="k", title="oil", summary=body, body="gas")
    fast = Looked(Pieces(lexicon), [item]).reading(0)
    slow = WordReading(Document(item).segments, lexicon)
    for atom in range(len(lexicon)):
        assert list(fast.positions(atom)) == list(slow.positions(atom))
