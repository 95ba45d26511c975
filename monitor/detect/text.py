"""Folding, tokens and positions: how a rule and an item come to be compared.

A rule's words and an item's words go through the same functions here, so what
they do to a word matters less than that they do it to both.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain

from monitor.detect.language import item_language
from monitor.detect.memo import Memo
from monitor.model import Item

__all__ = [
    "ATTRIBUTES",
    "FIELDS",
    "GAP",
    "LEAD_WORDS",
    "MOST_WORDS",
    "TEXT_FIELDS",
    "Document",
    "Segment",
    "Token",
    "fold",
    "item_language",
    "tokens",
    "words",
]

TEXT_FIELDS = ("title", "summary", "body")
ATTRIBUTES = ("source", "lang", "country", "url", "author", "tag")
FIELDS = (*TEXT_FIELDS, "lead", "text", *ATTRIBUTES)
GAP = 200
"""Positions left free between two fields, so that nothing reaches across."""
LEAD_WORDS = 40
"""How many words after the title belong to the lead."""
MOST_WORDS = 20_000
"""Words of one field that are read; a hostile item costs no more than this."""
LONGEST_WORD = 80
"""Letters of a word that are compared."""


# ── folding ──────────────────────────────────────────────────────────────────

INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_APOSTROPHES = "'\u2019\u02bc\u2018\u0060\u00b4\u02b9\uff07"
_invisible = re.compile(f"[{INVISIBLE}]")
# Marks of alphabets in which a reader drops them. Those of Indic scripts are
# vowels and stay.
_marks = re.compile("[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u0670]+")
_kept_marks = re.compile("([иИ])\u0306|([уУ])\u0306|([іІ])\u0308")
_LETTERS = str.maketrans(
    {"ё": "е", "Ё": "Е", "ґ": "г", "Ґ": "Г", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O"}
    | {"đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i"}
    | dict.fromkeys(_APOSTROPHES, "'")
)
_TO_CYRILLIC = str.maketrans("ABCEHIJKMOPSTXYaceijopsxy", "АВСЕНІЈКМОРЅТХУасеіјорѕху")
_TO_LATIN = str.maketrans("АВСЕНІЈКМОРЅТХУасеіјорѕху", "ABCEHIJKMOPSTXYaceijopsxy")
_latin = re.compile("[A-Za-z\u00c0-\u024f]")
_cyrillic = re.compile("[\u0400-\u052f]")


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    if apart.isascii():
        return apart
    apart = _kept_marks.sub(_compose, apart)
    return unicodedata.normalize("NFC", _marks.sub("", apart)).translate(_LETTERS)


def _compose(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[0])


def _one_script(text: str) -> str:
    """Write look-alikes in the script of the word's other letters, if all can be."""
    latin, cyrillic = len(_latin.findall(text)), len(_cyrillic.findall(text))
    if not latin or not cyrillic:
        return text
    if cyrillic >= latin:
        mended = text.translate(_TO_CYRILLIC)
        return text if _latin.search(mended) else mended
    mended = text.translate(_TO_LATIN)
    return text if _cyrillic.search(mended) else mended


def cased(text: str) -> str:
    """Fold everything but the case; `{TERM}` compares this."""
    if text.isascii():
        return text.replace("`", "'")[:LONGEST_WORD]
    whole = unicodedata.normalize("NFKC", _invisible.sub("", text))
    return _without_marks(_one_script(whole))[:LONGEST_WORD]


def fold(text: str) -> str:
    """Return the form in which words are compared.

    NFKC, look-alike letters to one script, casefold, marks stripped except in
    й ї ў, ё to е, ґ to г, ł to l, ø to o, one apostrophe, invisible characters
    removed. Folding twice changes nothing.
    """
    if text.isascii():
        return text.replace("`", "'").lower()[:LONGEST_WORD]
    return _without_marks(unicodedata.normalize("NFKC", cased(text).casefold()))[
        :LONGEST_WORD
    ]


# ── tokens ───────────────────────────────────────────────────────────────────


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
_token = re.compile(
    f"(?P<char>(?=[{_CHARWISE}]){_ALNUM}[{MARKS}{_KANA_MARKS}]*)"
    rf"|(?P<acronym>{_LETTER}(?:\.{_LETTER})+(?!{_ALNUM})\.?)"
    f"|{_RUN}(?:[{_APOSTROPHES}]{_RUN})*"
)
_possessive = re.compile("(?<=.)'[sS]$")
# French and Italian write the article into the word.
_elision = re.compile(
    "^(?:[cdjlmnst]|qu|dell|all|nell|sull|dall|un)'(?=[^\\W\\d_]{2})", re.IGNORECASE
)


# Words of these letters alone are folded by lower case alone.
_plain = re.compile("[A-Za-z]+|[А-ЯЎІЇЄа-яўіїє]+")


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
    for found in _token.finditer(text):
        if _plain.fullmatch(found[0]):
            form = found[0][:LONGEST_WORD]
            start, end = found.span()
            yield Token(form.lower(), form, offset + start, offset + end)
            continue
        surface = found[0].replace(".", "") if found["acronym"] else found[0]
        form = cased(surface)
        if "'" in form:
            form = _elision.sub("", _possessive.sub("", form))
        word = fold(form)
        if word:
            yield Token(word, form, offset + found.start(), offset + found.end())


_EDGES = '.,:;!?"()[]«»„“”…–—'


def words_of(chunk: str) -> tuple[str, ...]:
    """Return the folded words of a piece of text without white space."""
    bare = chunk.strip(_EDGES)
    if _plain.fullmatch(bare):
        return (bare.lower()[:LONGEST_WORD],)
    return tuple(token.word for token in tokens(chunk))


_memo = Memo(words_of)


def words(text: str) -> list[str]:
    """Return the folded words of a text, at most `MOST_WORDS`."""
    found = list(chain.from_iterable(map(_memo.__getitem__, text.split())))
    return found if len(found) <= MOST_WORDS else found[:MOST_WORDS]


# ── sentences and paragraphs ─────────────────────────────────────────────────

_chunk = re.compile(r"\S+")
_stop = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+[\"'\u00bb\u201c\u201d\u2019)\]]*$")
_opens = re.compile(r"[\"'\u00ab\u201e\u201c\u2018(\[\u2013\u2014-]*[^\W_]")
# After these a full stop ends no sentence.
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "gen",
        "col",
        "lt",
        "sgt",
        "prof",
        "sen",
        "gov",
        "rep",
        "vs",
        "no",
        "inc",
        "corp",
        "г",
        "гг",
        "ул",
        "стр",
        "им",
        "тыс",
        "млн",
        "млрд",
        "руб",
        "рис",
        "см",
        "вул",
        "млрд",
        "тис",
        "ім",
        "nr",
        "ul",
        "tys",
        "mln",
        "mld",
        "prof",
        "gen",
        "bzw",
        "str",
    ]
)


def _ends_sentence(chunk: str, following: str) -> bool:
    if not _stop.search(chunk):
        return False
    opening = _opens.match(following)
    if opening and opening[0][-1].islower():
        return False
    stem = _stop.sub("", chunk).lstrip("\"'(«„“")
    abbreviated = len(stem) == 1 or fold(stem) in _ABBREVIATIONS or "." in stem
    return not (abbreviated and chunk.rstrip("\"'»”“)").endswith("."))


# ── the document ─────────────────────────────────────────────────────────────


class Segment:
    """One field's text, or one value of an attribute, with its positions."""

    def __init__(self, field: str, text: str, base: int) -> None:
        """Read `text` as `field`; its first word stands at position `base`."""
        self.field = field
        self.text = text
        self.base = base
        self._chunks = text.split()
        found = list(chain.from_iterable(map(_memo.__getitem__, self._chunks)))
        self.words = found if len(found) <= MOST_WORDS else found[:MOST_WORDS]

    @cached_property
    def _ends(self) -> list[int]:
        """For each chunk, how many words stand in it and before it."""
        return list(accumulate(map(len, map(_memo.__getitem__, self._chunks))))

    @cached_property
    def _starts(self) -> list[int]:
        """For each chunk, its offset in the text."""
        lengths = list(map(len, self._chunks))
        if sum(lengths) + len(lengths) - 1 == len(self.text):
            # One space between any two, as almost always: no need to look.
            return list(accumulate((n + 1 for n in lengths[:-1]), initial=0))
        return [found.start() for found in _chunk.finditer(self.text)]

    @cached_property
    def _parts(self) -> list[tuple[int, int]]:
        """For each chunk, the number of its sentence and of its paragraph."""
        parts: list[tuple[int, int]] = []
        sentence = paragraph = 0
        starts = self._starts
        for number, chunk in enumerate(self._chunks):
            parts.append((sentence, paragraph))
            if number + 1 == len(self._chunks):
                break
            between = self.text[starts[number] + len(chunk) : starts[number + 1]]
            ends = _ends_sentence(chunk, self._chunks[number + 1])
            new = between.count("\n") > 1 or (ends and "\n" in between)
            paragraph += new
            sentence += ends or new
        return parts

    def _chunk_of(self, position: int) -> tuple[int, int]:
        """Return the chunk in which a word stands, and which of its words it is."""
        number = position - self.base
        chunk = bisect_right(self._ends, number)
        return chunk, number - (self._ends[chunk - 1] if chunk else 0)

    def token(self, position: int) -> Token:
        """Return the word at a position."""
        chunk, inside = self._chunk_of(position)
        return list(tokens(self._chunks[chunk], self._starts[chunk]))[inside]

    def offsets(self, position: int) -> tuple[int, int]:
        """Return where in the text the word at a position begins and ends."""
        chunk, inside = self._chunk_of(position)
        start = self._starts[chunk]
        found = list(_token.finditer(self._chunks[chunk]))[inside]
        return start + found.start(), start + found.end()

    def sentence(self, position: int) -> int:
        """Return the number of the sentence, from 0, in which a position lies."""
        return self._parts[self._chunk_of(position)[0]][0]

    def paragraph(self, position: int) -> int:
        """Return the number of the paragraph, from 0, in which a position lies."""
        return self._parts[self._chunk_of(position)[0]][1]

    @cached_property
    def shouts(self) -> bool:
        """Whether over 60 % of the letters are capitals, so that case says nothing."""
        capitals = sum(map(str.isupper, self.text))
        cased_letters = capitals + sum(map(str.islower, self.text))
        return capitals > 0.6 * cased_letters

    def __len__(self) -> int:
        return len(self.words)


class Document:
    """An item as rules read it: words with positions, field after field."""

    def __init__(self, item: Item) -> None:
        """Read an item."""
        self._item = item
        self.segments: list[Segment] = []
        """The text fields that are not empty."""
        self._end = 0
        for field, text in (
            ("title", item.title),
            ("summary", item.summary),
            ("body", item.body),
        ):
            if text:
                self.segments.append(self._segment(field, text))
        self._bases = [segment.base for segment in self.segments]

    def _segment(self, field: str, text: str) -> Segment:
        segment = Segment(field, text, self._end)
        self._end += len(segment) + GAP
        return segment

    @cached_property
    def attributes(self) -> list[Segment]:
        """The values of the attributes; read when a rule first asks for one."""
        item = self._item
        values = (
            ("source", (item.source,)),
            ("lang", (item.lang,)),
            ("country", (item.country,)),
            ("url", (item.url,)),
            ("author", (item.author,)),
            ("tag", item.tags),
        )
        found = [
            self._segment(name, value)
            for name, held in values
            for value in held
            if value
        ]
        self._bases += [segment.base for segment in found]
        return found

    def segment(self, position: int) -> Segment:
        """Return the segment in which a position lies."""
        number = bisect_right(self._bases, position) - 1
        texts = len(self.segments)
        return (
            self.segments[number] if number < texts else self.attributes[number - texts]
        )

    def scope(self, name: str) -> Sequence[range]:
        """Return the positions that a text field's name stands for, in order."""
        return self._scopes[name]

    @cached_property
    def _scopes(self) -> Mapping[str, Sequence[range]]:
        scopes: dict[str, list[range]] = {name: [] for name in FIELDS}
        for segment in self.segments:
            reach = range(segment.base, segment.base + len(segment))
            scopes[segment.field].append(reach)
            scopes["text"].append(reach)
        left = LEAD_WORDS
        for field in TEXT_FIELDS:
            for reach in scopes[field]:
                scopes["lead"].append(reach if field == "title" else reach[:left])
                left -= 0 if field == "title" else min(left, len(reach))
        return scopes
