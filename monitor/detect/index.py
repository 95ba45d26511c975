"""Which rules come into question for an item: filed under words, looked up by them."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from monitor.detect.clauses import Clause, NamedClause, TermClause
from monitor.detect.gates import Frequencies, GateMaker, Gates
from monitor.detect.lexicon import UNASKED, Atom, Filed, Lexicon, Piece
from monitor.detect.memo import Memo
from monitor.detect.reading import Reading, shortened
from monitor.detect.text import MOST_WORDS, words_of
from monitor.model import Item

_MANY = 48
"""Ways under one atom, from which on they are a set: intersected, never listed."""

_Needs = tuple[frozenset[Atom], ...]


class Filing:
    """An immutable index of rules, by number, over the ways of their gates."""

    def __init__(self, gates: Sequence[Gates]) -> None:
        """File each way under its firsts, and under the words of its first need."""
        self._rules: list[int] = []
        """The rule of each way."""
        self._rest: dict[int, _Needs] = {}
        """Of each way with more needs than one, the others."""
        needless: set[int] = set()
        firsts: dict[Atom, list[int]] = {}
        needs: dict[Atom, list[int]] = {}
        for rule, one in enumerate(gates):
            for way in one.ways:
                number = len(self._rules)
                self._rules.append(rule)
                for atom in way.firsts:
                    firsts.setdefault(atom, []).append(number)
                if not way.needs:
                    needless.add(number)
                    continue
                for atom in way.needs[0]:
                    needs.setdefault(atom, []).append(number)
                if way.needs[1:]:
                    self._rest[number] = way.needs[1:]
        self._needless = frozenset(needless)
        self._firsts, self._many_firsts = _by_length(firsts)
        self._needs, self._many_needs = _by_length(needs)

    def atoms(self) -> Iterator[Atom]:
        """Yield every atom that tells which rules come into question."""
        yield from self._firsts.keys() | self._many_firsts.keys()
        yield from self._needs.keys() | self._many_needs.keys()
        yield from {a for rest in self._rest.values() for need in rest for a in need}

    def filed(self, atoms: Iterable[Atom]) -> Filed:
        """Return what is filed under some atoms."""
        found = tuple(dict.fromkeys(atoms))
        return Filed(
            b"".join(self._firsts.get(a, b"") for a in found),
            b"".join(self._needs.get(a, b"") for a in found),
            tuple(self._many_firsts[a] for a in found if a in self._many_firsts),
            tuple(self._many_needs[a] for a in found if a in self._many_needs),
        )

    def candidates(self, reading: Reading) -> list[int]:
        """Return the rules that may hold on an item that was read so, in order.

        A way comes into question where a first of it and a word of its need are
        there: two unions and their intersection tell, without a look at any rule.
        """
        pieces = reading.pieces
        called = set(array("i", b"".join([piece.firsts for piece in pieces])))
        many = [piece.many for piece in pieces if piece.many]
        if not called and not many:
            return []
        needs = array("i", b"".join([piece.needs for piece in pieces]))
        found = called.intersection(needs)
        if self._needless:
            found |= called & self._needless
        if many:
            self._add_many(found, called, set(needs), many)
        if self._rest and found:
            present = reading.atoms
            found = {n for n in found if self._meets(n, present)}
        rules = self._rules
        return sorted({rules[number] for number in found})

    def _add_many(
        self, found: set[int], called: set[int], met: set[int], many: Iterable[Filed]
    ) -> None:
        """Add the ways of atoms under which there are many; the cost is the smaller's."""
        firsts, needs = {}, {id(self._needless): self._needless}
        for filed in many:
            firsts.update({id(one): one for one in filed.many_firsts})
            needs.update({id(one): one for one in filed.many_needs})
        for need in needs.values():
            found |= called & need
        for first in firsts.values():
            found |= first & met
            for need in needs.values():
                found |= first & need

    def _meets(self, number: int, present: AbstractSet[Atom]) -> bool:
        for need in self._rest.get(number, ()):  # noqa: SIM110 - as in clauses
            if need.isdisjoint(present):
                return False
        return True


def _by_length(
    rows: Mapping[Atom, list[int]],
) -> tuple[dict[Atom, bytes], dict[Atom, frozenset[int]]]:
    """Set the short rows and the long ones apart."""
    few = {
        atom: array("i", row).tobytes()
        for atom, row in rows.items()
        if len(row) <= _MANY
    }
    many = {atom: frozenset(row) for atom, row in rows.items() if len(row) > _MANY}
    return few, many


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
        asked = chain(_asked(clauses), self._filing.atoms())
        self._asked: dict[Atom, Atom] = {atom: atom for atom in asked}
        self._pieces = {UNASKED.words: UNASKED}
        self._memo: Memo[Piece] = Memo(self._piece)
        self._of_word: Memo[Piece] = Memo(self._word)

    def _piece(self, chunk: str) -> Piece:
        """Return what is asked of a piece of text."""
        words = words_of(chunk)
        if len(words) == 1:
            return self._of_word[words[0]]
        return self._made(tuple(self._of_word[word].words[0] for word in words))

    def _word(self, word: str) -> Piece:
        """Return what is asked of one word."""
        patterns = self._lexicon.memo[word]
        if not patterns and word not in self._asked:
            return UNASKED
        own: tuple[Atom, ...] = (word, *patterns)
        groups = [g for atom in own for g in self._groups.get(atom, ())]
        asked = self._asked
        # Each atom is always the one object that the rules hold.
        found = tuple(asked[atom] for atom in (*own, *groups) if atom in asked)
        return self._made((found,))

    def _made(self, words: tuple[tuple[Atom, ...], ...]) -> Piece:
        known = self._pieces.get(words)
        if known is None:
            filed = self._filing.filed(chain.from_iterable(words))
            known = self._pieces[words] = Piece(words, filed)
        return known

    def read(self, item: Item) -> Reading:
        """Look up the texts of an item."""
        pieces = self._memo.__getitem__
        fields = [
            list(map(pieces, text.split()))
            for text in (item.title, item.summary, item.body)
            if text
        ]
        # A word has a letter at least, so most texts cannot have too many of them.
        if len(item.title) + len(item.summary) + len(item.body) > MOST_WORDS:
            fields = list(map(shortened, fields))
        return Reading(fields)

    def candidates(self, reading: Reading, item: Item) -> list[int]:
        """Return the rules that may hold on an item that was read so, in order."""
        if self._attributes:
            reading = self._with_attributes(reading, item)
        return self._filing.candidates(reading)

    def _with_attributes(self, reading: Reading, item: Item) -> Reading:
        texts = [
            value
            for name in self._attributes
            for value in (item.tags if name == "tag" else (getattr(item, name),))
        ]
        pieces = self._memo.__getitem__
        found = [list(map(pieces, text.split())) for text in texts]
        return Reading([list(reading.pieces), *found])


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
