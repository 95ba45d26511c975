"""Many rules against items: which fire, and on what words.

What few rules make of the first items is asked of each rule. From then on, and for
many rules at once, an index says which of them come into question (`percolator`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.detect.clauses import Clause, Leaf
from monitor.detect.compiled import ANY, Compiled
from monitor.detect.lexicon import Lexicon
from monitor.detect.text import ATTRIBUTES
from monitor.detect.view import View
from monitor.model import Item, Span

if TYPE_CHECKING:
    from monitor.detect.index import Called
    from monitor.detect.percolator import Percolator

MOST_SPANS = 24
"""Places that one match shows as its evidence."""
_FEW_ITEMS = 16
"""So many are matched without an index, if their language is known."""
_FEW_RULES = 200
"""And so many rules: what it takes to file them is more than to ask each."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired, and the words that made it."""

    rule: Compiled
    evidence: tuple[Span, ...]


class Engine:
    """A set of rules that share one lexicon.

    Its answers never change. It learns from the first items that it sees which words
    are common, and files its rules anew under rarer ones, and it remembers the pieces
    of texts; so it serves one thread at a time.
    """

    def __init__(
        self,
        rules: Sequence[Compiled],
        lexicon: Lexicon,
        *,
        unfiled: int = _FEW_ITEMS,
    ) -> None:
        """Take rules; each must have gates (`checking` sees to it).

        The lexicon is theirs, and complete. The first `unfiled` items are matched
        without an index where the rules are few.
        """
        self.lexicon = lexicon
        self.rules = tuple(rules)
        self._bound = frozenset(
            number for number, rule in enumerate(self.rules) if rule.where != ANY
        )
        """The rules that ask for more than words."""
        self._unfiled = unfiled
        """Items that may still be matched without an index."""
        if len(self.rules) > _FEW_RULES:
            self._unfiled = 0
            self.percolator  # noqa: B018 - made now, not when the first item waits

    @cached_property
    def percolator(self) -> "Percolator":
        """The index of the rules."""
        # Arrays take longer to be there than a few items take without them.
        from monitor.detect.percolator import Percolator  # noqa: PLC0415 - see above

        return Percolator([rule.clause for rule in self.rules], self.lexicon)

    def fired(
        self, item: Item, complete: Callable[[Item], Item] | None = None
    ) -> tuple[list[Compiled], View | None]:
        """Return the rules that fire on an item, in their order, and how it was read."""
        (only,) = self.fired_all((item,), complete)
        return only

    def fired_all(
        self, items: Sequence[Item], complete: Callable[[Item], Item] | None = None
    ) -> list[tuple[list[Compiled], View | None]]:
        """Return for each item the rules that fire, and how it was read.

        That is None where no rule came into question. Many items at once cost less
        than one after the other. Where a rule asks for it, `complete` may add what
        takes time to find out of an item, such as the language; the texts stay as
        they are.
        """
        # Without an index it is not known whether a rule asks for more.
        known = complete is None or all(item.lang for item in items)
        if known and len(items) <= self._unfiled:
            self._unfiled -= len(items)
            return [self._each(complete(one) if complete else one) for one in items]
        self._unfiled = 0
        return list(self._fired(items, complete))

    def _each(self, item: Item) -> tuple[list[Compiled], View | None]:
        """Ask every rule, without an index."""
        view = View(item, self.lexicon)
        fired = [
            rule
            for rule in self.rules
            if rule.clause.holds(view) and not rule.where.refusal(item)
        ]
        return fired, view

    def _fired(
        self, items: Sequence[Item], complete: Callable[[Item], Item] | None
    ) -> Iterator[tuple[list[Compiled], View | None]]:
        called = self.percolator.called(items)
        for item, (one, reading) in zip(items, called, strict=True):
            if not one.rules:
                yield [], None
                continue
            decided = self._decided(one)
            if complete is not None and not decided:
                item = complete(item)  # noqa: PLW2901 - the same, and more is known
            view = View(item, self.lexicon, reading)
            if decided:
                yield [self.rules[number] for number in one.rules], view
            else:
                yield list(self._holding(one, item, view)), view

    def _decided(self, called: "Called") -> bool:
        """Say whether the words of an item alone have decided about each rule."""
        return not any(called.doubts) and self._bound.isdisjoint(called.rules)

    def _holding(self, called: "Called", item: Item, view: View) -> Iterator[Compiled]:
        for number, doubt in zip(called.rules, called.doubts, strict=True):
            rule = self.rules[number]
            if doubt and not rule.clause.holds(view):
                continue
            if number not in self._bound or not rule.where.refusal(item):
                yield rule

    def match(
        self, item: Item, complete: Callable[[Item], Item] | None = None
    ) -> list[Hit]:
        """Return the rules that fire on an item, in their order, with evidence."""
        (only,) = self.match_all((item,), complete)
        return only

    def match_all(
        self, items: Sequence[Item], complete: Callable[[Item], Item] | None = None
    ) -> list[list[Hit]]:
        """Return the rules that fire on each item, in their order, with evidence."""
        return [
            [Hit(rule, evidence(rule.clause, view)) for rule in fired] if view else []
            for fired, view in self.fired_all(items, complete)
        ]


def evidence(clause: Clause, view: View) -> tuple[Span, ...]:
    """Return the words that satisfied a clause, in the order of the text."""
    return spans(clause.leaves(view), view)


def spans(leaves: Iterable[Leaf], view: View) -> tuple[Span, ...]:
    """Turn positions into places of the item's texts; attributes have none."""
    found: dict[tuple[int, int], Leaf] = {}
    for leaf in leaves:
        found.setdefault(leaf[:2], leaf)
        if len(found) >= MOST_SPANS:
            break
    made = [_span(found[place], view) for place in sorted(found)]
    return tuple(span for span in made if span is not None)


def _span(leaf: Leaf, view: View) -> Span | None:
    field, start, end, text = view.shown(leaf[0], leaf[1])
    if field in ATTRIBUTES:
        return None
    return Span(field=field, start=start, end=end, text=text, clause=leaf[2].text)
