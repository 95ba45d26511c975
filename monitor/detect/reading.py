"""One item as rules read it: which atoms stand in its texts, and where."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import pairwise
from typing import Protocol

import numpy as np

from monitor.detect.document import Segment
from monitor.detect.hashing import Numbers, Places
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.pieces import Asked, Pieces
from monitor.detect.text import GAP
from monitor.model import Item


class Reading(Protocol):
    """What clauses ask of an item's texts."""

    @property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy, of those that are asked for."""
        ...

    def positions(self, atom: Atom) -> Sequence[int]:
        """Return where the words stand that satisfy an atom, in order."""
        ...


class WordReading:
    """The words of an item's text fields, one by one."""

    def __init__(self, segments: Sequence[Segment], lexicon: Lexicon) -> None:
        """Look up every word."""
        self._index: dict[Atom, list[int]] = defaultdict(list)
        for segment in segments:
            for position, word in enumerate(segment.words, segment.base):
                for atom in lexicon.atoms(word):
                    self._index[atom].append(position)

    @property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy."""
        return self._index.keys()

    def positions(self, atom: Atom) -> Sequence[int]:
        """Return where the words stand that satisfy an atom, in order."""
        return self._index.get(atom, ())


class PieceReading:
    """An item's texts, looked up; places are worked out when asked for."""

    def __init__(self, asked: Asked, starts: Callable[[], Numbers]) -> None:
        """Take what is asked of the pieces; `starts`: where these begin."""
        self._asked = asked
        self._starts = starts
        self._atoms: AbstractSet[Atom] | None = None
        self._ordered: list[Atom] | None = None
        self._positions: list[int] = []
        """Those of one atom side by side, as in `_ordered`."""

    @property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy."""
        if self._atoms is None:
            self._atoms = frozenset(self._asked.atoms.tolist())
        return self._atoms

    def positions(self, atom: Atom) -> Sequence[int]:
        """Return where the words stand that satisfy an atom, in order."""
        if self._ordered is None:
            self._ordered = self._in_order()
        first = bisect_left(self._ordered, atom)
        return self._positions[first : bisect_right(self._ordered, atom, first)]

    def _in_order(self) -> list[Atom]:
        asked = self._asked
        order = asked.atoms.argsort(kind="stable")
        positions = self._starts().take(asked.rows) + asked.words
        self._positions = positions.take(order).tolist()
        return list(asked.atoms.take(order).tolist())


class Looked:
    """The texts of several items, looked up at once."""

    def __init__(self, pieces: Pieces, items: Sequence[Item]) -> None:
        """Look up the texts of some items."""
        texts: list[str] = []
        firsts = [0]
        for item in items:
            texts += filter(None, (item.title, item.summary, item.body))
            firsts.append(len(texts))
        self._pieces = pieces
        self._firsts = firsts
        """The number of each item's first text, and of the end."""
        self._numbers, self._bounds = pieces.look(texts)
        """Of the pieces, one text after the other; the place of each text's first."""
        self._starts = [self._bounds[first] for first in firsts]
        """The place of each item's first piece, and of the end."""
        self._asked = pieces.asked(self._numbers)

    def present(self) -> tuple[Places, Places]:
        """Return the atoms that stand in the items, and in which of them each does."""
        sizes = [end - start for start, end in pairwise(self._starts)]
        items = np.arange(len(sizes)).repeat(sizes)
        return self._asked.atoms, items.take(self._asked.rows)

    def reading(self, number: int) -> PieceReading:
        """Return one of the items."""
        start, end = self._starts[number : number + 2]
        first, last = self._asked.rows.searchsorted((start, end)).tolist()
        asked = self._asked
        own = Asked(
            asked.atoms[first:last],
            asked.rows[first:last] - start,
            asked.words[first:last],
        )
        return PieceReading(own, partial(self._places, number))

    def _places(self, number: int) -> Numbers:
        """Return the position of the first word of each of an item's pieces."""
        start, end = self._starts[number : number + 2]
        lengths = self._pieces.lengths(self._numbers[start:end])
        places = lengths.cumsum()
        places -= lengths
        fields = self._bounds[self._firsts[number] + 1 : self._firsts[number + 1]]
        for field in fields:
            places[field - start :] += GAP
        return places
