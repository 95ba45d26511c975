"""Many rules against items: a percolator.

Each rule is filed under the rarest words without which it cannot hold (`gates`). The
words of an item call up the rules filed under them; other words that a rule needs
throw most of these out again; only what is left is evaluated.
So the cost of an item grows with the rules that might fire on it, not with all there
are, and text that calls up nothing is not even looked at for its positions.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from monitor.detect.clauses import Clause, Leaf
from monitor.detect.gates import Frequencies
from monitor.detect.index import Called, Index
from monitor.detect.lexicon import Lexicon
from monitor.detect.pieces import Pieces
from monitor.detect.reading import Looked, PieceReading
from monitor.detect.text import ATTRIBUTES, fold
from monitor.detect.view import View
from monitor.model import Item, Span

MOST_SPANS = 24
"""Places that one match shows as its evidence."""
_MOST_ITEMS = 32
"""That are looked up at once."""
_MOST_LETTERS = 16_000
"""In them."""
_MOST_PIECES = 400_000
"""Pieces of text that are remembered; when there are more, it begins anew."""
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
    are common, and files its rules anew under rarer ones, and it remembers the pieces
    of texts; so it serves one thread at a time.
    """

    def __init__(
        self,
        rules: Sequence[Compiled],
        lexicon: Lexicon,
    ) -> None:
        """File the rules; each must have gates (`checking` sees to it).

        The lexicon is theirs, and complete.
        """
        self.lexicon = lexicon
        self.rules = tuple(rules)
        self.frequencies = Frequencies()
        self._bound = frozenset(
            number for number, rule in enumerate(self.rules) if rule.where != _ANY
        )
        """The rules that ask for more than words."""
        self.most_pieces = _MOST_PIECES
        self._pieces = Pieces(lexicon)
        self._index = Index(
            [rule.clause for rule in self.rules], lexicon, self.frequencies
        )
        many = len(self.rules) >= _MANY_RULES
        self._lessons: Sequence[int] = _LESSONS[-1:] if many else _LESSONS

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

        That is None where no rule came into question. Many items at once cost less than one after the other. Where a rule asks for
        it, `complete` may add what takes time to find out of an item, such as the
        language; the texts stay as they are.
        """
        return [
            one for batch in _batches(items) for one in self._fired(batch, complete)
        ]

    def _fired(
        self, items: Sequence[Item], complete: Callable[[Item], Item] | None
    ) -> Iterator[tuple[list[Compiled], View | None]]:
        if len(self._pieces) > self.most_pieces:
            self._pieces = Pieces(self.lexicon)
        looked = Looked(self._pieces, items)
        if self._lessons:
            self._learn(looked.reading(number) for number in range(len(items)))
        called = self._index.candidates(items, looked)
        for number, (item, one) in enumerate(zip(items, called, strict=True)):
            if not one.rules:
                yield [], None
                continue
            decided = self._decided(one)
            if complete is not None and not decided:
                item = complete(item)  # noqa: PLW2901 - the same, and more is known
            view = View(item, self.lexicon, looked.reading(number))
            if decided:
                yield [self.rules[number] for number in one.rules], view
            else:
                yield list(self._holding(one, item, view)), view

    def _decided(self, called: Called) -> bool:
        """Say whether the words of an item alone have decided about each rule."""
        return not any(called.doubts) and self._bound.isdisjoint(called.rules)

    def _holding(self, called: Called, item: Item, view: View) -> Iterator[Compiled]:
        for number, doubt in zip(called.rules, called.doubts, strict=True):
            rule = self.rules[number]
            if doubt and not rule.clause.holds(view):
                continue
            if number not in self._bound or not rule.where.refusal(item):
                yield rule

    def _learn(self, readings: Iterable[PieceReading]) -> None:
        for reading in readings:
            self.frequencies.count(reading.atoms)
        if self.frequencies.items >= self._lessons[0]:
            self._lessons = self._lessons[1:]
            self._index = Index(
                [rule.clause for rule in self.rules], self.lexicon, self.frequencies
            )

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


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield items in lists whose texts are not too much for the nearest memory."""
    first = letters = 0
    for number, item in enumerate(items):
        length = len(item.title) + len(item.summary) + len(item.body)
        letters += length
        if number > first and (
            letters > _MOST_LETTERS or number - first == _MOST_ITEMS
        ):
            yield items[first:number]
            first, letters = number, length
    if first < len(items):
        yield items[first:]


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
