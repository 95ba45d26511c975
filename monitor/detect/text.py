"""The words of texts, a rule's and an item's alike: tokens, and what fields there are."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from monitor.detect.folding import APOSTROPHES, INVISIBLE, LONGEST_WORD, cased, fold
from monitor.detect.memo import Memo

TEXT_FIELDS = ("title", "summary", "body")
ATTRIBUTES = ("source", "lang", "country", "url", "author", "tag")
FIELDS = (*TEXT_FIELDS, "lead", "text", *ATTRIBUTES)
GAP = 200
"""Positions left free between two fields, so that nothing reaches across."""
LEAD_WORDS = 40
"""How many words after the title belong to the lead."""
MOST_WORDS = 20_000
"""Words of one field that are read; a hostile item costs no more than this."""


def _mark_class() -> str:
    """Return the combining marks of the basic plane as ranges for a regex."""
    codes = chain(range(0x300, 0x3400), range(0xA000, 0xAC00))
    marks = {c for c in codes if unicodedata.category(chr(c))[0] == "M"}
    starts = sorted(c for c in marks if c - 1 not in marks)
    ends = sorted(c for c in marks if c + 1 not in marks)
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(starts, ends, strict=True))


_ALNUM = r"[^\W_]"
_CHARWISE = (
    "\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d"
)
_KANA_MARKS = "\uff9e\uff9f"
"""The voicing of half-width kana, which stands behind them."""
MARKS = f"{_mark_class()}{INVISIBLE}"
"""What belongs to the letter before it, as a class of a pattern."""
_LETTER = r"[^\W\d_]"
_RUN = f"(?:(?![{_CHARWISE}]){_ALNUM}[{MARKS}]*)+"
TOKEN_PATTERN = re.compile(
    f"(?P<char>(?=[{_CHARWISE}]){_ALNUM}[{MARKS}{_KANA_MARKS}]*)"
    rf"|(?P<acronym>{_LETTER}(?:\.{_LETTER})+(?!{_ALNUM})\.?)"
    f"|{_RUN}(?:[{APOSTROPHES}]{_RUN})*"
)
_POSSESSIVE = re.compile("(?<=.)'[sS]$")
# French and Italian write the article into the word.
_ELISION = re.compile(
    "^(?:[cdjlmnst]|qu|dell|all|nell|sull|dall|un)'(?=[^\\W\\d_]{2})", re.IGNORECASE
)


STAND_INS = "\ua000\ua001"
"""Letters of no language we read, which stand for wildcards in the words of rules."""
# Words of these letters alone are folded by lower case alone.
_PLAIN = re.compile(f"[A-Za-z{STAND_INS}]+|[А-ЯЎІЇЄа-яўіїє{STAND_INS}]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text and where it stands."""

    word: str
    """Folded."""
    cased: str
    """Folded but for the case."""
    start: int
    """Offset in code points."""
    end: int


def tokens(text: str, offset: int = 0) -> Iterator[Token]:
    """Yield the words of a text.

    Letters, digits and marks with inner apostrophes make a word; `'s` and the
    elided article of French and Italian are dropped; dotted acronyms are joined;
    a Han, Kana or Thai character is a word of its own.
    """
    for word, form, found in _read(text):
        yield Token(word, form, offset + found.start(), offset + found.end())


def forms(text: str) -> list[tuple[str, str]]:
    """Return each word of a text folded, and folded but for the case."""
    return [(word, form) for word, form, _ in _read(text)]


def _read(text: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """Yield each word folded, folded but for the case, and where it was found."""
    for found in TOKEN_PATTERN.finditer(text):
        if _PLAIN.fullmatch(found[0]):
            form = found[0][:LONGEST_WORD]
            yield form.lower(), form, found
            continue
        surface = found[0].replace(".", "") if found["acronym"] else found[0]
        form = cased(surface)
        if "'" in form:
            form = _ELISION.sub("", _POSSESSIVE.sub("", form))
        word = fold(form)
        if word:
            yield word, form, found


_EDGES = '.,:;!?"()[]«»„“”…–—'


def words_of(chunk: str) -> tuple[str, ...]:
    """Return the folded words of a piece of text without white space."""
    bare = chunk.strip(_EDGES)
    if _PLAIN.fullmatch(bare):
        return (bare.lower()[:LONGEST_WORD],)
    return tuple(word for word, _, _ in _read(chunk))


remembered = Memo(words_of)


def words(text: str) -> list[str]:
    """Return the folded words of a text, at most `MOST_WORDS`."""
    found = list(chain.from_iterable(map(remembered.__getitem__, text.split())))
    return found if len(found) <= MOST_WORDS else found[:MOST_WORDS]
