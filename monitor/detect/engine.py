"""Many rules against one item: a percolator.

Each rule is filed under the rarest words without which it cannot hold. The words of
an item call up the rules filed under them; a second set of words that a rule needs
throws most of these out again; only what is left is evaluated. So the cost of an
item grows with the rules that might fire on it, not with all there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.detect.clauses import Clause, Leaf
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.text import ATTRIBUTES, Document, fold
from monitor.detect.view import View
from monitor.model import Item, Span

MOST_SPANS = 24
"""Places that one match shows as its evidence."""


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
        return ""


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
    """An immutable set of rules that share one lexicon."""

    def __init__(self, rules: Sequence[Compiled], lexicon: Lexicon) -> None:
        """File the rules; each must have an anchor (`checking` sees to it)."""
        self.lexicon = lexicon
        self.rules = tuple(rules)
        self._filed: dict[Atom, list[int]] = {}
        self._needed: list[frozenset[Atom]] = []
        for number, rule in enumerate(self.rules):
            anchors = rule.clause.anchors()
            if anchors is None:
                message = f"rule {rule.id} has no anchor"
                raise ValueError(message)
            self._needed.append(anchors.needed)
            for atom in anchors.atoms:
                self._filed.setdefault(atom, []).append(number)

    def candidates(self, view: View) -> list[int]:
        """Return the numbers of the rules that may fire, in their order."""
        atoms = view.all_atoms
        called: set[int] = set()
        for atom in self._filed.keys() & atoms:
            called.update(self._filed[atom])
        return sorted(
            number
            for number in called
            if not self._needed[number] or not self._needed[number].isdisjoint(atoms)
        )

    def match(self, item: Item) -> list[Hit]:
        """Return the rules that fire on an item, in their order."""
        view = View(Document.of(item), self.lexicon)
        hits = []
        for number in self.candidates(view):
            rule = self.rules[number]
            if not rule.where.refusal(item) and rule.clause.holds(view):
                hits.append(Hit(rule, evidence(rule.clause, view)))
        return hits


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
    first, last, term = leaf
    segment = view.document.segment(first)
    if segment.field in ATTRIBUTES:
        return None
    start, end = segment.token(first).start, segment.token(last).end
    return Span(
        field=segment.field,
        start=start,
        end=end,
        text=segment.text[start:end],
        clause=term.text,
    )
