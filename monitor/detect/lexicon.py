"""The words that rules ask for, and which of them a word of an item is.

An *atom* is the number, from 0, of what a rule can ask of one word: to be a certain
word, or to fit a pattern. Patterns are tried once a word and remembered: after the
first sight of a word, wildcards and inflection cost one look-up.
"""

import re
from collections import defaultdict
from collections.abc import Callable

from monitor.detect import inflection
from monitor.detect.memo import Memo

Atom = int

_FILED_BY = 3
"""Letters."""


_Fits = Callable[[str], bool]


class _Wild:
    """A word with wildcards, compiled when the first word is tried."""

    __slots__ = ("_match", "_word")

    def __init__(self, word: str) -> None:
        self._word = word
        self._match: Callable[[str], re.Match[str] | None] | None = None

    def fits(self, word: str) -> bool:
        if self._match is None:
            pattern = re.escape(self._word).replace(r"\*", ".*").replace(r"\?", ".")
            self._match = re.compile(pattern, re.DOTALL).fullmatch
        return self._match(word) is not None


class Lexicon:
    """All words and patterns that a set of rules asks for, numbered."""

    def __init__(self) -> None:
        self._words: dict[str, Atom] = {}
        self._numbers: dict[str, Atom] = {}
        self._prefixes: dict[str, int] = {}
        self._filed: dict[str, list[tuple[_Fits, Atom]]] = defaultdict(list)
        """Other patterns by the letters that all their words begin with, three at most."""
        self._heads: dict[str, tuple[int, ...]] = {}
        """What the prefixes begin with, and how long those with that beginning are."""
        self._fitting: Memo[tuple[Atom, ...]] = Memo(self._find)
        """For a folded word the patterns that it fits."""

    def __len__(self) -> int:
        return len(self._words) + len(self._numbers)

    def atom(self, word: str, inflect: str | None = None) -> Atom:
        """Return the atom of a folded word with wildcards, or in all its forms.

        In a phrase `~` leaves a word that has wildcards as it is.
        """
        if "*" in word or "?" in word:
            return self._wild(word)
        if inflect is not None:
            key = f"{word}~{inflect}"
            known = self._numbers.get(key)
            if known is not None:
                return known
            forms = inflection.forms(word, inflect)
            if forms.stems:
                return self._add(key, forms.fits, forms.prefix)
        known = self._words.get(word)
        return self._words.setdefault(word, len(self)) if known is None else known

    def _wild(self, word: str) -> Atom:
        stem = word.rstrip("*")
        plain = "*" not in stem and "?" not in stem and len(stem) >= _FILED_BY
        if plain and word == f"{stem}*":
            return self._add_prefix(stem)
        known = self._numbers.get(word)
        if known is not None:
            return known
        return self._add(word, _Wild(word).fits, re.split(r"[*?]", word)[0])

    def _number(self, key: str) -> int:
        self._fitting.forget()
        return self._numbers.setdefault(key, len(self))

    def _add_prefix(self, stem: str) -> int:
        known = self._prefixes.get(stem)
        if known is None:
            known = self._prefixes[stem] = self._number(f"{stem}*")
            head = stem[:_FILED_BY]
            lengths = {*self._heads.get(head, ()), len(stem)}
            self._heads[head] = tuple(sorted(lengths))
        return known

    def _add(self, key: str, fits: _Fits, prefix: str) -> Atom:
        number = self._number(key)
        self._filed[prefix[:_FILED_BY]].append((fits, number))
        return number

    def atoms(self, word: str) -> tuple[Atom, ...]:
        """Return all that a folded word satisfies of what is asked."""
        own = self._words.get(word)
        fitting = self._fitting[word]
        return fitting if own is None else (own, *fitting)

    def is_pattern(self, atom: Atom) -> bool:
        """Say whether an atom is of more than one word."""
        return atom in self._numbers.values()

    def _find(self, word: str) -> tuple[int, ...]:
        found = [
            self._prefixes[word[:length]]
            for length in self._heads.get(word[:_FILED_BY], ())
            if length <= len(word) and word[:length] in self._prefixes
        ]
        for length in range(_FILED_BY + 1):
            entries = self._filed.get(word[:length])
            if entries and length <= len(word):
                found += [number for fits, number in entries if fits(word)]
        return tuple(found)
