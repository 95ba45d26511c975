"""Which of many rules come into question for items.

Each rule is filed under the rarest words without which it cannot hold (`gates`). The
words of an item call up the rules filed under them; other words that a rule needs
throw most of these out again; only what is left is evaluated.
So the cost of an item grows with the rules that might fire on it, not with all there
are, and text that calls up nothing is not even looked at for its positions.
"""

from collections.abc import Iterable, Iterator, Sequence

from monitor.detect.clauses import Clause
from monitor.detect.gates import Frequencies
from monitor.detect.index import Called, Index
from monitor.detect.lexicon import Lexicon
from monitor.detect.looked import Looked
from monitor.detect.pieces import Pieces
from monitor.detect.reading import Reading
from monitor.model import Item

_MOST_ITEMS = 32
"""That are looked up at once."""
_MOST_LETTERS = 16_000
"""In them."""
_MOST_PIECES = 400_000
"""Pieces of text that are remembered; when there are more, it begins anew."""
_LESSONS = (200, 2_000)
"""After how many items the rules are filed anew."""
_MANY_RULES = 2_000
"""From so many on they are filed anew once: that costs a second, for ten thousand."""


class Percolator:
    """An index of rules, which learns from the first items which words are common."""

    def __init__(self, clauses: Sequence[Clause], lexicon: Lexicon) -> None:
        """File the clauses of rules; each must have gates (ValueError else)."""
        self.frequencies = Frequencies()
        self.most_pieces = _MOST_PIECES
        self._clauses = clauses
        self._lexicon = lexicon
        self._pieces = Pieces(lexicon)
        self._index = Index(clauses, lexicon, self.frequencies)
        many = len(clauses) >= _MANY_RULES
        self._lessons: Sequence[int] = _LESSONS[-1:] if many else _LESSONS

    def called(self, items: Sequence[Item]) -> Iterator[tuple[Called, Reading]]:
        """Yield for each item the rules that come into question, and its reading."""
        for batch in _batches(items):
            if len(self._pieces) > self.most_pieces:
                self._pieces = Pieces(self._lexicon)
            looked = Looked(self._pieces, batch)
            readings = [looked.reading(number) for number in range(len(batch))]
            if self._lessons:
                self._learn(readings)
            called = self._index.candidates(batch, looked)
            yield from zip(called, readings, strict=True)

    def _learn(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            self.frequencies.count(reading.atoms)
        if self.frequencies.items >= self._lessons[0]:
            self._lessons = self._lessons[1:]
            self._index = Index(self._clauses, self._lexicon, self.frequencies)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield items in lists whose texts are not too much for the nearest memory."""
    first = letters = 0
    for number, item in enumerate(items):
        length = len(item.title) + len(item.summary) + len(item.body)
        letters += length
        if number > first and (
            letters > _MOST_LETTERS or number - first == _MOST_ITEMS
        ):
            yield items[first:number]
            first, letters = number, length
    if first < len(items):
        yield items[first:]
