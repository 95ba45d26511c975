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


class _Pattern:
    """A pattern of whole words, compiled when the first word is tried."""

    __slots__ = ("_match", "_text", "number")

    def __init__(self, text: str, number: int) -> None:
        self._text = text
        self._match: Callable[[str], re.Match[str] | None] | None = None
        self.number = number

    def fits(self, word: str) -> bool:
        if self._match is None:
            self._match = re.compile(self._text, re.DOTALL).fullmatch
        return self._match(word) is not None


class Lexicon:
    """All words and patterns that a set of rules asks for, numbered."""

    def __init__(self) -> None:
        self._words: dict[str, Atom] = {}
        self._numbers: dict[str, Atom] = {}
        self._prefixes: dict[str, int] = {}
        self._lengths: tuple[int, ...] = ()
        self._filed: dict[str, list[_Pattern]] = defaultdict(list)
        """Patterns by the letters that all their words begin with, three at most."""
        self._heads: set[str] = set()
        """What the prefixes begin with."""
        self._fitting: Memo[tuple[Atom, ...]] = Memo(self._find)
        """For a folded word the patterns that it fits."""

    def __len__(self) -> int:
        return len(self._words) + len(self._numbers)

    def atom(self, word: str, inflect: str | None = None) -> Atom:
        """Return the atom of a folded word with wildcards, or in all its forms.

        In a phrase `~` leaves a word that has wildcards as it is.
        """
        wild = "*" in word or "?" in word
        if inflect is not None and not wild:
            pattern = inflection.forms(word, inflect)
            common = inflection.common_prefix(word, inflect)
            if pattern != re.escape(word):
                return self._add(pattern, common)
        if not wild:
            known = self._words.get(word)
            return self._words.setdefault(word, len(self)) if known is None else known
        stem = word.rstrip("*")
        plain = "*" not in stem and "?" not in stem and len(stem) >= _FILED_BY
        if plain and word == f"{stem}*":
            return self._add_prefix(stem)
        pattern = re.escape(word).replace(r"\*", ".*").replace(r"\?", ".")
        return self._add(pattern, re.split(r"[*?]", word)[0])

    def _number(self, key: str) -> int:
        self._fitting.forget()
        return self._numbers.setdefault(key, len(self))

    def _add_prefix(self, stem: str) -> int:
        known = self._prefixes.get(stem)
        if known is None:
            known = self._prefixes[stem] = self._number(f"{stem}*")
            self._heads.add(stem[:_FILED_BY])
            if len(stem) not in self._lengths:
                self._lengths = tuple(sorted((*self._lengths, len(stem))))
        return known

    def _add(self, pattern: str, prefix: str) -> int:
        known = self._numbers.get(pattern)
        if known is not None:
            return known
        number = self._number(pattern)
        self._filed[prefix[:_FILED_BY]].append(_Pattern(pattern, number))
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
        found = []
        if word[:_FILED_BY] in self._heads:
            found = [
                self._prefixes[word[:length]]
                for length in self._lengths
                if length <= len(word) and word[:length] in self._prefixes
            ]
        for length in range(_FILED_BY + 1):
            entries = self._filed.get(word[:length])
            if entries and length <= len(word):
                found += [entry.number for entry in entries if entry.fits(word)]
        return tuple(found)
