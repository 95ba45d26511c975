"""What rules ask of the pieces of texts: worked out once, then one look-up.

A *piece* is a run of text between white space, mostly one word. Pieces have numbers;
those of whose words the same is asked have one number, and of most nothing is.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from monitor.detect.hashing import Cut, Numbers, Places, Table, cut
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.rows import Rows
from monitor.detect.text import MOST_WORDS, words_of

_WIDTH = 4
"""Atoms of a piece that are held side by side."""
_ABOVE = 32
_ATOM = (1 << _ABOVE) - 1
_LONGEST = 64
"""UTF-16 units of a piece that is remembered."""

_Words = tuple[tuple[Atom, ...], ...]
"""For each word of a piece, its atoms."""


class Asked(NamedTuple):
    """Atoms that words of some pieces satisfy."""

    atoms: Places
    rows: Places
    """For each atom, the place of the piece."""
    words: Places
    """And which word of the piece it is."""


class Pieces:
    """All pieces that were seen, by number; of one lexicon, which is complete."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Know the pieces of which nothing is asked."""
        self._lexicon = lexicon
        self._table = Table()
        self._known: dict[_Words, int] = {}
        self._asked = Rows(_WIDTH, kind=np.int64)
        """The atoms of each piece; above them, which word of the piece it is."""
        self._lengths = np.zeros(64, np.int32)
        """How many words it has."""
        # What has no character at all has no word, and the number 0 in the table.
        self._made(())

    def __len__(self) -> int:
        """Return how many are remembered."""
        return max(self._table.count, len(self._known))

    def look(self, texts: Sequence[str]) -> tuple[Numbers, list[int]]:
        """Return the pieces of some texts, and the place of each text's first.

        The last place is that of the end.
        """
        found = cut(texts)
        numbers, missing = self._table.find(found.hashes)
        if missing:
            self._learn(found, numbers, missing)
        # A word has a letter at least, so most texts cannot have too many of them.
        if max(map(len, texts), default=0) > MOST_WORDS:
            return self._shortened(numbers, found)
        return numbers, found.bounds()

    def _learn(self, found: Cut, numbers: Numbers, missing: list[int]) -> None:
        seen: dict[str, int] = {}
        short = []
        for place in missing:
            text = found.piece(place)
            number = seen.get(text)
            if number is None:
                number = seen[text] = self._made(self._words(text))
                if len(text) <= _LONGEST:
                    short.append(place)
            numbers[place] = number
        self._table.add(found.hashes.take(short), numbers.take(short))

    def _words(self, text: str) -> _Words:
        return tuple(map(self._lexicon.atoms, words_of(text)))

    def _made(self, words: _Words) -> int:
        number = self._known.get(words)
        if number is None:
            number = self._known[words] = len(self._known)
            if number == len(self._lengths):
                self._lengths = np.concatenate((self._lengths, self._lengths))
            self._lengths[number] = len(words)
            self._asked.append(
                [w << _ABOVE | atom for w, atoms in enumerate(words) for atom in atoms]
            )
        return number

    def asked(self, pieces: Numbers) -> Asked:
        """Return what is asked of the words of some pieces."""
        found, rows = self._asked.take(pieces)
        if (rows[1:] < rows[:-1]).any():
            order = rows.argsort(kind="stable")
            found, rows = found.take(order), rows.take(order)
        return Asked(found & _ATOM, rows, found >> _ABOVE)

    def lengths(self, pieces: Numbers) -> Numbers:
        """Return how many words each of some pieces has."""
        return self._lengths.take(pieces)

    def _shortened(self, numbers: Numbers, found: Cut) -> tuple[Numbers, list[int]]:
        """Keep the first words of each text that has more than are read."""
        bounds, kept = [0], []
        for first, last in pairwise(found.bounds()):
            some = numbers[first:last]
            ends = self._lengths.take(some).cumsum()
            whole = int(ends.searchsorted(MOST_WORDS, "right"))
            if whole < len(some):
                left = MOST_WORDS - (int(ends[whole - 1]) if whole else 0)
                words = self._words(found.piece(first + whole))[:left]
                some = np.append(some[:whole], np.int32(self._made(words)))
            kept.append(some)
            bounds.append(bounds[-1] + len(some))
        return np.concatenate(kept), bounds
