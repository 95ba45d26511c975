"""The words that rules ask for, and which of them a word of an item is.

An *atom* is what a rule can ask of one word: the word itself (a str), or a pattern
by its number (an int, from 0). Patterns are tried once a word and remembered: after
the first sight of a word, wildcards and inflection cost one look-up.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

from monitor.detect import inflection
from monitor.detect.memo import Memo

Atom = str | int

_FILED_BY = 3
"""Letters."""


class Filed(NamedTuple):
    """The ways (`gates`), by number, that are filed under some atoms.

    The short rows are packed as machine integers (`array("i")`): what a large rulebook
    costs is fetching from memory, and so each row is fetched at once.
    """

    firsts: bytes = b""
    """Those that have one of the atoms among their firsts."""
    needs: bytes = b""
    """Those that have one in their need."""
    many_firsts: tuple[frozenset[int], ...] = ()
    """As `firsts`, of atoms under which there are many."""
    many_needs: tuple[frozenset[int], ...] = ()


NOTHING = Filed()


class Piece:
    """What is asked of the words of one piece of text."""

    __slots__ = ("atoms", "filed", "firsts", "many", "needs", "words")

    def __init__(
        self, words: tuple[tuple[Atom, ...], ...], filed: Filed = NOTHING
    ) -> None:
        """Take for each of its words the atoms that are asked for."""
        self.words = words
        self.atoms = tuple(chain.from_iterable(words))
        self.filed = filed
        self.firsts = filed.firsts
        self.needs = filed.needs
        self.many = filed if filed.many_firsts or filed.many_needs else None


UNASKED = Piece(((),))
"""One word of which nothing is asked."""


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
    """All patterns of a set of rules, numbered."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._prefixes: dict[str, int] = {}
        self._lengths: tuple[int, ...] = ()
        self._filed: dict[str, list[_Pattern]] = defaultdict(list)
        """Patterns by the letters that all their words begin with, three at most."""
        self._heads: set[str] = set()
        """What the prefixes begin with."""
        self.memo: Memo[tuple[int, ...]] = Memo(self._find)
        """For a folded word the numbers of the patterns that it satisfies."""
        self.pieces: Memo[Piece] = Memo(self._piece)
        """For a folded word all that any rule might ask of it; nothing is filed."""

    def __len__(self) -> int:
        return len(self._numbers)

    def atom(self, word: str, inflect: str | None = None) -> Atom:
        """Return the atom of a folded word with wildcards, or in all its forms.

        In a phrase `~` leaves a word that has wildcards as it is.
        """
        wild = "*" in word or "?" in word
        if inflect is not None and not wild:
            pattern = inflection.forms(word, inflect)
            common = inflection.common_prefix(word, inflect)
            return word if pattern == re.escape(word) else self._add(pattern, common)
        if not wild:
            return word
        stem = word.rstrip("*")
        plain = "*" not in stem and "?" not in stem and len(stem) >= _FILED_BY
        if plain and word == f"{stem}*":
            return self._add_prefix(stem)
        pattern = re.escape(word).replace(r"\*", ".*").replace(r"\?", ".")
        return self._add(pattern, re.split(r"[*?]", word)[0])

    def _number(self, key: str) -> int:
        self.memo.forget()
        self.pieces.forget()
        return self._numbers.setdefault(key, len(self._numbers))

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

    def numbers(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the patterns that a folded word satisfies."""
        return self.memo[word]

    def _piece(self, word: str) -> Piece:
        return Piece(((word, *self.memo[word]),))

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
