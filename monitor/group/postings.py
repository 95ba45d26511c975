"""Which stories have which words, and which share the most weight with a report; pure.

An inverted index (Zobel and Moffat 2006): each word leads to the stories that have it, the
last ones only, so that a look-up has a bound however many there are.
"""

from collections.abc import Collection, Mapping
from itertools import chain, compress

_MOST = 200
"""Stories that a word leads to."""
_LOOKED_UP = 14
"""The rarest words of a report, which are looked up."""
_COMMON = 48
"""Stories from which on a word only counts for those that a rarer word has found."""

_Row = dict[str, None]
"""Stories in the order in which they were last reported of."""


class Postings:
    """An inverted index of the stories of a window."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[str, _Row] = {}
        self._filed: dict[str, list[Collection[str]]] = {}

    def __len__(self) -> int:
        """Return how many words lead to a story."""
        return len(self._rows)

    def file(self, story_id: str, words: Collection[str]) -> None:
        """Let words lead to a story, beside those that do."""
        self._filed.setdefault(story_id, []).append(words)
        rows = self._rows
        for word in words:
            row = rows.get(word)
            if row is None:
                rows[word] = {story_id: None}
                continue
            row.pop(story_id, None)
            row[story_id] = None
            if len(row) > _MOST:
                del row[next(iter(row))]

    def end(self, story_id: str) -> None:
        """Let no word lead to a story any more."""
        for word in chain.from_iterable(self._filed.pop(story_id, ())):
            row = self._rows.get(word)
            if row is not None:
                row.pop(story_id, None)
                if not row:
                    del self._rows[word]

    def sharing(self, weights: Mapping[str, float], many: int) -> list[str]:
        """Return the stories that share the most weight in rare words, most first.

        At most `many`. A word that is in many stories finds none beside `many` others.
        """
        rows = self._rows
        known = [(-weight, word) for word, weight in weights.items() if word in rows]
        shared: dict[str, float] = {}
        for less, word in sorted(known)[:_LOOKED_UP]:
            row = rows[word]
            if len(row) < _COMMON or len(shared) < many:
                for story_id in row:
                    shared[story_id] = shared.get(story_id, 0.0) - less
            else:
                for story_id in compress(shared, map(row.__contains__, shared)):
                    shared[story_id] -= less
        return _most(shared, many)


def _most(shared: Mapping[str, float], many: int) -> list[str]:
    """Return what weighs most, most first; of equals, the lesser id."""
    least = 0.0
    if len(shared) > many:
        least = sorted(shared.values(), reverse=True)[many - 1]
    found = [(-weight, one) for one, weight in shared.items() if weight >= least]
    return [one for _, one in sorted(found)[:many]]
