"""Words side by side: of a phrase not its words are looked up, but two at once.

Its words may be common and stand in every second text; the two of them in a row are
rare. So all rules with a phrase of two words are decided by one look-up.
"""

from collections.abc import Callable, Mapping

import numpy as np

from monitor.detect.hashing import Numbers, Places
from monitor.detect.lexicon import Atom

_FIRST, _SECOND = 1, 2
_SPREAD = 0x9E3779B1
_THINNESS = 16
"""Of so many places in the filter one is in use, or fewer."""


class Pairs:
    """Which two atoms make a pair, and the number of each pair."""

    def __init__(self, numbers: Mapping[tuple[Atom, Atom], int], atoms: int) -> None:
        """Take the numbers of some pairs; `atoms`: how many there are from 0 on."""
        self._atoms = atoms
        self._parts = np.zeros(atoms, np.uint8)
        """Of each atom whether it is the first of a pair, the second, or both."""
        given = np.array([*numbers], np.intp).reshape(len(numbers), 2)
        first, second = given[:, 0], given[:, 1]
        self._parts[first] |= _FIRST
        self._parts[second] |= _SECOND
        keys = first * atoms + second
        order = keys.argsort()
        self._keys = keys.take(order)
        self._numbers = np.array([*numbers.values()], np.int32).take(order)
        self._mask = (1 << (_THINNESS * len(keys)).bit_length()) - 1
        self._filter = np.zeros(self._mask + 1, np.bool_)
        """Whether any key falls into a place: most do not, and need no search."""
        self._filter[self._slots(keys)] = True

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self._keys)

    def _slots(self, keys: Places) -> Places:
        return (keys * _SPREAD >> 16) & self._mask

    def among(
        self, atoms: Places, positions: Callable[[Places], Places]
    ) -> tuple[Numbers, Places]:
        """Return the pairs that stand in a text, and for each the place of its first.

        `atoms` are those of its words, in order, and places are those in this array;
        `positions` returns where in the text the words of some of them stand.
        """
        parts = self._parts.take(atoms)
        places = parts.nonzero()[0]
        parts, stand = parts.take(places), positions(places)
        first = (parts & _FIRST).nonzero()[0]
        following = stand.take(first) + 1
        begins = stand.searchsorted(following)
        counts = stand.searchsorted(following, "right") - begins
        # The atoms of the next word, of each first one after the other.
        skipped = begins - counts.cumsum() + counts
        first = places.take(first.repeat(counts))
        second = places.take(np.arange(len(first)) + skipped.repeat(counts))
        keys = atoms.take(first) * self._atoms + atoms.take(second)
        likely = self._filter.take(self._slots(keys)).nonzero()[0]
        keys, first = keys.take(likely), first.take(likely)
        found = self._keys.searchsorted(keys)
        right = (self._keys.take(found, mode="clip") == keys).nonzero()[0]
        return self._numbers.take(found.take(right)), first.take(right)
