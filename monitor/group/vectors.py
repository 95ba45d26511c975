"""A report as it is compared: weighted words, names and numbers of its texts."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from monitor.group import places
from monitor.group.fingerprints import (
    capitalised,
    fold,
    headline,
    latin,
    numbers,
    stems,
)
from monitor.model import Item

_SUMMARY_LETTERS = 900
_SUMMARY_WORDS = 80
_TITLE_WEIGHT = 2
_PRIOR = 2000.0
"""As many items are imagined beside the window, with the usual share of each word."""
_RARE = 1 / 20_000
"""The share of items that a word is in of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Vector:
    """Words and their weights, with the length that cosines divide by."""

    weights: Mapping[str, float]
    length: float

    def cosine(self, other: "Vector") -> float:
        """Return how alike two texts are, 0 to 1."""
        one, two = self.weights, other.weights
        shared = one.keys() & two.keys()
        if not shared:
            return 0.0
        # Exact, so that the order of a set cannot change a decision.
        dot = math.fsum([one[word] * two[word] for word in shared])
        return dot / (self.length * other.length)


@dataclass(frozen=True, slots=True)
class Report:
    """An item as the window compares it."""

    item_id: str
    moment: datetime
    lang: str
    source: str
    title: Vector
    text: Vector
    """Title and summary."""
    names: Mapping[str, float]
    """Beginnings of capitalised words in Latin letters, with their weights."""
    places: frozenset[str]
    """That the title names."""
    title_numbers: frozenset[str]
    numbers: frozenset[str]


@lru_cache(maxsize=1)
def commonness() -> Mapping[str, float]:
    """Return the share of headlines that common words are in."""
    text = files("monitor.group").joinpath("commonness.json").read_text("utf-8")
    return {word: share / 1e5 for word, share in json.loads(text).items()}


class Frequencies:
    """In how many items of the window a word is, beside what is usual."""

    def __init__(self) -> None:
        """Begin with what is usual."""
        self.items = 0
        self._counts: Counter[str] = Counter()
        self._usual = commonness()

    def count(self, words: Iterable[str]) -> None:
        """Count an item's words."""
        self.items += 1
        self._counts.update(words)

    def discount(self, words: Iterable[str]) -> None:
        """Forget an item's words."""
        self.items -= 1
        for word in words:
            left = self._counts[word] - 1
            if left > 0:
                self._counts[word] = left
            else:
                del self._counts[word]

    def weight(self, word: str) -> float:
        """Return how much a word tells: its inverse document frequency, 0 or more."""
        usual = _PRIOR * self._usual.get(word, _RARE)
        seen = self._counts.get(word, 0) + usual + 0.5
        return max(math.log((self.items + _PRIOR) / seen), 0.0)


def report_of(item: Item, frequencies: Frequencies) -> Report:
    """Weigh an item's words by how rare they are now; ValueError without a moment."""
    if item.moment is None:
        raise ValueError(f"{item.id} has no moment")
    summary = (item.summary or item.body)[:_SUMMARY_LETTERS]
    shown, said = headline(item.title), fold(summary)
    title = Counter(stems(latin(shown)))
    text = Counter(stems(latin(said))[:_SUMMARY_WORDS])
    for word, count in title.items():
        text[word] += _TITLE_WEIGHT * count
    weigh = frequencies.weight
    names = {key: weigh(key) for key in capitalised(f"{item.title}\n{summary}")}
    in_title = numbers(shown)
    return Report(
        item_id=item.id,
        moment=item.moment,
        lang=item.lang,
        source=item.source,
        title=_vector(title, frequencies),
        text=_vector(text, frequencies),
        names={key: weight for key, weight in names.items() if weight > 0},
        places=places.named(item.title),
        title_numbers=in_title,
        numbers=in_title | numbers(said),
    )


def _vector(words: Mapping[str, int], frequencies: Frequencies) -> Vector:
    weigh = frequencies.weight
    weights = {w: (1.0 + math.log(n)) * weigh(w) for w, n in words.items()}
    weights = {word: weight for word, weight in weights.items() if weight > 0}
    return Vector(weights, math.sqrt(sum(w * w for w in weights.values())) or 1.0)
