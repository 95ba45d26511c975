"""Many rules against one item: a percolator.

Each rule is filed under the rarest words without which it cannot hold (`gates`). The
words of an item call up the rules filed under them; other words that a rule needs
throw most of these out again; only what is left is evaluated.
So the cost of an item grows with the rules that might fire on it, not with all there
are, and text that calls up nothing is not even looked at for its positions.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date

from monitor.detect.clauses import Clause, Leaf
from monitor.detect.gates import Frequencies
from monitor.detect.index import Index
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.text import ATTRIBUTES, fold
from monitor.detect.view import View
from monitor.model import Item, Span

MOST_SPANS = 24
"""Places that one match shows as its evidence."""
_LESSONS = (200, 2_000)
"""After how many items the rules are filed anew."""
_MANY_RULES = 2_000
"""From so many on they are filed anew once: that costs a second, for ten thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What an item must be, apart from its text; empty allows everything."""

    lang: frozenset[str] = frozenset()
    not_lang: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    """Names of outlets, folded."""
    not_source: frozenset[str] = frozenset()
    country: frozenset[str] = frozenset()
    not_country: frozenset[str] = frozenset()
    since: date | None = None
    """The first day, in UTC, on which it may be published."""
    until: date | None = None
    """The last such day."""

    def refusal(self, item: Item) -> str:
        """Return why an item is not looked at; "" where it is.

        What is not known of an item, such as its language, refuses nothing: a
        report is not lost because a feed does not say what it is written in.
        """
        facts = (
            ("lang", item.lang, self.lang, self.not_lang),
            ("source", fold(item.source), self.source, self.not_source),
            ("country", item.country, self.country, self.not_country),
        )
        for name, value, wanted, unwanted in facts:
            if value and value in unwanted:
                return f"where.not_{name} excludes {value}"
            if value and wanted and value not in wanted:
                return f"where.{name} does not list {value}"
        return self._out_of_time(item)

    def _out_of_time(self, item: Item) -> str:
        if (self.since or self.until) and item.moment:
            day = item.moment.astimezone(UTC).date()
            if self.since and day < self.since:
                return f"where.since excludes {day}"
            if self.until and day > self.until:
                return f"where.until excludes {day}"
        return ""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield what is asked for and excluded at once, such as ("lang", "ru")."""
        facts = (
            ("lang", self.lang, self.not_lang),
            ("source", self.source, self.not_source),
            ("country", self.country, self.not_country),
        )
        for name, wanted, unwanted in facts:
            for value in sorted(wanted & unwanted):
                yield name, value


_ANY = Where()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One rule, ready to run."""

    id: str
    clause: Clause
    where: Where = _ANY


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired, and the words that made it."""

    rule: Compiled
    evidence: tuple[Span, ...]


class Engine:
    """A set of rules that share one lexicon.

    Its answers never change. It learns from the first items that it sees which words
    are common, and files its rules anew under rarer ones; threads may share it.
    """

    def __init__(
        self,
        rules: Sequence[Compiled],
        lexicon: Lexicon,
        frequencies: Frequencies | None = None,
    ) -> None:
        """File the rules; each must have gates (`checking` sees to it).

        `frequencies`: what an engine before this one has learned.
        """
        self.lexicon = lexicon
        self.rules = tuple(rules)
        self.frequencies = frequencies or Frequencies()
        self._anywhere = tuple(rule.where == _ANY for rule in self.rules)
        self._index = Index(
            [rule.clause for rule in self.rules], lexicon, self.frequencies
        )
        lessons = _LESSONS if len(self.rules) < _MANY_RULES else _LESSONS[-1:]
        self._lessons = [n for n in lessons if n > self.frequencies.items]

    def _learn(self, present: AbstractSet[Atom]) -> None:
        self.frequencies.count(present)
        if self._lessons and self.frequencies.items >= self._lessons[0]:
            self._lessons = self._lessons[1:]
            self._index = Index(
                [rule.clause for rule in self.rules], self.lexicon, self.frequencies
            )

    def fired(
        self, item: Item, complete: Callable[[Item], Item] | None = None
    ) -> tuple[list[Compiled], View | None]:
        """Return the rules that fire on an item, in their order, and how it was read.

        None where no rule came into question. Where one does, `complete` may add what
        takes time to find out, such as the language; the texts stay as they are.
        """
        index = self._index
        reading = index.read(item)
        if self._lessons:
            self._learn(reading.atoms)
        called = index.candidates(reading, item)
        if not called:
            return [], None
        if complete is not None:
            item = complete(item)
        view = View(item, self.lexicon, reading)
        fired = []
        for number in called:
            rule = self.rules[number]
            if not self._anywhere[number] and rule.where.refusal(item):
                continue
            if rule.clause.holds(view):
                fired.append(rule)
        return fired, view

    def match(
        self, item: Item, complete: Callable[[Item], Item] | None = None
    ) -> list[Hit]:
        """Return the rules that fire on an item, in their order, with evidence."""
        fired, view = self.fired(item, complete)
        if view is None:
            return []
        return [Hit(rule, evidence(rule.clause, view)) for rule in fired]


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
