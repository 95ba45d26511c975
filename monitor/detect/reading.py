"""One item as rules read it: of each piece of its text, what some rule asks of it.

A *piece* is a run of text between white space. Of most, rules ask nothing, and one
`Piece` stands for all of those; each of the others knows its atoms and the rules that
are filed under them. So an item is a list of pieces, made by one look-up each, and the
set of them is what stands in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, compress
from operator import attrgetter

from monitor.detect.lexicon import Atom, Piece
from monitor.detect.text import GAP, MOST_WORDS


class Reading:
    """The pieces of an item's texts, field after field, and what stands where."""

    __slots__ = ("_atoms", "_fields", "_index", "pieces")

    def __init__(self, fields: Sequence[list[Piece]]) -> None:
        """Take a list of pieces for each text field that is not empty."""
        self.pieces = set[Piece]().union(*fields)
        """What stands in the texts, of what is asked for."""
        self._fields = fields
        self._atoms: set[Atom] | None = None
        self._index: Mapping[Atom, list[int]] | None = None

    @property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy, of those that are asked for."""
        if self._atoms is None:
            self._atoms = set[Atom]().union(*[piece.atoms for piece in self.pieces])
        return self._atoms

    def positions(self, atom: Atom) -> Sequence[int]:
        """Return where the words stand that satisfy an atom, in order."""
        if self._index is None:
            self._index = _index(self._fields)
        return self._index.get(atom, ())


def _index(fields: Sequence[list[Piece]]) -> Mapping[Atom, list[int]]:
    index: dict[Atom, list[int]] = defaultdict(list)
    base = 0
    for pieces in fields:
        words = list(chain.from_iterable(map(_words, pieces)))
        places = range(base, base + len(words))
        # Of most words nothing is asked: those are passed over without a step each.
        for position, atoms in zip(
            compress(places, words), filter(None, words), strict=True
        ):
            for atom in atoms:
                index[atom].append(position)
        base += len(words) + GAP
    return index


_words = attrgetter("words")


def shortened(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces that hold the words that are read of a field: the first."""
    read: list[Piece] = []
    count = 0
    for piece in pieces:
        if count + len(piece.words) > MOST_WORDS:
            # What is filed under its other words calls up too much, never too little.
            read.append(Piece(piece.words[: MOST_WORDS - count], piece.filed))
            break
        read.append(piece)
        count += len(piece.words)
    return read
