"""A report as it is compared: weighted words, names and numbers of its texts."""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from monitor.group import places
from monitor.group.contradictions import Claims, claims
from monitor.group.fingerprints import (
    STEM,
    capitals,
    fold,
    headline,
    issues,
    latin,
    name_key,
    named_within,
    number,
    spelled,
)
from monitor.group.lexicon import concepts, unelided
from monitor.group.meaning import Meaning
from monitor.model import Item

_SUMMARY_LETTERS = 900
_SUMMARY_WORDS = 80
_TITLE_WEIGHT = 2
_MOST_WORDS = 50_000
"""Words of a language that are remembered."""
_MOST_OFTEN = 63
_OFTEN = (0.0, *(1.0 + math.log(count) for count in range(1, _MOST_OFTEN + 1)))
"""What a word weighs for occurring so often, at most that often."""
_PRIOR = 2000.0
"""As many items are imagined beside the window, with the usual share of each word."""
_RARE = 1 / 20_000
"""The share of items that a word is in of which nothing is known."""
_UNHEARD = _PRIOR * _RARE + 0.5


_SAYING = 3.5
"""What a word weighs at least to say something; known meanings and places always do."""

Shared = Sequence[tuple[str, float]]
"""Words that a text may have in common with others, and what they weigh in it."""


class Vector(NamedTuple):
    """Words and their weights, with the length that cosines divide by."""

    weights: Mapping[str, float]
    length: float
    total: float
    """What all words weigh together; 1 where there are none."""

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Vector":
        """Return the vector of these weights."""
        values = weights.values()
        length = math.sqrt(sum([weight * weight for weight in values]))
        return cls(weights, length or 1.0, sum(values) or 1.0)

    def cosine(self, other: "Vector") -> float:
        """Return how alike two texts are, 0 to 1."""
        one, two = self.weights, other.weights
        shared = one.keys() & two.keys()
        if not shared:
            return 0.0
        # Exact, so that the order of a set cannot change a decision.
        dot = math.fsum([one[word] * two[word] for word in shared])
        return dot / (self.length * other.length)

    def cosines(self, others: Iterable["Vector"], shared: Shared) -> list[float]:
        """Return how alike each of some texts is; `shared` has all words in common."""
        found = []
        for other in others:
            theirs, dot = other.weights, 0.0
            for word, weight in shared:
                if word in theirs:
                    dot += weight * theirs[word]
            found.append(dot / (self.length * other.length))
        return found


_NOTHING: frozenset[str] = frozenset()
"""One for all: most reports name no issue, and many no place."""


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
    issues: frozenset[str]
    """Days and numbers of an issue that the title names: `6 4` of 6 April, `472`."""
    claims: Claims
    """What another report on the same event would not contradict."""
    summarised: bool
    """Whether it has a text beside its title."""
    saying: tuple[str, ...] = ()
    """The words of its title that say what happened; how many it befell may change."""
    named_within: frozenset[str] = frozenset()
    """First letters of the names in its title, beyond the first word."""
    named: float = 0.0
    """What its names weigh together."""
    meaning: Meaning | None = None
    """Where an encoder is at hand."""


@lru_cache(maxsize=1)
def commonness() -> Mapping[str, float]:
    """Return the share of headlines that common words are in."""
    text = files("monitor.group").joinpath("commonness.json").read_text("utf-8")
    return {word: share / 1e5 for word, share in json.loads(text).items()}


@lru_cache(maxsize=1)
def _expected() -> Mapping[str, float]:
    """Return in how many of the imagined items common words are, and a half."""
    return {word: _PRIOR * share + 0.5 for word, share in commonness().items()}


class Frequencies:
    """In how many items of the window a word is, beside what is usual."""

    def __init__(self) -> None:
        """Begin with what is usual."""
        self.items = 0
        self._counts: Counter[str] = Counter()
        self._usual = _expected()

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

    def weights(self, words: Iterable[str]) -> dict[str, float]:
        """Return how much words tell: their inverse document frequency, where above 0."""
        counts, usual, log = self._counts, self._usual, math.log
        most = log(self.items + _PRIOR)
        found = {}
        for word in words:
            seen = counts.get(word, 0) + usual.get(word, _UNHEARD)
            weight = most - log(seen)
            if weight > 0:
                found[word] = weight
        return found


def report_of(
    item: Item, frequencies: Frequencies, meaning: Meaning | None = None
) -> Report:
    """Weigh an item's words by how rare they are now; ValueError without a moment."""
    if item.moment is None:
        raise ValueError(f"{item.id} has no moment")
    summary = (item.summary or item.body)[:_SUMMARY_LETTERS]
    shown, said = headline(item.title), fold(summary)
    above, below = capitals(item.title), capitals(summary)
    in_title = places.among(above)
    where = in_title | places.among(below)
    title = Counter(compared(shown, item.lang, where))
    text = Counter(compared(said, item.lang, where)[:_SUMMARY_WORDS])
    for word, count in title.items():
        text[word] = text.get(word, 0) + _TITLE_WEIGHT * count
    keys = {name_key(word): None for word in (*above, *below)}
    told = frequencies.weights([*text, *keys])
    names = {key: told[key] for key in keys if key in told}
    of_title = _vector(title, told)
    return Report(
        item_id=item.id,
        moment=item.moment,
        lang=item.lang,
        source=item.source,
        title=of_title,
        text=_vector(text, told),
        names=names,
        places=frozenset(in_title.values()) or _NOTHING,
        issues=issues(shown) or _NOTHING,
        claims=claims(item.title, summary, item.lang),
        summarised=bool(item.title and summary),
        saying=tuple(_saying(of_title)),
        named_within=named_within(item.title) or _NOTHING,
        named=math.fsum(names.values()),
        meaning=meaning,
    )


def compared(folded: str, lang: str, where: Mapping[str, str]) -> list[str]:
    """Return the words of a folded text as they are compared across languages.

    A place is `@UA/Odesa`, a word whose meaning is known `#detain`, another one its
    beginning in Latin letters. `where` has the places that the text names.
    """
    known = _readings(lang)
    read = [known[word] for word in spelled(unelided(folded, lang))]
    # A sign that has no letter of its own in Latin, "ъ", is no word.
    if not where:
        return [token for _, token in read if token]
    found: list[str] = []
    for plain, token in read:
        if plain not in where:
            found += [token] if token else []
            continue
        country, _, city = where[plain].partition("/")
        # "Minsk" is Belarus too.
        found += [f"@{country}/{city}", f"@{country}"] if city else [f"@{country}"]
    return found


class _Readings(dict[str, tuple[str, str]]):
    """Words of one language: each in Latin letters, and as what it is compared."""

    def __init__(self, lang: str) -> None:
        self._concepts = concepts(lang)

    def __missing__(self, word: str) -> tuple[str, str]:
        if len(self) >= _MOST_WORDS:
            self.clear()
        if word[0].isdigit():
            read = word, number(word)
        else:
            plain = latin(word)
            token = self._concepts.look_up(word) or plain[:STEM]
            read = plain, sys.intern(token)
        self[word] = read
        return read


@lru_cache(maxsize=32)
def _readings(lang: str) -> _Readings:
    return _Readings(lang)


def _saying(title: Vector) -> list[str]:
    return [
        word
        for word, weight in title.weights.items()
        if (weight >= _SAYING or word[0] in "#@")
        and len(word) > 1
        and not word[0].isdigit()
    ]


def _vector(words: Mapping[str, int], told: Mapping[str, float]) -> Vector:
    """Weigh words by how often they occur, and by how much each tells."""
    weights = {
        word: _OFTEN[min(count, _MOST_OFTEN)] * weight
        for word, count in words.items()
        if (weight := told.get(word))
    }
    return Vector.of(weights)
