"""Items looked up at once, as arrays: which atoms stand in their texts, and where."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import pairwise

import numpy as np

from monitor.detect.hashing import Places
from monitor.detect.lexicon import Atom
from monitor.detect.pieces import Pieces
from monitor.detect.text import GAP
from monitor.model import Item


class PieceReading:
    """One of several items that were looked up; all is worked out when asked for."""

    def __init__(self, looked: "Looked", number: int) -> None:
        """Read an item by its number among them."""
        self._looked = looked
        self._number = number
        self._ordered: list[Atom] | None = None
        self._positions: list[int] = []
        """Those of one atom side by side, as in `_ordered`."""

    @cached_property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy."""
        first, last = self._looked.reach(self._number)
        return frozenset(self._looked.atoms[first:last].tolist())

    @property
    def lengths(self) -> Sequence[int]:
        """How many words each text has that is not empty."""
        return self._looked.lengths(self._number)

    def positions(self, atom: Atom) -> Sequence[int]:
        """Return where the words stand that satisfy an atom, in order."""
        if self._ordered is None:
            self._ordered = self._in_order()
        first = bisect_left(self._ordered, atom)
        return self._positions[first : bisect_right(self._ordered, atom, first)]

    def _in_order(self) -> list[Atom]:
        first, last = self._looked.reach(self._number)
        if first == last:
            return []
        atoms = self._looked.atoms[first:last]
        positions = self._looked.positions(slice(first, last))
        positions -= self._looked.base(self._number)
        order = atoms.argsort(kind="stable")
        self._positions = positions.take(order).tolist()
        return list(atoms.take(order).tolist())


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

    @property
    def atoms(self) -> Places:
        """The atoms that stand in the items, in the order of their words."""
        return self._asked.atoms

    @cached_property
    def items(self) -> Places:
        """In which of the items each atom stands."""
        sizes = [end - start for start, end in pairwise(self._starts)]
        return np.arange(len(sizes)).repeat(sizes).take(self._asked.rows)

    def positions(self, places: Places | slice) -> Places:
        """Return where the words of some atoms stand: all texts one after the other."""
        starts = self._places.take(self._asked.rows[places])
        return starts + self._asked.words[places]

    @cached_property
    def _places(self) -> Places:
        """The position of the first word of each piece, a gap between two texts."""
        lengths = self._pieces.lengths(self._numbers)
        places = lengths.cumsum(dtype=np.intp)
        places -= lengths
        sizes = [end - start for start, end in pairwise(self._bounds)]
        if sizes:
            places += np.arange(0, len(sizes) * GAP, GAP).repeat(sizes)
        return places

    def lengths(self, number: int) -> list[int]:
        """Return how many words each of an item's texts has."""
        first, last = self._firsts[number : number + 2]
        return [
            int(self._pieces.lengths(self._numbers[start:end]).sum())
            for start, end in pairwise(self._bounds[first : last + 1])
        ]

    def base(self, number: int) -> int:
        """Return the position at which one of the items begins."""
        return int(self._places[self._starts[number]])

    def reach(self, number: int) -> tuple[int, int]:
        """Return which atoms are one item's: the place of the first, and of the end."""
        bounds = self._starts[number : number + 2]
        first, last = self._asked.rows.searchsorted(bounds).tolist()
        return first, last

    def reading(self, number: int) -> PieceReading:
        """Return one of the items."""
        return PieceReading(self, number)
