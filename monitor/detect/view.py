"""One item, as the clauses of one lexicon read it."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.text import ATTRIBUTES, TEXT_FIELDS, Document

ANYWHERE = "text"
"""The scope of a term without a field: all text, no attribute."""


class View:
    """One item, as the clauses of one lexicon read it."""

    def __init__(self, document: Document, lexicon: Lexicon) -> None:
        """Look at a document; what clauses ask for is worked out when they ask."""
        self.document = document
        self.lexicon = lexicon

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the text fields."""
        return frozenset(
            chain.from_iterable(
                segment.words
                for segment in self.document.segments
                if segment.field in TEXT_FIELDS
            )
        )

    @cached_property
    def _patterns(self) -> dict[int, list[str]]:
        """The words that satisfy each pattern, by the pattern's number."""
        found: dict[int, list[str]] = {}
        numbers = self.lexicon.numbers
        for word in self.words:
            for number in numbers(word):
                found.setdefault(number, []).append(word)
        return found

    @cached_property
    def atoms(self) -> frozenset[Atom]:
        """Every atom that the text satisfies."""
        return self.words | self._patterns.keys()

    @cached_property
    def all_atoms(self) -> frozenset[Atom]:
        """Every atom that the text or an attribute satisfies."""
        found: set[Atom] = set(self.atoms)
        for segment in self.document.segments:
            if segment.field in ATTRIBUTES:
                for word in segment.words:
                    found.add(word)
                    found.update(self.lexicon.numbers(word))
        return frozenset(found)

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for segment in self.document.segments:
            if segment.field in TEXT_FIELDS:
                for position, word in enumerate(segment.words, segment.base):
                    index.setdefault(word, []).append(position)
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
            for segment in self.document.segments
            if segment.field == scope
            for position, word in enumerate(segment.words, segment.base)
            if word == atom or (atom in self.lexicon.numbers(word))
        ]
