"""Clauses about where words stand to one another: NEAR and EXCEPT."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.detect.clauses import (
    MOST_PLACES,
    Clause,
    Leaf,
    Place,
    Placed,
    TermClause,
    by_place,
)
from monitor.detect.syntax import Reach
from monitor.detect.view import View


@dataclass(slots=True)
class NearClause(Placed):
    """NEAR, ONEAR and NOT NEAR."""

    reach: Reach
    ordered: bool
    negated: bool

    def holds(self, view: View) -> bool:
        """Say whether both stand near each other once; negated: the left one alone."""
        first, second = self.inner
        if not first.holds(view):
            return False
        if not second.holds(view):
            return self.negated
        if isinstance(self.reach, int) and _is_word(first) and _is_word(second):
            return self._words_near(first.places(view), second.places(view), self.reach)
        return next(self._found(view), None) is not None

    def _words_near(
        self, left: Sequence[Place], right: Sequence[Place], reach: int
    ) -> bool:
        """Say whether two words stand near each other; negated: one word alone."""
        places = [place[0] for place in right]
        for one, _, _ in left:
            after = bisect_right(places, one)
            near = after < len(places) and places[after] <= one + reach + 1
            if not near and not self.ordered:
                before = bisect_left(places, one) - 1
                near = before >= 0 and places[before] >= one - reach - 1
            if near != self.negated:
                return True
        return False

    def places(self, view: View) -> Sequence[Place]:
        """Return where both stand near each other; negated: the left one alone."""
        found = list(islice(self._found(view), MOST_PLACES))
        return found if self.negated else sorted(found, key=by_place)

    def pairs(self, view: View) -> Iterator[tuple[Place, Place]]:
        """Yield each place of the left one with the nearest of the right one near it."""
        left, right = (one.places(view) for one in self.inner)
        close = self._closeness(view)
        for one in left:
            near = [other for other in right if close(one, other)]
            if near:
                yield one, min(near, key=lambda other: self.between(one, other))

    def together(self, view: View) -> Iterator[tuple[Place, Place]]:
        """Yield the places of both that lie in one part: sentence, paragraph or field."""
        left, right = (one.places(view) for one in self.inner)
        parts: dict[tuple[int, int], list[Place]] = defaultdict(list)
        for other in right:
            for part in _part(view, other, self.reach):
                parts[part].append(other)
        for one in left:
            for part in _part(view, one, self.reach):
                yield from ((one, other) for other in parts[part])

    def _found(self, view: View) -> Iterator[Place]:
        left = self.inner[0].places(view)
        right = self.inner[1].places(view) if left else ()
        close = self._closeness(view)
        widest = max((place[1] - place[0] for place in right), default=0)
        starts = [place[0] for place in right]
        for one in left:
            near = (
                o for o in self._window(one, right, starts, widest) if close(one, o)
            )
            if not self.negated:
                yield from (_joined(one, other) for other in near)
            elif next(near, None) is None:
                yield one

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
            return lambda one, other: 0 <= self.between(one, other) <= reach
        return lambda one, other: (
            self.between(one, other) >= 0 and _same_part(view, one, other, reach)
        )

    def between(self, one: Place, other: Place) -> int:
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


def _is_word(clause: Clause) -> bool:
    return isinstance(clause, TermClause) and clause.simple


def _shares_words(one: Place, other: Place) -> bool:
    return any(
        first <= far and near <= last
        for first, last, _ in one[2]
        for near, far, _ in other[2]
    )


def _joined(one: Place, other: Place) -> Place:
    return min(one[0], other[0]), max(one[1], other[1]), one[2] + other[2]


def _part(view: View, place: Place, reach: Reach) -> list[tuple[int, int]]:
    """Return the part in which a place lies; none where it does not lie in one."""
    first, last, _ = place
    segment = view.document.segment(first)
    if last >= segment.base + len(segment):
        return []
    if isinstance(reach, int):
        return [(segment.base, 0)]
    number = segment.sentence if reach == "s" else segment.paragraph
    return [(segment.base, number(first))] if number(first) == number(last) else []


def _same_part(view: View, one: Place, other: Place, part: str) -> bool:
    first, last = min(one[0], other[0]), max(one[1], other[1])
    segment = view.document.segment(first)
    if last >= segment.base + len(segment):
        return False
    number = segment.sentence if part == "s" else segment.paragraph
    return number(first) == number(last)


@dataclass(slots=True)
class ExceptClause(Placed):
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
