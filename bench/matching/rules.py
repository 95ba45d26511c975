"""Rules as analysts write them, drawn from the words of a corpus.

Each has three entity terms, three context terms and a NEAR, and two words that must
not appear. Seven in ten have a phrase among the entities, five in ten a prefix.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from monitor.detect.text import words


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rule: any entity, and any context or both of `near`, and no `absent`.

    A term is a tuple of words; a last letter `*` makes a prefix of a single one.
    """

    entities: tuple[tuple[str, ...], ...]
    contexts: tuple[tuple[str, ...], ...]
    near: tuple[str, str, int]
    absent: tuple[str, ...]

    def query(self):
        """Return the rule in the language of rule packs."""
        entities = " OR ".join(map(_written, self.entities))
        contexts = " OR ".join(map(_written, self.contexts))
        one, two, reach = self.near
        absent = "".join(f" NOT {word}" for word in self.absent)
        return f"({entities}) AND ({contexts} OR {one} NEAR/{reach} {two}){absent}"


def _written(term):
    return term[0] if len(term) == 1 else f'"{" ".join(term)}"'


def frequencies(items):
    """Return in how many items each word appears."""
    counts = Counter()
    for one in items:
        counts.update(set(words(f"{one.title} {one.summary} {one.body}")))
    return counts


def draw(items, count, seed=5):
    """Return rules drawn from the words of items, those of one rule in one language."""
    chance = random.Random(seed)
    by_language = defaultdict(list)
    for one in items:
        by_language[one.lang].append(one)
    total = len(items)
    sources = [
        source
        for several in by_language.values()
        if len(several) >= total / 40
        for source in [_Source(several, total)]
        if source.enough
    ]
    weights = [source.items for source in sources]
    return [
        _rule(chance, chance.choices(sources, weights)[0], number)
        for number in range(count)
    ]


class _Source:
    """The words of one language: rare ones for entities, commoner ones for context."""

    def __init__(self, items, total):
        self.items = len(items)
        counts = frequencies(items)
        plain = sorted(w for w in counts if len(w) > 3 and w.isalpha())
        self.rare = [w for w in plain if 2 <= counts[w] <= max(6, total / 1500)]
        self.common = [w for w in plain if total / 1500 <= counts[w] <= total / 100]
        self.pairs = sorted(
            {
                (a, b)
                for one in items
                for a, b in pairwise(words(one.title))
                if min(counts[a], counts[b]) >= 2 and len(a) > 3 and len(b) > 3
                if max(counts[a], counts[b]) <= total / 100
                if a.isalpha() and b.isalpha()
            }
        )
        self.enough = min(len(self.rare), len(self.common), len(self.pairs)) >= 50


def _rule(chance, source, number):
    entities = [(chance.choice(source.rare),) for _ in range(3)]
    if number % 10 < 7:
        entities[0] = chance.choice(source.pairs)
    if number % 2:
        word = entities[1][0]
        if len(word) > 5:
            entities[1] = (word[: max(5, len(word) - 2)] + "*",)
    one, two = chance.sample(source.common, 2)
    return Wanted(
        entities=tuple(entities),
        contexts=tuple((chance.choice(source.common),) for _ in range(3)),
        near=(one, two, 6),
        absent=tuple(chance.sample(source.rare, 2)),
    )


def pack(rules):
    """Return the rules as the text of a rule pack."""
    lines = ["version: 1", "theme: bench", "rules:"]
    for number, rule in enumerate(rules):
        lines += [
            f"  - id: bench-{number}",
            f"    title: Bench rule {number}",
            "    severity: medium",
            f"    tags: [bench, group-{number % 20}]",
            "    match: >",
            f"      {rule.query()}",
            "    receivers: [desk]",
        ]
    return "\n".join(lines) + "\n"
