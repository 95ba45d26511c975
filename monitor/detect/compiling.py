"""Checked trees to clauses that can run."""

from collections.abc import Mapping, Sequence

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
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.proximity import ExceptClause, NearClause
from monitor.detect.syntax import (
    And,
    AtLeast,
    Except,
    Field,
    Near,
    Node,
    Not,
    Or,
    Ref,
    Some,
    Term,
)
from monitor.detect.view import ANYWHERE


class Compiler:
    """Turns trees into clauses; definitions are compiled once a scope."""

    def __init__(self, lexicon: Lexicon, definitions: Mapping[str, Node]) -> None:
        self.lexicon = lexicon
        self.definitions = definitions
        self._known: dict[tuple[str, str], Clause] = {}

    def compile(self, node: Node, scope: str = ANYWHERE) -> Clause:
        """Return the clause of a checked tree; it holds no `Broken`."""
        match node:
            case Term():
                atoms = tuple(self._atom(node, word) for word in node.words)
                return TermClause(node, atoms, scope)
            case Ref():
                return self._definition(node, scope)
            case Field():
                return self.compile(node.child, node.name)
            case Or():
                return EitherClause(node, self._all(node.children, scope))
            case Near():
                inner = self._all((node.left, node.right), scope)
                return NearClause(node, inner, node.reach, node.ordered, node.negated)
            case Except():
                return ExceptClause(node, self._all((node.child, node.removed), scope))
            case _:
                return self._unplaced(node, scope)

    def _unplaced(self, node: Node, scope: str) -> Clause:
        match node:
            case And():
                return AllClause(node, self._all(node.children, scope))
            case Not():
                return NotClause(node, self._all((node.child,), scope))
            case AtLeast():
                return AtLeastClause(node, self._all((node.child,), scope), node.count)
            case Some():
                return SomeClause(node, self._all(node.children, scope), node.count)
            case _:
                message = f"{type(node).__name__} cannot be compiled"
                raise TypeError(message)

    def _all(self, nodes: Sequence[Node], scope: str) -> tuple[Clause, ...]:
        return tuple(self.compile(node, scope) for node in nodes)

    def _atom(self, term: Term, word: str) -> Atom:
        if term.kind == "case":
            return self.lexicon.atom(word.casefold())
        return self.lexicon.atom(word, term.inflect)

    def _definition(self, node: Ref, scope: str) -> Clause:
        key = (node.name, scope)
        if key not in self._known:
            inner = self.compile(self.definitions[node.name], scope)
            self._known[key] = inner
        return NamedClause(node, (self._known[key],))
