"""One item as rules read it: which atoms stand in its texts, and where."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from monitor.detect.document import Segment
from monitor.detect.lexicon import Atom, Lexicon


class Reading(Protocol):
    """What clauses ask of an item's texts."""

    @property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy, of those that are asked for."""
        ...

    @property
    def lengths(self) -> Sequence[int]:
        """How many words each text has that is not empty."""
        ...

    def positions(self, atom: Atom) -> Sequence[int]:
        """Return where the words stand that satisfy an atom, in order."""
        ...


class WordReading:
    """The words of an item's text fields, one by one."""

    def __init__(self, segments: Sequence[Segment], lexicon: Lexicon) -> None:
        """Look up every word."""
        self.lengths: Sequence[int] = [len(segment) for segment in segments]
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
