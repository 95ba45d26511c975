"""Which rules come into question for an item: filed under words, looked up by them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.clauses import Clause
from monitor.detect.gates import Frequencies, GateMaker, Gates
from monitor.detect.hashing import Numbers, Places
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.reading import Looked
from monitor.detect.rows import Rows
from monitor.detect.text import words
from monitor.model import Item

_SHORT_ROW = 8
"""Ways under one atom that are held side by side."""


@dataclass(frozen=True, slots=True)
class Present:
    """The atoms that stand in some items."""

    atoms: Places
    items: Places
    """For each atom, in which of the items."""
    count: int
    """How many items there are."""


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
        firsts = ((a, n) for n, (_, way) in enumerate(ways) for a in way.firsts)
        self._ways = Rows(_SHORT_ROW, self._rows(firsts))
        self._needs = self._levels([way.needs for _, way in ways])
        unsure = ((),)
        sure = [unsure if way.sure is None else way.sure for _, way in ways]
        self._sure = self._levels(sure)
        self._absent = self._table([way.absent for _, way in ways])
        self._brings: Rows | None = None
        if maker.groups:
            brought = (
                (atom, self.place(group))
                for several, group in maker.groups.items()
                for atom in several
            )
            self._brings = Rows(_SHORT_ROW, self._rows(brought))

    def place(self, atom: Atom) -> int:
        """Return the place of an atom, a group, or what stands for an attribute's."""
        return atom if atom >= 0 else self._atoms - 1 - atom

    def _rows(self, pairs: Iterable[tuple[Atom, int]]) -> list[list[int]]:
        empty: list[int] = []
        rows = [empty] * (self._width - 2)
        for atom, number in pairs:
            place = self.place(atom)
            if rows[place] is empty:
                rows[place] = [number]
            else:
                rows[place].append(number)
        return rows

    def _levels(self, several: Sequence[Sequence[Iterable[Atom]]]) -> list[Numbers]:
        """Return a table of the first of the sets of each way, of the second, and so on."""
        always = (self._atoms - self._width,)
        return [
            self._table([one[level] if level < len(one) else always for one in several])
            for level in range(max(map(len, several), default=0))
        ]

    def _table(self, several: Sequence[Iterable[Atom]]) -> Numbers:
        place, never = self.place, self._width - 2
        rows = [[place(atom) for atom in atoms] for atoms in several]
        width = max(map(len, rows), default=0)
        filled = [[*row, *[never] * (width - len(row))] for row in rows]
        return np.array(filled, np.int32).reshape(len(rows), width)

    def candidates(self, present: Present) -> list[Called]:
        """Return for each item the rules that may hold, in order."""
        if self._brings is not None:
            present = _with_groups(present, self._brings)
        found, rows = self._ways.take(present.atoms)
        if not found.size:
            return [NOBODY] * present.count
        bases = present.items.take(rows) * self._width
        marked = present.atoms + present.items * self._width
        if len(self._marks) < present.count * self._width:
            self._marks = np.zeros(present.count * self._width, np.bool_)
            self._marks[self._width - 1 :: self._width] = True
        self._marks[marked] = True
        found, bases = self._survivors(found, bases)
        sure = np.ones(len(found), np.bool_)
        for level in self._sure if found.size else ():
            sure &= self._any(level, found, bases)
        self._marks[marked] = False
        items = bases // self._width
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

    def _survivors(self, found: Numbers, bases: Places) -> tuple[Numbers, Places]:
        """Keep the ways whose needs are met, and of which nothing is there too much."""
        for level in self._needs:
            met = self._any(level, found, bases).nonzero()[0]
            found, bases = found.take(met), bases.take(met)
            if not found.size:
                return found, bases
        if self._absent.shape[1]:
            met = (~self._any(self._absent, found, bases)).nonzero()[0]
            found, bases = found.take(met), bases.take(met)
        return found, bases

    def _any(self, table: Numbers, ways: Numbers, bases: Places) -> NDArray[np.bool_]:
        """Say for ways of items whether any of a table's atoms is there."""
        marks = self._marks.take(table.take(ways, 0) + bases[:, None])
        found: NDArray[np.bool_] = np.logical_or.reduce(marks, 1)
        return found


def _with_groups(present: Present, brings: Rows) -> Present:
    groups, rows = brings.take(present.atoms)
    return Present(
        np.concatenate((present.atoms, groups)),
        np.concatenate((present.items, present.items.take(rows))),
        present.count,
    )


class Index:
    """Rules filed by what is known of how common words are."""

    def __init__(
        self, clauses: Sequence[Clause], lexicon: Lexicon, frequencies: Frequencies
    ) -> None:
        """File the clauses of rules; each must have gates (ValueError else)."""
        maker = GateMaker(frequencies)
        gates = [_gates(clause, maker) for clause in clauses]
        self._filing = Filing(gates, maker, len(lexicon))
        self._attributes = {
            name: {atom: self._filing.place(number) for atom, number in own.items()}
            for name, own in maker.attributes.items()
        }
        self._lexicon = lexicon

    def candidates(self, items: Sequence[Item], looked: Looked) -> list[Called]:
        """Return for each item the rules that may hold, in order."""
        present = Present(*looked.present(), len(items))
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
