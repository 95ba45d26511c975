"""One item, as the clauses of one lexicon read it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain

from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.text import ATTRIBUTES, Document
from monitor.model import Item

ANYWHERE = "text"
"""The scope of a term without a field: all text, no attribute."""


class View:
    """One item, as the clauses of one lexicon read it."""

    def __init__(
        self, item: Item, lexicon: Lexicon, atoms: AbstractSet[Atom] | None = None
    ) -> None:
        """Look at an item; what clauses ask for is worked out when they ask.

        `atoms`, where they are known: all that the text satisfies, of those that any
        clause to come will ask for.
        """
        self._item = item
        self.lexicon = lexicon
        self._atoms = atoms
        self.known: dict[int, bool] = {}
        """Whether a definition holds, by the id of its clause: rules share them."""
        self._shown: dict[tuple[int, int], tuple[str, int, int, str]] = {}

    @cached_property
    def document(self) -> Document:
        """The item's words with their positions, once a clause asks for one."""
        return Document(self._item)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the text fields."""
        return frozenset(chain.from_iterable(s.words for s in self.document.segments))

    @cached_property
    def _patterns(self) -> dict[int, list[str]]:
        """The words that satisfy each pattern, by the pattern's number."""
        found: dict[int, list[str]] = {}
        memo = self.lexicon.memo
        for word in self.words:
            for number in memo[word]:
                found.setdefault(number, []).append(word)
        return found

    @property
    def atoms(self) -> AbstractSet[Atom]:
        """Every atom that the text satisfies and that may be asked for."""
        if self._atoms is None:
            self._atoms = self.words | self._patterns.keys()
        return self._atoms

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for segment in self.document.segments:
            for position, word in enumerate(segment.words, segment.base):
                if word in index:
                    index[word].append(position)
                else:
                    index[word] = [position]
        return index

    def positions(self, atom: Atom, scope: str) -> Sequence[int]:
        """Return where in a scope the words stand that satisfy an atom, in order."""
        if scope in ATTRIBUTES:
            return self._attribute_positions(atom, scope)
        if isinstance(atom, str):
            found: Sequence[int] = self._index.get(atom, ())
        else:
            words = self._patterns.get(atom, ())
            found = sorted(chain.from_iterable(map(self._index.__getitem__, words)))
        if scope == ANYWHERE or not found:
            return found
        reaches = self.document.scope(scope)
        return [p for p in found if any(p in reach for reach in reaches)]

    def _attribute_positions(self, atom: Atom, scope: str) -> Sequence[int]:
        return [
            position
            for segment in self.document.attributes
            if segment.field == scope
            for position, word in enumerate(segment.words, segment.base)
            if word == atom or (atom in self.lexicon.memo[word])
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
