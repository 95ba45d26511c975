"""Which items a rule need not look at: the words without which it cannot hold.

A rule is filed under its *firsts*: an item that has none of them cannot match. Of
each of its *needs* it must have one word too. For `(a OR b) AND (c OR d)` the firsts
are a and b, and c and d are a need; what must be absent is neither. A list of many
words counts as one atom, a *group*, which each of its words brings with it, so that
lists do not multiply.

Two words instead of one is what keeps an item's cost nearly flat as rules grow in
number: almost no item has two words of a rule by chance.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from monitor.detect.clauses import (
    AllClause,
    AtLeastClause,
    Clause,
    EitherClause,
    ExceptClause,
    NamedClause,
    NearClause,
    SomeClause,
    TermClause,
)
from monitor.detect.lexicon import Atom
from monitor.detect.text import ATTRIBUTES

_LONG_LIST = 8
_MOST_NEEDS = 3
_WEIGHT_OF_GUESS = 50
"""In items."""
_TOGETHER = 0.5
"""How much rarer than its rarest word several words together are taken to be."""
_UNKNOWN = frozenset({"lang", "country"})
"""Fields that often are empty, so that nothing may depend on their words."""


@dataclass(frozen=True, slots=True)
class Gates:
    """What an item must have for a clause to hold."""

    cost: float
    """The share of items that is expected to pass."""
    firsts: frozenset[Atom]
    """One of these."""
    needs: tuple[frozenset[Atom], ...] = ()
    """And one of each of these."""


class Frequencies:
    """How often words come up in the items that are matched.

    A rule is best filed under its rarest words. Until items have been seen, long
    words count as rare; after that, what was counted outweighs the guess.
    """

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.items = 0
        self._counts: Counter[Atom] = Counter()

    def count(self, present: Iterable[Atom]) -> None:
        """Count the atoms of one item."""
        self.items += 1
        self._counts.update(present)

    def share(self, atom: Atom, word: str) -> float:
        """Return which share of items is expected to have an atom, written `word`."""
        letters = sum(c not in "*?" for c in word)
        wild = 3.0 if letters < len(word) else 1.0
        guess = wild * 0.1 / max(letters, 1) ** 2
        seen = self._counts.get(atom, 0)
        return (seen + guess * _WEIGHT_OF_GUESS) / (self.items + _WEIGHT_OF_GUESS)


class GateMaker:
    """Works out the gates of a set of clauses."""

    def __init__(self, frequencies: Frequencies) -> None:
        """Take rare words first."""
        self.frequencies = frequencies
        self.groups: dict[frozenset[Atom], int] = {}
        """Numbers below 0 of lists of atoms that count as one atom."""
        self._members: dict[Atom, frozenset[Atom]] = {}
        self.attributes: set[str] = set()
        """Attributes whose words some gate asks for."""
        self._known: dict[int, tuple[Clause, Gates | None]] = {}

    def of(self, clause: Clause) -> Gates | None:
        """Return a clause's gates; None where it may hold on any item."""
        match clause:
            case TermClause():
                return self._term(clause)
            case NamedClause():
                return self._named(clause)
            case NearClause() | ExceptClause() | AtLeastClause():
                alone = not isinstance(clause, NearClause) or clause.negated
                return self._all([self.of(one) for one in clause.inner[: 2 - alone]])
            case EitherClause() | AllClause() | SomeClause():
                return self._list(clause, [self.of(one) for one in clause.inner])
            case _:
                return None

    def _list(
        self,
        clause: EitherClause | AllClause | SomeClause,
        found: Sequence[Gates | None],
    ) -> Gates | None:
        if isinstance(clause, EitherClause):
            return self._either(found)
        if isinstance(clause, AllClause):
            return self._all(found)
        return self._some(clause.count, found)

    def _named(self, clause: NamedClause) -> Gates | None:
        key = id(clause.definition)
        if key not in self._known:
            # The clause is kept too, so that its id stays its own.
            self._known[key] = (clause.definition, self.of(clause.definition))
        return self._known[key][1]

    def _term(self, clause: TermClause) -> Gates | None:
        if clause.scope in _UNKNOWN:
            return None
        if clause.scope in ATTRIBUTES:
            self.attributes.add(clause.scope)
        words = zip(clause.atoms, clause.term.words, strict=True)
        shares = {atom: self.frequencies.share(atom, word) for atom, word in words}
        rarest, *others = sorted(shares, key=shares.__getitem__)
        if not others:
            return Gates(shares[rarest], frozenset((rarest,)))
        both = shares[rarest] * _TOGETHER
        return Gates(both, frozenset((rarest,)), (frozenset(others[:1]),))

    def _either(self, found: Sequence[Gates | None]) -> Gates | None:
        known = [one for one in found if one is not None]
        if len(known) < len(found) or not known:
            return None
        firsts = frozenset(chain.from_iterable(one.firsts for one in known))
        needs: tuple[frozenset[Atom], ...] = ()
        if all(one.needs for one in known):
            either = frozenset(chain.from_iterable(one.needs[0] for one in known))
            needs = (self._short(either),)
        return Gates(sum(one.cost for one in known), self._short(firsts), needs)

    def _short(self, atoms: frozenset[Atom]) -> frozenset[Atom]:
        if len(atoms) <= _LONG_LIST:
            return atoms
        # A list of lists is the list of all their words: a word brings its groups
        # with it, and a group brings nothing.
        flat = frozenset(
            chain.from_iterable(self._members.get(atom, (atom,)) for atom in atoms)
        )
        number = self.groups.setdefault(flat, -1 - len(self.groups))
        self._members[number] = flat
        return frozenset((number,))

    def _all(self, found: Sequence[Gates | None]) -> Gates | None:
        known = sorted((g for g in found if g is not None), key=lambda one: one.cost)
        if not known:
            return None
        best = known[0]
        others = chain.from_iterable((one.firsts, *one.needs) for one in known[1:])
        # A need that every first meets would ask for nothing.
        useful = (one for one in chain(best.needs, others) if not best.firsts <= one)
        needs = tuple(islice(dict.fromkeys(useful), _MOST_NEEDS))
        return Gates(best.cost * _TOGETHER, best.firsts, needs)

    def _some(self, count: int, found: Sequence[Gates | None]) -> Gates | None:
        known = sorted((g for g in found if g is not None), key=lambda one: one.cost)
        enough = len(found) - count + 1
        return self._either(known[:enough]) if len(known) >= enough else None
