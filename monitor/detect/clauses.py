"""A query made ready to run: each clause says whether it holds, and where.

A place is (first position, last position, leaves); a leaf is (first position, last
position, term), so that every match can show which words satisfied which term.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

from monitor.detect.lexicon import Atom
from monitor.detect.syntax import (
    Node,
    Reach,
    Term,
)
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

    def anchors(self) -> "Anchors | None":
        """Return words without which it cannot hold, None where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Anchors:
    """Atoms of which an item must satisfy at least one for a clause to hold."""

    cost: float
    """Grows with how often an item will satisfy them."""
    atoms: frozenset[Atom]
    needed: frozenset[Atom] = frozenset()
    """A second such set; empty where there is none."""


def cost(word: str) -> float:
    """Guess how common a word is: short words and wildcards are."""
    letters = sum(c not in "*?" for c in word)
    wild = 3.0 if letters < len(word) else 1.0
    return wild * 100 / max(letters, 1) ** 2


def _either(found: Sequence[Anchors | None]) -> Anchors | None:
    known = [one for one in found if one is not None]
    if len(known) < len(found) or not known:
        return None
    return Anchors(
        sum(one.cost for one in known),
        frozenset(chain.from_iterable(one.atoms for one in known)),
    )


def _cheapest(found: Sequence[Anchors | None]) -> Anchors | None:
    known = sorted((a for a in found if a is not None), key=lambda one: one.cost)
    if len(known) < 2:  # noqa: PLR2004 - a pair
        return known[0] if known else None
    return Anchors(known[0].cost, known[0].atoms, known[0].needed or known[1].atoms)


@dataclass(slots=True)
class _Placed:
    """What clauses with places have in common."""

    node: Node
    inner: tuple[Clause, ...]

    def holds(self, view: View) -> bool:
        return bool(self.places(view))

    def places(self, view: View) -> Sequence[Place]:
        raise NotImplementedError

    def leaves(self, view: View) -> Iterator[Leaf]:
        for place in islice(self.places(view), 1):
            yield from place[2]


@dataclass(slots=True)
class TermClause(_Placed):
    """A word, a phrase or a case-sensitive term in one scope."""

    term: Term
    atoms: tuple[Atom, ...]
    scope: str

    def holds(self, view: View) -> bool:
        """Say whether the term stands in the scope."""
        if self.scope == ANYWHERE:
            if any(atom not in view.atoms for atom in self.atoms):
                return False
            if len(self.atoms) == 1 and self.term.kind != "case":
                return True
        return bool(self.places(view))

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

    def anchors(self) -> Anchors | None:
        """Return the rarest of its words."""
        if self.scope in {"lang", "country"}:
            return None
        extra = 1.0 if self.term.inflect is None else 2.0
        costs = [extra * cost(word) for word in self.term.words]
        rarest = min(range(len(costs)), key=costs.__getitem__)
        rest = [i for i in range(len(costs)) if i != rarest]
        needed = frozenset(
            (self.atoms[min(rest, key=costs.__getitem__)],) if rest else ()
        )
        return Anchors(costs[rarest], frozenset((self.atoms[rarest],)), needed)


@dataclass(slots=True)
class EitherClause(_Placed):
    """OR, and what a definition stands for."""

    def holds(self, view: View) -> bool:
        """Say whether one of the clauses holds."""
        return any(one.holds(view) for one in self.inner)

    def places(self, view: View) -> Sequence[Place]:
        """Return where any of the clauses is satisfied."""
        found = [one.places(view) for one in self.inner if one.holds(view)]
        if len(found) < 2:  # noqa: PLR2004 - nothing to merge
            return found[0] if found else ()
        return sorted(chain.from_iterable(found), key=_by_place)[:MOST_PLACES]

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of every clause that holds."""
        for one in self.inner:
            if one.holds(view):
                yield from one.leaves(view)

    def anchors(self) -> Anchors | None:
        """Return the anchors of all clauses together."""
        return _either([one.anchors() for one in self.inner])


def _by_place(place: Place) -> tuple[int, int]:
    return place[0], place[1]


@dataclass(slots=True)
class NearClause(_Placed):
    """NEAR, ONEAR and NOT NEAR."""

    reach: Reach
    ordered: bool
    negated: bool

    def places(self, view: View) -> Sequence[Place]:
        """Return where both stand near each other; negated: the left one alone."""
        left = self.inner[0].places(view)
        right = self.inner[1].places(view) if left else ()
        if not right:
            return left if self.negated else ()
        close = self._closeness(view)
        widest = max(place[1] - place[0] for place in right)
        starts = [place[0] for place in right]
        found: list[Place] = []
        for one in left:
            near = [
                o for o in self._window(one, right, starts, widest) if close(one, o)
            ]
            if self.negated:
                if not near:
                    found.append(one)
                continue
            found += [_joined(one, other) for other in near]
            if len(found) >= MOST_PLACES:
                break
        return found if self.negated else sorted(found, key=_by_place)[:MOST_PLACES]

    def _window(
        self, one: Place, right: Sequence[Place], starts: list[int], widest: int
    ) -> Sequence[Place]:
        if not isinstance(self.reach, int):
            return right
        first = one[0] - self.reach - widest - 1
        return right[
            bisect_left(starts, first) : bisect_left(starts, one[1] + self.reach + 2)
        ]

    def _closeness(self, view: View) -> Callable[[Place, Place], bool]:
        reach = self.reach
        if isinstance(reach, int):
            return lambda one, other: 0 <= self._between(one, other) <= reach
        return lambda one, other: (
            self._between(one, other) >= 0 and _same_part(view, one, other, reach)
        )

    def _between(self, one: Place, other: Place) -> int:
        """Return how many words stand between; negative where it does not count.

        Words of one place inside another place are next to it, as long as no word
        serves both: a word is not near itself.
        """
        if other[0] > one[1]:
            return other[0] - one[1] - 1
        if self.ordered:
            return -1
        if one[0] > other[1]:
            return one[0] - other[1] - 1
        return -1 if _shares_words(one, other) else 0

    def anchors(self) -> Anchors | None:
        """Return the rarer side; a negated one needs its left side alone."""
        if self.negated:
            return self.inner[0].anchors()
        return _cheapest([one.anchors() for one in self.inner])


def _shares_words(one: Place, other: Place) -> bool:
    return any(
        first <= far and near <= last
        for first, last, _ in one[2]
        for near, far, _ in other[2]
    )


def _joined(one: Place, other: Place) -> Place:
    return min(one[0], other[0]), max(one[1], other[1]), one[2] + other[2]


def _same_part(view: View, one: Place, other: Place, part: str) -> bool:
    first, last = min(one[0], other[0]), max(one[1], other[1])
    segment = view.document.segment(first)
    if last >= segment.base + len(segment):
        return False
    number = segment.sentence if part == "s" else segment.paragraph
    return number(first) == number(last)


@dataclass(slots=True)
class ExceptClause(_Placed):
    """EXCEPT: what lies in an occurrence of the second does not count."""

    def places(self, view: View) -> Sequence[Place]:
        """Return the first's places that touch none of the second's."""
        kept = self.inner[0].places(view)
        removed = self.inner[1].places(view) if kept else ()
        if not removed:
            return kept
        taken: set[int] = set()
        for first, last, _ in removed:
            taken.update(range(first, last + 1))
        return [p for p in kept if taken.isdisjoint(range(p[0], p[1] + 1))]

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the first occurrence of each term that is left."""
        seen: set[str] = set()
        for _, _, leaves in self.places(view):
            for leaf in leaves:
                if leaf[2].text not in seen:
                    seen.add(leaf[2].text)
                    yield leaf

    def anchors(self) -> Anchors | None:
        """Return those of what must stand."""
        return self.inner[0].anchors()


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


@dataclass(slots=True)
class AllClause(_Unplaced):
    """AND."""

    def holds(self, view: View) -> bool:
        """Say whether every clause holds."""
        return all(one.holds(view) for one in self.inner)

    def anchors(self) -> Anchors | None:
        """Return those of the cheapest clause."""
        return _cheapest([one.anchors() for one in self.inner])


@dataclass(slots=True)
class NotClause(_Unplaced):
    """NOT."""

    def holds(self, view: View) -> bool:
        """Say whether the clause does not hold."""
        return not self.inner[0].holds(view)

    def leaves(self, view: View) -> Iterator[Leaf]:  # noqa: ARG002 - as all clauses
        """Yield nothing: what is absent has no place."""
        return iter(())

    def anchors(self) -> None:
        """Return nothing: absence finds no item."""


@dataclass(slots=True)
class AtLeastClause(_Unplaced):
    """ATLEAST/n: so many places."""

    count: int

    def holds(self, view: View) -> bool:
        """Say whether there are as many places."""
        places = self.inner[0].places(view)
        return len({(first, last) for first, last, _ in places}) >= self.count

    def leaves(self, view: View) -> Iterator[Leaf]:
        """Yield the words of as many places as were asked for."""
        for place in islice(self.inner[0].places(view), self.count):
            yield from place[2]

    def anchors(self) -> Anchors | None:
        """Return those of what is counted."""
        return self.inner[0].anchors()


@dataclass(slots=True)
class SomeClause(_Unplaced):
    """n OF (...): so many clauses."""

    count: int

    def holds(self, view: View) -> bool:
        """Say whether as many clauses hold."""
        return sum(one.holds(view) for one in self.inner) >= self.count

    def anchors(self) -> Anchors | None:
        """Return the cheapest clauses of which one must hold."""
        found = [one.anchors() for one in self.inner]
        known = sorted((a for a in found if a is not None), key=lambda one: one.cost)
        enough = len(self.inner) - self.count + 1
        return _either(known[:enough]) if len(known) >= enough else None
