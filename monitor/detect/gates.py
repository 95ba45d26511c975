"""Which items a rule need not look at: the words without which it cannot hold.

A rule has *ways* to hold. Each is filed under its *firsts*: an item that has none of
them cannot match that way. Of each of its *needs* the item must have one word too. For
`(a OR b NEAR/5 e) AND (c OR d)` there are two ways: a, which needs c or d, and b, which
needs e, and c or d; what must be absent is neither. A list of many words counts as one
atom, a *group*, which each of its words brings with it, so that lists do not multiply.
Two words side by side, a *pair*, count as one atom as well: a phrase is far rarer than
its words.

Of many ways it is also known what makes them *sure*: where a first is there, and one
word of each of some sets, and no word of another one, the clause holds without a look
at it. A NEAR is never sure, since its words may stand anywhere, nor a phrase of more
than two words.

Two words instead of one is what keeps an item's cost nearly flat as rules grow in
number: almost no item has two words of a rule by chance.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from operator import itemgetter
from typing import NamedTuple

from monitor.detect.clauses import (
    AllClause,
    AtLeastClause,
    Clause,
    EitherClause,
    NamedClause,
    NotClause,
    SomeClause,
    TermClause,
)
from monitor.detect.lexicon import Atom
from monitor.detect.proximity import ExceptClause, NearClause
from monitor.detect.text import ATTRIBUTES

_LONG_LIST = 8
_MOST_NEEDS = 3
_MOST_WAYS = 8
_WEIGHT_OF_GUESS = 50
"""In items."""
_TOGETHER = 0.5
"""How much rarer than its rarest word several words together are taken to be."""
_UNKNOWN = frozenset({"lang", "country"})
"""Fields that often are empty, so that nothing may depend on their words."""


_Atoms = frozenset[Atom]
_NONE: _Atoms = frozenset()
_Asked = tuple[tuple[_Atoms, ...], _Atoms, tuple[_Atoms, ...] | None]


class Way(NamedTuple):
    """One way in which a clause may come to hold."""

    firsts: _Atoms
    """One of these must be there."""
    needs: tuple[_Atoms, ...] = ()
    """And one of each of these."""
    absent: _Atoms = frozenset()
    """And none of these."""
    sure: tuple[_Atoms, ...] | None = None
    """Besides a first, one of each of these makes it hold, if nothing that must be
    absent is there; None where only a look can tell."""

    @property
    def alone(self) -> bool:
        """Whether any of its firsts is all that is asked."""
        return self.sure == () and not self.absent


@dataclass(frozen=True, slots=True)
class Gates:
    """What an item must have for a clause to hold."""

    cost: float
    """The share of items that is expected to pass."""
    ways: tuple[Way, ...]
    """It cannot hold but in one of these."""

    @property
    def firsts(self) -> _Atoms:
        """The firsts of all ways."""
        if len(self.ways) == 1:
            return self.ways[0].firsts
        return frozenset(chain.from_iterable(way.firsts for way in self.ways))

    @property
    def needs(self) -> tuple[_Atoms, ...]:
        """What must be there besides, whatever the way."""
        if len(self.ways) == 1:
            return self.ways[0].needs
        if not any(way.needs for way in self.ways):
            return ()
        each = (way.needs[0] if way.needs else way.firsts for way in self.ways)
        return (frozenset(chain.from_iterable(each)),)


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
        letters = len(word) - word.count("*") - word.count("?")
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
        self.pairs: dict[tuple[Atom, Atom], int] = {}
        """Numbers below 0 of two atoms whose words stand side by side."""
        self.attributes: dict[str, dict[Atom, int]] = {}
        """For attributes of which a gate asks, what stands for an atom in them."""
        self._words: dict[Atom, Gates] = {}
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
                found = [self.of(one) for one in clause.inner[: 2 - alone]]
                return _unsure(self._all(found))
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
            gates = self._all(found)
            return self._without(gates, clause, found) if gates else None
        return _unsure(self._some(clause.count, found))

    def _named(self, clause: NamedClause) -> Gates | None:
        key = id(clause.definition)
        if key not in self._known:
            # The clause is kept too, so that its id stays its own.
            self._known[key] = (clause.definition, self.of(clause.definition))
        return self._known[key][1]

    def _term(self, clause: TermClause) -> Gates | None:
        if clause.scope in _UNKNOWN:
            return None
        if clause.simple:
            return self._simple(clause.atoms[0], clause.term.words[0])
        words = zip(clause.atoms, clause.term.words, strict=True)
        shares = [(atom, self.frequencies.share(atom, word)) for atom, word in words]
        if clause.scope in ATTRIBUTES:
            own = self.attributes.setdefault(clause.scope, {})
            shares = [
                (own.setdefault(atom, -1 - self.numbered), share)
                for atom, share in shares
            ]
        elif len(shares) > 1:
            shares = [
                (self._pair(one, other), min(share, next_share) * _TOGETHER)
                for (one, share), (other, next_share) in pairwise(shares)
            ]
        (rarest, share), *others = sorted(dict(shares).items(), key=itemgetter(1))
        if clause.pair:
            return Gates(share, (Way(frozenset((rarest,)), sure=()),))
        needs = tuple(frozenset((one,)) for one, _ in others[:_MOST_NEEDS])
        both = share * (_TOGETHER if others else 1)
        return Gates(both, (Way(frozenset((rarest,)), needs),))

    def _pair(self, one: Atom, other: Atom) -> int:
        return self.pairs.setdefault((one, other), -1 - self.numbered)

    def _simple(self, atom: Atom, word: str) -> Gates:
        known = self._words.get(atom)
        if known is None:
            way = Way(frozenset((atom,)), sure=())
            known = Gates(self.frequencies.share(atom, word), (way,))
            self._words[atom] = known
        return known

    @property
    def numbered(self) -> int:
        """How many numbers below 0 are in use."""
        return (
            len(self.groups) + len(self.pairs) + sum(map(len, self.attributes.values()))
        )

    def _either(self, found: Sequence[Gates | None]) -> Gates | None:
        known = [one for one in found if one is not None]
        if len(known) < len(found) or not known:
            return None
        alike: dict[_Asked, list[_Atoms]] = {}
        for way in chain.from_iterable(one.ways for one in known):
            key = (way.needs, way.absent, way.sure)
            alike.setdefault(key, []).append(way.firsts)
        ways = [
            Way(self._short(_NONE.union(*several)), *asked)
            for asked, several in alike.items()
        ]
        if len(ways) > _MOST_WAYS:
            ways = self._merged(ways)
        return Gates(sum(one.cost for one in known), tuple(ways))

    def _merged(self, ways: Sequence[Way]) -> list[Way]:
        """Make three ways of many: which are sure, which are not, and which need more."""
        alone = [way for way in ways if way.alone]
        plain = [way for way in ways if not way.alone and not way.needs]
        needy = [way for way in ways if not way.alone and way.needs]
        needs = _NONE.union(*(need for way in needy for need in way.needs[:1]))
        return [
            Way(self._short(_NONE.union(*(way.firsts for way in several))), *asked)
            for several, asked in (
                (alone, ((), _NONE, ())),
                (plain, ((),)),
                (needy, ((self._short(needs),),)),
            )
            if several
        ]

    def _short(self, atoms: frozenset[Atom]) -> frozenset[Atom]:
        if len(atoms) <= _LONG_LIST:
            return atoms
        # A list of lists is the list of all their words: a word brings its groups
        # with it, and a group brings nothing.
        flat = frozenset(
            chain.from_iterable(self._members.get(atom, (atom,)) for atom in atoms)
        )
        number = self.groups.setdefault(flat, -1 - self.numbered)
        self._members[number] = flat
        return frozenset((number,))

    def _all(self, found: Sequence[Gates | None]) -> Gates | None:
        known = sorted((g for g in found if g is not None), key=lambda one: one.cost)
        if not known:
            return None
        others = [
            self._short(need) for one in known[1:] for need in (one.firsts, *one.needs)
        ]
        sure = [self._sure(one) for one in known[1:]]
        ways = tuple(self._with_needs(way, others, sure) for way in known[0].ways)
        return Gates(known[0].cost * _TOGETHER, ways)

    def _sure(self, gates: Gates) -> _Atoms:
        """Return the atoms of which each alone makes a clause hold."""
        firsts = (way.firsts for way in gates.ways if way.alone)
        return self._short(_NONE.union(*firsts))

    def _with_needs(
        self, way: Way, others: Sequence[_Atoms], sure: Sequence[_Atoms]
    ) -> Way:
        # A need that every first meets would ask for nothing.
        useful = (n for n in chain(way.needs, others) if not way.firsts <= n)
        needs = tuple(islice(dict.fromkeys(useful), _MOST_NEEDS))
        told = way.sure is not None and all(sure)
        return Way(
            way.firsts,
            needs,
            way.absent,
            (*(way.sure or ()), *sure) if told else None,
        )

    def _without(
        self, gates: Gates, clause: AllClause, found: Sequence[Gates | None]
    ) -> Gates:
        """Add to the gates of an AND the words of which none may be there."""
        absent: set[Atom] = set()
        whole = True
        for one, gated in zip(clause.inner, found, strict=True):
            words = self._unwanted(one)
            absent.update(words)
            whole = whole and (gated is not None or bool(words))
        ways = tuple(
            Way(
                way.firsts,
                way.needs,
                self._short(way.absent | absent),
                way.sure if whole else None,
            )
            for way in gates.ways
        )
        return Gates(gates.cost, ways)

    def _unwanted(self, clause: Clause) -> list[Atom]:
        """Return the atoms of which each makes a NOT fail, if that is all it asks."""
        return self._enough(clause.inner[0]) if isinstance(clause, NotClause) else []

    def _enough(self, clause: Clause) -> list[Atom]:
        """Return the atoms of which any makes a clause hold; none where more is asked."""
        if isinstance(clause, NamedClause):
            return self._enough(clause.definition)
        if isinstance(clause, EitherClause):
            lists = [self._enough(one) for one in clause.inner]
            return list(chain.from_iterable(lists)) if all(lists) else []
        if isinstance(clause, TermClause) and clause.simple:
            return [clause.atoms[0]]
        if isinstance(clause, TermClause) and clause.pair:
            return [self._pair(*clause.atoms)]
        return []

    def _some(self, count: int, found: Sequence[Gates | None]) -> Gates | None:
        known = sorted((g for g in found if g is not None), key=lambda one: one.cost)
        enough = len(found) - count + 1
        return self._either(known[:enough]) if len(known) >= enough else None


def _unsure(gates: Gates | None) -> Gates | None:
    """Return the gates of a clause that needs more than those that they are of."""
    if gates is None:
        return None
    ways = tuple(Way(way.firsts, way.needs, way.absent) for way in gates.ways)
    return Gates(gates.cost, ways)
