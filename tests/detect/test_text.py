"""What a piece of text is read as, quickly or letter by letter, is the same."""

from hypothesis import example, given
from hypothesis import strategies as st

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
