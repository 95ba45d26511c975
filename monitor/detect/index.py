"""Which rules come into question for an item: filed under words, looked up by them."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from monitor.detect.clauses import Clause, NamedClause, TermClause
from monitor.detect.gates import Frequencies, GateMaker, Gates
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.memo import Memo
from monitor.detect.text import words_of
from monitor.model import Item

_LONG_ROW = 16
"""Rules under one word, from which on a second word is looked up as well."""


class Filing:
    """An immutable index of rules, by number, over their gates."""

    def __init__(self, gates: Sequence[Gates]) -> None:
        """File each rule under its firsts."""
        self._needs = tuple(one.needs for one in gates)
        nothing: frozenset[Atom] = frozenset()
        self._first_need = [one[0] if one else nothing for one in self._needs]
        self._needless = {n for n, one in enumerate(self._needs) if not one}
        self._further = {n for n, one in enumerate(self._needs) if len(one) > 1}
        self._filed: dict[Atom, tuple[int, ...]] = {}
        self._paired: dict[Atom, dict[Atom, tuple[int, ...]]] = {}
        rows: dict[Atom, list[int]] = {}
        for number, one in enumerate(gates):
            for first in one.firsts:
                rows.setdefault(first, []).append(number)
        for first, row in rows.items():
            if len(row) > _LONG_ROW:
                self._pair(first, row)
            else:
                self._filed[first] = tuple(row)

    def _pair(self, first: Atom, row: Sequence[int]) -> None:
        """File the rules of a common word under a second word as well."""
        pairs: dict[Atom, list[int]] = {}
        alone = []
        for number in row:
            needs = self._needs[number]
            if not needs:
                alone.append(number)
            for second in needs[0] if needs else ():
                pairs.setdefault(second, []).append(number)
        self._paired[first] = {two: tuple(found) for two, found in pairs.items()}
        if alone:
            self._filed[first] = tuple(alone)

    def atoms(self) -> Iterator[Atom]:
        """Yield every atom that tells which rules come into question."""
        yield from self._filed
        yield from self._paired
        for needs in self._needs:
            yield from chain.from_iterable(needs)

    def candidates(self, present: AbstractSet[Atom]) -> list[int]:
        """Return the rules that may hold where these atoms are present, in order."""
        filed, paired, needs = self._filed, self._paired, self._needs
        called = set[int]().union(*map(filed.__getitem__, filed.keys() & present))
        for atom in paired.keys() & present:
            row = paired[atom]
            called.update(*map(row.__getitem__, row.keys() & present))
        first, further = self._first_need, self._further
        # Sets, one call a rule: this line is where a large rulebook spends its time.
        found = [n for n in called if not first[n].isdisjoint(present)]
        found += self._needless & called
        if not further.isdisjoint(found):
            found = [
                n
                for n in found
                if n not in further
                or not any(need.isdisjoint(present) for need in needs[n][1:])
            ]
        found.sort()
        return found


class Index:
    """Rules filed by what is known of how common words are; immutable."""

    def __init__(
        self, clauses: Sequence[Clause], lexicon: Lexicon, frequencies: Frequencies
    ) -> None:
        """File the clauses of rules; each must have gates (ValueError else)."""
        maker = GateMaker(frequencies)
        self._filing = Filing([_gates(clause, maker) for clause in clauses])
        self._lexicon = lexicon
        self._attributes = tuple(sorted(maker.attributes))
        self._groups: dict[Atom, list[int]] = {}
        for atoms, number in maker.groups.items():
            for atom in atoms:
                self._groups.setdefault(atom, []).append(number)
        self._asked = frozenset(chain(_asked(clauses), self._filing.atoms()))
        self._memo: Memo[tuple[Atom, ...]] = Memo(self._atoms_of)

    def _atoms_of(self, chunk: str) -> tuple[Atom, ...]:
        """Return the atoms of a piece of text that some rule asks for."""
        found: list[Atom] = []
        for word in words_of(chunk):
            own: tuple[Atom, ...] = (word, *self._lexicon.memo[word])
            found += own
            for atom in own:
                found += self._groups.get(atom, ())
        return tuple(atom for atom in found if atom in self._asked)

    def present(self, item: Item) -> set[Atom]:
        """Return the atoms of an item's texts that some rule asks for."""
        chunks = f"{item.title}\n{item.summary}\n{item.body}".split()
        return set(chain.from_iterable(map(self._memo.__getitem__, set(chunks))))

    def candidates(self, present: AbstractSet[Atom], item: Item) -> list[int]:
        """Return the rules that may hold on an item that has these atoms, in order."""
        if self._attributes:
            present = self._with_attributes(present, item)
        return self._filing.candidates(present)

    def _with_attributes(self, present: AbstractSet[Atom], item: Item) -> set[Atom]:
        found = set(present)
        for name in self._attributes:
            values = item.tags if name == "tag" else (getattr(item, name),)
            for value in values:
                found.update(*map(self._memo.__getitem__, value.split()))
        return found


def _gates(clause: Clause, maker: GateMaker) -> Gates:
    gates = maker.of(clause)
    if gates is None:
        message = "nothing must be there for this rule to hold"
        raise ValueError(message)
    return gates


def _asked(clauses: Iterable[Clause]) -> Iterator[Atom]:
    """Yield the atoms that clauses ask for; those of a definition once."""
    waiting = list(clauses)
    seen: set[int] = set()
    while waiting:
        clause = waiting.pop()
        if isinstance(clause, TermClause):
            yield from clause.atoms
        elif not isinstance(clause, NamedClause):
            waiting += clause.inner
        elif id(clause.definition) not in seen:
            seen.add(id(clause.definition))
            waiting += clause.inner
