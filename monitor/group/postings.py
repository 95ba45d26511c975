"""Which stories have which words, and which share the most weight with a report; pure.

An inverted index (Zobel and Moffat 2006): each word leads to the stories that have it, the
last ones only, so that a look-up has a bound however many there are. A story is a number
of four bytes here, and what a word leads to is one run of them: a window of many stories
fits into the processor's cache more often than one of objects does.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, repeat

import numpy as np

_MOST = 200
"""Stories that a word leads to."""
_LOOKED_UP = 14
"""The rarest words of a report, which are looked up."""
_COMMON = 48
"""Stories from which on a word only counts for those that a rarer word has found."""

_BYTES = 4
"""Of a story's number."""

_Row = bytearray
"""Numbers of stories in the order in which they were last reported of."""
_Told = tuple[_Row, float]
"""The stories that a word leads to, and what it weighs."""
_Shared = dict[int, float]
"""What stories share with a report, by their numbers."""


class Postings:
    """An inverted index of the stories of a window."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[str, _Row] = {}
        self._numbers: dict[str, bytes] = {}
        self._filed: dict[str, list[Collection[str]]] = {}
        self._stories: list[str] = []
        self._free: list[bytes] = []
        self._found = np.zeros(1024, dtype=np.bool_)
        """By number: whether a look-up has found the story; all false between two."""

    def __len__(self) -> int:
        """Return how many words lead to a story."""
        return len(self._rows)

    def file(self, story_id: str, words: Collection[str]) -> None:
        """Let words lead to a story, beside those that do."""
        number = self._numbers.get(story_id)
        known = number is not None
        if number is None:
            number = self._numbers[story_id] = self._enter(story_id)
            self._filed[story_id] = []
        self._filed[story_id].append(words)
        rows = self._rows
        for word in words:
            row = rows.get(word)
            if row is None:
                rows[word] = bytearray(number)
                continue
            if known:
                _leave(row, number)
            row += number
            if len(row) > _MOST * _BYTES:
                del row[:_BYTES]

    def _enter(self, story_id: str) -> bytes:
        if self._free:
            number = self._free.pop()
            self._stories[int.from_bytes(number, sys.byteorder)] = story_id
            return number
        self._stories.append(story_id)
        if len(self._stories) > len(self._found):
            self._found = np.zeros(2 * len(self._found), dtype=np.bool_)
        return (len(self._stories) - 1).to_bytes(_BYTES, sys.byteorder)

    def end(self, story_id: str) -> None:
        """Let no word lead to a story any more."""
        number = self._numbers.pop(story_id, None)
        if number is None:
            return
        for word in chain.from_iterable(self._filed.pop(story_id)):
            row = self._rows.get(word)
            if row is not None:
                _leave(row, number)
                if not row:
                    del self._rows[word]
        self._free.append(number)

    def sharing(self, weights: Mapping[str, float], many: int) -> list[str]:
        """Return the stories that share the most weight in rare words, most first.

        At most `many`. A word that is in many stories finds none beside `many` others.
        """
        rows = self._rows
        known = [(-weight, word) for word, weight in weights.items() if word in rows]
        rare: list[_Told] = []
        common: list[_Told] = []
        for less, word in sorted(known)[:_LOOKED_UP]:
            row = rows[word]
            (rare if len(row) < _COMMON * _BYTES else common).append((row, -less))
        shared: _Shared = {}
        _add(rare, shared)
        while common and len(shared) < many:
            _add([common.pop(0)], shared)
        if common:
            self._add_where_found(common, shared)
        return _most(shared, self._stories, many)

    def _add_where_found(self, common: Sequence[_Told], shared: _Shared) -> None:
        """Add what common words weigh, to the stories that are found already."""
        found = np.array(list(shared), np.intp)
        self._found[found] = True
        numbers = np.frombuffer(b"".join([row for row, _ in common]), np.uint32)
        at = self._found[numbers].nonzero()[0]
        each = np.array([weight for _, weight in common])
        weights = each.repeat([len(row) // _BYTES for row, _ in common])[at]
        for number, weight in zip(numbers[at].tolist(), weights.tolist(), strict=True):
            shared[number] += weight
        self._found[found] = False


def _add(told: Sequence[_Told], shared: _Shared) -> None:
    """Add what words weigh, to all stories that they lead to."""
    numbers = memoryview(b"".join([row for row, _ in told])).cast("I")
    weights = [repeat(weight, len(row) // _BYTES) for row, weight in told]
    for number, weight in zip(numbers, chain.from_iterable(weights), strict=True):
        shared[number] = shared.get(number, 0.0) + weight


def _leave(row: _Row, number: bytes) -> None:
    """Take a story's number out of a row, if it is there."""
    at = row.find(number)
    while at % _BYTES and at >= 0:
        at = row.find(number, at + 1)
    if at >= 0:
        del row[at : at + _BYTES]


def _most(shared: _Shared, stories: Sequence[str], many: int) -> list[str]:
    """Return what weighs most, most first; of equals, the lesser id."""
    least = 0.0
    if len(shared) > many:
        least = sorted(shared.values(), reverse=True)[many - 1]
    found = [(-weight, stories[n]) for n, weight in shared.items() if weight >= least]
    return [story_id for _, story_id in sorted(found)[:many]]
