"""An item as rules read it: words with positions, sentences, and fields."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from operator import attrgetter

from monitor.detect.folding import fold
from monitor.detect.text import (
    GAP,
    LEAD_WORDS,
    MOST_WORDS,
    TEXT_FIELDS,
    TOKEN_PATTERN,
    Token,
    remembered,
    tokens,
)
from monitor.model import Item

_CHUNK = re.compile(r"\S+")
_STOP = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+[\"'\u00bb\u201c\u201d\u2019)\]]*$")
_OPENS = re.compile(r"[\"'\u00ab\u201e\u201c\u2018(\[\u2013\u2014-]*[^\W_]")
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
    if not _STOP.search(chunk):
        return False
    opening = _OPENS.match(following)
    if opening and opening[0][-1].islower():
        return False
    stem = _STOP.sub("", chunk).lstrip("\"'(«„“")
    abbreviated = len(stem) == 1 or fold(stem) in _ABBREVIATIONS or "." in stem
    return not (abbreviated and chunk.rstrip("\"'»”“)").endswith("."))


class Segment:
    """One field's text, or one value of an attribute, with its positions."""

    def __init__(self, field: str, text: str, base: int) -> None:
        """Read `text` as `field`; its first word stands at position `base`."""
        self.field = field
        self.text = text
        self.base = base
        self._chunks = text.split()
        found = list(chain.from_iterable(map(remembered.__getitem__, self._chunks)))
        self.words = found if len(found) <= MOST_WORDS else found[:MOST_WORDS]

    @cached_property
    def _ends(self) -> list[int]:
        """For each chunk, how many words stand in it and before it."""
        return list(accumulate(map(len, map(remembered.__getitem__, self._chunks))))

    @cached_property
    def _starts(self) -> list[int]:
        """For each chunk, its offset in the text."""
        lengths = list(map(len, self._chunks))
        if sum(lengths) + len(lengths) - 1 == len(self.text):
            # One space between any two, as almost always: no need to look.
            return list(accumulate((n + 1 for n in lengths[:-1]), initial=0))
        return [found.start() for found in _CHUNK.finditer(self.text)]

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
        found = list(TOKEN_PATTERN.finditer(self._chunks[chunk]))[inside]
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
        texts = zip(TEXT_FIELDS, (item.title, item.summary, item.body), strict=True)
        self.segments, self._end = _in_a_row(texts, 0)
        """The text fields that are not empty."""

    @cached_property
    def attributes(self) -> list[Segment]:
        """The values of the attributes; read when a rule first asks for one."""
        return attributes(self._item, self._end)

    def segment(self, position: int) -> Segment:
        """Return the segment in which a position lies."""
        several = self.segments if position < self._end else self.attributes
        return several[bisect_right(several, position, key=_base) - 1]


_base = attrgetter("base")


def attributes(item: Item, base: int) -> list[Segment]:
    """Return the values of an item's attributes; `base`: where they begin."""
    values = (
        ("source", (item.source,)),
        ("lang", (item.lang,)),
        ("country", (item.country,)),
        ("url", (item.url,)),
        ("author", (item.author,)),
        ("tag", item.tags),
    )
    return _in_a_row(((name, one) for name, held in values for one in held), base)[0]


def _in_a_row(texts: Iterable[tuple[str, str]], base: int) -> tuple[list[Segment], int]:
    """Return the segments of texts that are not empty, and where the next one begins."""
    found = []
    for field, text in texts:
        if text:
            found.append(Segment(field, text, base))
            base += len(found[-1]) + GAP
    return found, base


def scopes(item: Item, lengths: Sequence[int]) -> Mapping[str, Sequence[range]]:
    """Return for the name of each text field the positions that it stands for.

    `lengths`: how many words each text of the item has that is not empty, in order.
    """
    found: dict[str, list[range]] = {name: [] for name in (*TEXT_FIELDS, "lead")}
    texts = zip(TEXT_FIELDS, (item.title, item.summary, item.body), strict=True)
    named = [field for field, text in texts if text]
    base, left = 0, LEAD_WORDS
    for field, length in zip(named, lengths, strict=True):
        reach = range(base, base + length)
        found[field].append(reach)
        found["lead"].append(reach if field == "title" else reach[:left])
        left -= 0 if field == "title" else min(left, length)
        base += length + GAP
    return found
