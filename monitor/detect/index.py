"""Which rules come into question for an item: filed under words, looked up by them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.clauses import Clause
from monitor.detect.gates import Frequencies, GateMaker, Gates, Way
from monitor.detect.hashing import Numbers, Places
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.looked import Looked
from monitor.detect.pairs import Pairs
from monitor.detect.rows import Filed, Sets
from monitor.detect.text import words
from monitor.model import Item


@dataclass(frozen=True, slots=True)
class Present:
    """The atoms that stand in some items."""

    atoms: Places
    items: Places
    """For each atom, in which of the items."""
    count: int
    """How many items there are."""

    def with_more(self, atoms: Places | Numbers, rows: Places) -> "Present":
        """Add atoms; `rows`: for each the place of one of the same item."""
        return Present(
            np.concatenate((self.atoms, atoms)),
            np.concatenate((self.items, self.items.take(rows))),
            self.count,
        )


class Called(NamedTuple):
    """The rules that come into question for an item, in order."""

    rules: Sequence[int]
    doubts: Sequence[int]
    """For each 0 where it surely holds, else 1."""


NOBODY = Called((), ())


class Filing:
    """An index of rules, by number, over the ways of their gates.

    What stands in items is marked in an array, with a place for each atom in each item.
    A way comes into question where one of its firsts is there, and of each of its needs
    one place is marked; it is sure where that goes for all that makes it so.
    """

    def __init__(self, gates: Sequence[Gates], maker: GateMaker, atoms: int) -> None:
        """File each way under its firsts; `atoms`: how many there are from 0 on."""
        ways = [(rule, way) for rule, one in enumerate(gates) for way in one.ways]
        self._atoms = atoms
        self._rules = np.array([rule for rule, _ in ways], np.int32)
        self._most = max(len(gates), 1)
        self._width = atoms + maker.numbered + 2
        """Places of one item. The last is always marked, the one before it never."""
        self._marks = np.zeros(0, np.bool_)
        self._ways = self._filed(
            (a, n) for n, (_, way) in enumerate(ways) for a in way.firsts
        )
        needs = self._columns([way.needs for _, way in ways])
        sure = self._columns([_surely(way) for _, way in ways])
        absent = [way.absent for _, way in ways]
        # The first need throws most of them out, so that it stands apart.
        self._need = self._sets(needs[:1])
        self._rest = self._sets([*needs[1:], absent, *sure])
        self._musts = len(needs)
        """Of the rest so many must be as they should; the others make it sure."""
        self._unwanted = np.arange(len(needs) + len(sure)) == len(needs) - 1
        self._brings = self._filed(
            (atom, self.place(group))
            for several, group in maker.groups.items()
            for atom in several
        )

    def place(self, atom: Atom) -> int:
        """Return the place of an atom, a group, or what stands for an attribute's."""
        return atom if atom >= 0 else self._atoms - 1 - atom

    def _filed(self, numbers: Iterable[tuple[Atom, int]]) -> Filed:
        rows: dict[int, list[int]] = {}
        for atom, number in numbers:
            rows.setdefault(self.place(atom), []).append(number)
        return Filed(rows, self._width)

    def _columns(
        self, several: Sequence[Sequence[Iterable[Atom]]]
    ) -> list[list[Iterable[Atom]]]:
        """Return the first of the sets of each way, then the second ones, and so on."""
        always = (self._atoms - self._width,)
        return [
            [one[level] if level < len(one) else always for one in several]
            for level in range(max(map(len, several), default=1) or 1)
        ]

    def _sets(self, columns: Sequence[Sequence[Iterable[Atom]]]) -> Sets:
        rows = [
            [[*map(self.place, atoms)] for atoms in one]
            for one in zip(*columns, strict=True)
        ]
        return Sets(rows, self._width - 2)

    def candidates(self, present: Present) -> list[Called]:
        """Return for each item the rules that may hold, in order."""
        if self._brings:
            present = present.with_more(*self._brings.take(present.atoms))
        found, rows = self._ways.take(present.atoms)
        if not found.size:
            return [NOBODY] * present.count
        bases = present.items.take(rows) * self._width
        marked = present.atoms + present.items * self._width
        if len(self._marks) < present.count * self._width:
            self._marks = np.zeros(present.count * self._width, np.bool_)
            self._marks[self._width - 1 :: self._width] = True
        self._marks[marked] = True
        met = self._need.met(found, self._marks, bases).ravel().nonzero()[0]
        found, bases = found.take(met), bases.take(met)
        told = self._rest.met(found, self._marks, bases) != self._unwanted
        self._marks[marked] = False
        met = told[:, : self._musts].all(1).nonzero()[0]
        found, items = found.take(met), bases.take(met) // self._width
        sure = told[:, self._musts :].all(1).take(met)
        return self._called(self._rules.take(found), items, sure, present.count)

    def _called(
        self, rules: Numbers, items: Places, sure: NDArray[np.bool_], count: int
    ) -> list[Called]:
        """Return the rules of each item once, surely holding if one way is sure."""
        if not rules.size:
            return [NOBODY] * count
        keys = (items * self._most + rules) * 2 + ~sure
        keys.sort()
        places = keys >> 1
        first = np.ones(len(keys), np.bool_)
        first[1:] = places[1:] != places[:-1]
        keys, places = keys[first], places[first]
        ends = places.searchsorted(np.arange(1, count + 1) * self._most).tolist()
        numbers = (places % self._most).tolist()
        doubts = (keys & 1).tolist()
        return [
            Called(numbers[start:end], doubts[start:end]) if start < end else NOBODY
            for start, end in pairwise((0, *ends))
        ]


def _surely(way: Way) -> Sequence[Iterable[Atom]]:
    """Return what makes a way sure: nothing can, where it takes a look."""
    return ((),) if way.sure is None else way.sure


class Index:
    """Rules filed by what is known of how common words are."""

    def __init__(
        self, clauses: Sequence[Clause], lexicon: Lexicon, frequencies: Frequencies
    ) -> None:
        """File the clauses of rules; each must have gates (ValueError else)."""
        maker = GateMaker(frequencies)
        gates = [_gates(clause, maker) for clause in clauses]
        self._filing = Filing(gates, maker, len(lexicon))
        self._pairs = Pairs(
            {pair: self._filing.place(number) for pair, number in maker.pairs.items()},
            len(lexicon),
        )
        self._attributes = {
            name: {atom: self._filing.place(number) for atom, number in own.items()}
            for name, own in maker.attributes.items()
        }
        self._lexicon = lexicon

    def candidates(self, items: Sequence[Item], looked: Looked) -> list[Called]:
        """Return for each item the rules that may hold, in order."""
        present = Present(looked.atoms, looked.items, len(items))
        if self._pairs:
            pairs = self._pairs.among(looked.atoms, looked.positions)
            present = present.with_more(*pairs)
        if self._attributes:
            found = [
                (place, number)
                for number, item in enumerate(items)
                for place in self._in_attributes(item)
            ]
            if found:
                more = np.array(found, np.intp)
                present = Present(
                    np.concatenate((present.atoms, more[:, 0])),
                    np.concatenate((present.items, more[:, 1])),
                    present.count,
                )
        return self._filing.candidates(present)

    def _in_attributes(self, item: Item) -> Iterator[int]:
        for name, places in self._attributes.items():
            for value in item.tags if name == "tag" else (getattr(item, name),):
                for word in words(value):
                    for atom in self._lexicon.atoms(word):
                        if atom in places:
                            yield places[atom]


def _gates(clause: Clause, maker: GateMaker) -> Gates:
    gates = maker.of(clause)
    if gates is None:
        message = "nothing must be there for this rule to hold"
        raise ValueError(message)
    return gates
