"""One item, as the clauses of one lexicon read it."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain

from monitor.detect.document import Document, Segment, attributes, scopes
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.reading import Reading, WordReading
from monitor.detect.text import ATTRIBUTES, GAP
from monitor.model import Item

ANYWHERE = "text"
"""The scope of a term without a field: all text, no attribute."""


class View:
    """One item, as the clauses of one lexicon read it."""

    def __init__(
        self, item: Item, lexicon: Lexicon, reading: Reading | None = None
    ) -> None:
        """Look at an item; what clauses ask for is worked out when they ask.

        `reading`: its texts, where they were looked up already.
        """
        self._item = item
        self.lexicon = lexicon
        self._document: Document | None = None
        if reading is None:
            reading = WordReading(self.document.segments, lexicon)
        self._reading = reading
        self.known: dict[int, bool] = {}
        """Whether a definition holds, by the id of its clause: rules share them."""
        self._shown: dict[tuple[int, int], tuple[str, int, int, str]] = {}

    @cached_property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the texts satisfy."""
        return self._reading.atoms

    @property
    def document(self) -> Document:
        """The item's words with their places, once a clause asks for one."""
        if self._document is None:
            self._document = Document(self._item)
        return self._document

    @property
    def words(self) -> frozenset[str]:
        """The words of the text fields."""
        return frozenset(chain.from_iterable(s.words for s in self.document.segments))

    def positions(self, atom: Atom, scope: str) -> Sequence[int]:
        """Return where in a scope the words stand that satisfy an atom, in order."""
        if scope in ATTRIBUTES:
            return self._attribute_positions(atom, scope)
        found = self._reading.positions(atom)
        if scope == ANYWHERE or not found:
            return found
        reaches = self._scopes[scope]
        return [p for p in found if any(p in reach for reach in reaches)]

    @cached_property
    def _attributes(self) -> Sequence[Segment]:
        lengths = self._reading.lengths
        return attributes(self._item, sum(lengths) + GAP * len(lengths))

    @cached_property
    def _scopes(self) -> Mapping[str, Sequence[range]]:
        return scopes(self._item, self._reading.lengths)

    def _attribute_positions(self, atom: Atom, scope: str) -> Sequence[int]:
        return [
            position
            for segment in self._attributes
            if segment.field == scope
            for position, word in enumerate(segment.words, segment.base)
            if atom in self.lexicon.atoms(word)
        ]

    def shown(self, first: int, last: int) -> tuple[str, int, int, str]:
        """Return the field, the offsets and the text of words, as published."""
        found = self._shown.get((first, last))
        if found is None:
            segment = self.document.segment(first)
            start, end = segment.offsets(first)
            if last > first:
                end = segment.offsets(last)[1]
            found = (segment.field, start, end, segment.text[start:end])
            self._shown[first, last] = found
        return found
