"""A query made ready to run: each clause says whether it holds, and where.

A place is (first position, last position, leaves); a leaf is (first position, last
position, term), so that every match can show which words satisfied which term.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

from monitor.detect.lexicon import Atom
from monitor.detect.syntax import (
    Node,
    Term,
)
from monitor.detect.text import ATTRIBUTES
from monitor.detect.view import ANYWHERE, View

Leaf = tuple[int, int, Term]
Place = tuple[int, int, tuple[Leaf, ...]]

MOST_PLACES = 2000
"""Places that one clause keeps; a text that repeats a word for ever has no more."""


class Clause(Protocol):
    """A part of a query, ready to run."""

    node: Node
    inner: tuple["Clause", ...]

    def holds(self, view: View) -> bool:
        """Say whether the item satisfies it."""
        ...

    def places(self, view: View) -> Sequence[Place]:
        """Return where it is satisfied, in order; only for clauses with places."""
        ...

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words that satisfy it, for evidence; only where it holds."""
        ...


@dataclass(slots=True)
class Placed:
    """What clauses with places have in common."""

    node: Node
    inner: tuple[Clause, ...]

    def holds(self, view: View) -> bool:
        """Say whether there is a place."""
        return bool(self.places(view))

    def places(self, view: View) -> Sequence[Place]:
        """Return where it is satisfied."""
        raise NotImplementedError

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of the first place."""
        for place in islice(self.places(view), 1):
            yield from place[2]


class TermClause(Placed):
    """A word, a phrase or a case-sensitive term in one scope."""

    __slots__ = ("_all", "anywhere", "atoms", "pair", "scope", "simple", "term")

    def __init__(self, term: Term, atoms: tuple[Atom, ...], scope: str) -> None:
        """Take the term's atoms, one a word."""
        super().__init__(term, ())
        self.term = term
        self.atoms = atoms
        self.scope = scope
        plain = term.kind != "case" and scope == ANYWHERE
        self.simple = plain and len(atoms) == 1
        """Whether to stand anywhere in the text is all that is asked of one word."""
        self.pair = plain and len(atoms) == 2  # noqa: PLR2004 - as the name says
        """Whether to stand side by side in it is all that is asked of two words."""
        self.anywhere = scope not in ATTRIBUTES
        """Whether its words are among those of the text."""
        self._all = frozenset(atoms)

    def holds(self, view: View) -> bool:
        """Say whether the term stands in the scope."""
        if self.anywhere:
            if not self._all <= view.atoms:
                return False
            if self.simple:
                return True
        if self.term.kind == "case":
            return bool(self.places(view))
        return bool(self._starts(view))

    def places(self, view: View) -> Sequence[Place]:
        """Return where the term stands."""
        starts = self._starts(view)
        length = len(self.atoms) - 1
        term = self.term
        if term.kind == "case":
            starts = [s for s in starts if self._cased(view, s)]
        return [(s, s + length, ((s, s + length, term),)) for s in starts[:MOST_PLACES]]

    def _starts(self, view: View) -> Sequence[int]:
        starts = view.positions(self.atoms[0], self.scope)
        for offset, atom in enumerate(self.atoms[1:], 1):
            if not starts:
                break
            following = set(view.positions(atom, self.scope))
            starts = [s for s in starts if s + offset in following]
        return starts

    def _cased(self, view: View, start: int) -> bool:
        segment = view.document.segment(start)
        return not segment.shouts and all(
            segment.token(start + i).cased == word
            for i, word in enumerate(self.term.words)
        )


class EitherClause(Placed):
    """OR, and the lists of definitions."""

    __slots__ = ("_numbers", "_others", "_phrases", "_starts", "_words")

    def __init__(self, node: Node, inner: tuple[Clause, ...]) -> None:
        """Set the terms among the clauses apart: two sets tell which to look at."""
        super().__init__(node, inner)
        numbers: dict[Atom, int] = {}
        phrases: dict[Atom, list[int]] = {}
        others = []
        for number, one in enumerate(inner):
            if isinstance(one, TermClause) and one.simple:
                numbers.setdefault(one.atoms[0], number)
            elif isinstance(one, TermClause) and one.anywhere:
                phrases.setdefault(one.atoms[0], []).append(number)
            else:
                others.append(number)
        self._numbers = numbers
        """The clauses that are one word."""
        self._words = frozenset(numbers)
        self._phrases = phrases
        """Those that are more, by their first word."""
        self._starts = frozenset(phrases)
        self._others = tuple(others)

    def holding(self, view: View) -> list[Clause]:
        """Return those of its clauses that hold, in their order."""
        inner = self.inner
        found = [self._numbers[atom] for atom in self._words & view.atoms]
        started = chain.from_iterable(
            self._phrases[atom] for atom in self._starts & view.atoms
        )
        found += [n for n in chain(started, self._others) if inner[n].holds(view)]
        return [inner[number] for number in sorted(found)]

    def holds(self, view: View) -> bool:
        """Say whether one of the clauses holds."""
        inner = self.inner
        if not self._words.isdisjoint(view.atoms):
            return True
        if not self._starts.isdisjoint(view.atoms):
            for atom in self._starts & view.atoms:
                for number in self._phrases[atom]:
                    if inner[number].holds(view):
                        return True
        for number in self._others:  # noqa: SIM110 - a generator costs twice as much
            if inner[number].holds(view):
                return True
        return False

    def places(self, view: View) -> Sequence[Place]:
        """Return where any of the clauses is satisfied."""
        found = [one.places(view) for one in self.holding(view)]
        if len(found) < 2:  # noqa: PLR2004 - nothing to merge
            return found[0] if found else ()
        return sorted(chain.from_iterable(found), key=by_place)[:MOST_PLACES]

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of every clause that holds."""
        for one in self.holding(view):
            yield from one.leaves(view)


@dataclass(slots=True)
class NamedClause(Placed):
    """What a definition stands for; asked once an item, however many rules name it."""

    @property
    def definition(self) -> Clause:
        """The clause of the definition."""
        return self.inner[0]

    def holds(self, view: View) -> bool:
        """Say whether the definition's clause holds."""
        key = id(self.inner[0])
        known = view.known.get(key)
        if known is None:
            known = view.known[key] = self.inner[0].holds(view)
        return known

    def places(self, view: View) -> Sequence[Place]:
        """Return where the definition's clause is satisfied."""
        return self.inner[0].places(view) if self.holds(view) else ()

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of the definition's clause."""
        return self.inner[0].leaves(view)


def by_place(place: Place) -> tuple[int, int]:
    """Return what places are sorted by."""
    return place[0], place[1]


@dataclass(slots=True)
class _Unplaced:
    """What clauses without places have in common."""

    node: Node
    inner: tuple[Clause, ...]

    def places(self, view: View) -> Sequence[Place]:  # noqa: ARG002 - as all clauses
        """Refuse: the checks keep these out of NEAR and EXCEPT."""
        message = f"{type(self).__name__} has no places"
        raise TypeError(message)

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of every clause that holds."""
        for one in self.inner:
            if one.holds(view):
                yield from one.leaves(view)


class AllClause(_Unplaced):
    """AND."""

    __slots__ = ("_absent", "_others", "_present")

    def __init__(self, node: Node, inner: tuple[Clause, ...]) -> None:
        """Set the single words apart, wanted and unwanted: two sets tell of them."""
        super().__init__(node, inner)
        present: set[Atom] = set()
        absent: set[Atom] = set()
        others: list[Clause] = []
        for one in inner:
            negated = isinstance(one, NotClause)
            term = one.inner[0] if isinstance(one, NotClause) else one
            if isinstance(term, TermClause) and term.simple:
                (absent if negated else present).add(term.atoms[0])
            else:
                others.append(one)
        self._present = frozenset(present)
        self._absent = frozenset(absent)
        self._others = tuple(others)

    def holds(self, view: View) -> bool:
        """Say whether every clause holds."""
        atoms = view.atoms
        if not self._present <= atoms or not self._absent.isdisjoint(atoms):
            return False
        for one in self._others:  # noqa: SIM110 - a generator costs twice as much
            if not one.holds(view):
                return False
        return True


@dataclass(slots=True)
class NotClause(_Unplaced):
    """NOT."""

    def holds(self, view: View) -> bool:
        """Say whether the clause does not hold."""
        return not self.inner[0].holds(view)

    def leaves(self, view: View) -> Iterator[Leaf]:  # noqa: ARG002 - as all clauses
        """Yield nothing: what is absent has no place."""
        return iter(())


@dataclass(slots=True)
class AtLeastClause(_Unplaced):
    """ATLEAST/n: so many places."""

    count: int

    def holds(self, view: View) -> bool:
        """Say whether there are as many places."""
        return self.found(view) >= self.count

    def found(self, view: View) -> int:
        """Return how many places there are."""
        places = self.inner[0].places(view)
        return len({(first, last) for first, last, _ in places})

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of as many places as were asked for."""
        for place in islice(self.inner[0].places(view), self.count):
            yield from place[2]


@dataclass(slots=True)
class SomeClause(_Unplaced):
    """n OF (...): so many clauses."""

    count: int

    def holds(self, view: View) -> bool:
        """Say whether as many clauses hold."""
        return sum(one.holds(view) for one in self.inner) >= self.count
