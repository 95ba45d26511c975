"""Which parts of rules no example notices: drop each, and see whether a test fails.

A term that can go without any example changing is either not needed or not tested.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import is_

from monitor.detect.clauses import Clause
from monitor.detect.compiled import Where
from monitor.detect.compiling import Compiler
from monitor.detect.document import Document
from monitor.detect.lexicon import Lexicon
from monitor.detect.reading import WordReading
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
    children,
    walk,
    write,
)
from monitor.detect.text import ATTRIBUTES
from monitor.detect.view import ANYWHERE, View
from monitor.model import Item
from monitor.rulepacks.imports import alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A rule with what its examples should come to."""

    rule: str
    tree: Node
    where: Where
    examples: tuple[tuple[Item, bool], ...]
    """Items, each with whether the rule must fire on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnoticed:
    """A part that can be dropped without any example noticing."""

    rule: str
    """The rule; "" for a part of a definition."""
    definition: str
    """The definition; "" for a part of a rule's own query."""
    start: int
    """Offset in the query's text."""
    text: str
    """As written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Another pack, whose rules need definitions of this one too."""

    trials: Sequence[Trial]
    definitions: Mapping[str, Node]
    names: frozenset[str]
    """Those that it imports from here."""


def unnoticed(
    trials: Sequence[Trial],
    definitions: Mapping[str, Node],
    importers: Sequence[Importer] = (),
) -> Iterator[Unnoticed]:
    """Yield the parts that no example notices; rules without examples are left out."""
    tested = [trial for trial in trials if trial.examples]
    stage = _Stage(tested, definitions)
    others = [_Elsewhere(one, definitions) for one in importers]
    for trial in tested:
        stage.look_at(trial.tree)
        for part in _parts(trial.tree):
            tree = without(trial.tree, part)
            if tree is not None and stage.passes(part, [replace(trial, tree=tree)], {}):
                yield Unnoticed(
                    rule=trial.rule, definition="", start=part.start, text=write(part)
                )
    for name, tree in definitions.items():
        users = [trial for trial in tested if _uses(trial.tree, name, definitions)]
        stage.look_at(tree)
        for part in _parts(tree) if users else ():
            less = without(tree, part)
            if (
                less is not None
                and stage.passes(part, users, {name: less})
                and all(other.passes(name, less) for other in others)
            ):
                yield Unnoticed(
                    rule="", definition=name, start=part.start, text=write(part)
                )


def _parts(tree: Node) -> Iterator[Node]:
    """Yield what can be dropped: terms and names."""
    return (node for node in walk(tree) if isinstance(node, Term | Ref))


def _uses(tree: Node, name: str, definitions: Mapping[str, Node]) -> bool:
    named = {node.name for node in walk(tree) if isinstance(node, Ref)}
    return name in named or any(
        _uses(definitions[one], name, definitions) for one in named
    )


def _named_too(tree: Node, definitions: Mapping[str, Node]) -> Iterator[Node]:
    """Yield all nodes of a query and of the definitions that it names."""
    waiting, seen = [tree], set[str]()
    while waiting:
        for node in walk(waiting.pop()):
            yield node
            if isinstance(node, Ref) and node.name not in seen:
                seen.add(node.name)
                waiting.append(definitions[node.name])


class _Stage:
    """The examples, read once, on which rules are tried without one of their parts.

    One word of a list matters only where it stands: most words of a pack stand in
    none of its examples, and of these nothing has to be tried.
    """

    def __init__(
        self, trials: Sequence[Trial], definitions: Mapping[str, Node]
    ) -> None:
        self._lexicon = Lexicon()
        # No rule without a part asks for a word that the whole rules do not ask for.
        self._whole = _Whole(self._lexicon, definitions)
        for trial in trials:
            self._whole.compile(trial.tree)
        self._readings: dict[int, WordReading] = {}
        for trial in trials:
            for item, _ in trial.examples:
                segments = Document(item).segments
                self._readings[id(item)] = WordReading(segments, self._lexicon)
        self._listed: set[int] = set()
        self._in_attributes = {
            id(node)
            for tree in (*(trial.tree for trial in trials), *definitions.values())
            for field in walk(tree)
            if isinstance(field, Field) and field.name in ATTRIBUTES
            for node in _named_too(field, definitions)
        }
        """What is looked for in an attribute, so that the text says nothing of it."""

    def look_at(self, tree: Node) -> None:
        """Note which parts of a query are one word of a list of words in the text."""
        self._listed = {
            id(node)
            for some in walk(tree)
            if isinstance(some, Or)
            for node in some.children
            if isinstance(node, Term) and id(node) not in self._in_attributes
        }

    def passes(
        self, part: Node, trials: Sequence[Trial], less: Mapping[str, Node]
    ) -> bool:
        """Say whether every example comes out as it must without a part.

        `less` has the definition that lost it, if one did.
        """
        compiler = _Changed(self._whole, less)
        return all(
            self._passes(trial, examples, compiler)
            for trial in trials
            if (examples := self._concerned(part, trial))
        )

    def _concerned(self, part: Node, trial: Trial) -> list[tuple[Item, bool]]:
        if id(part) not in self._listed:
            return list(trial.examples)
        clause = Compiler(self._lexicon, {}).compile(part)
        return [one for one in trial.examples if clause.holds(self._view(one[0]))]

    def _passes(
        self, trial: Trial, examples: Sequence[tuple[Item, bool]], compiler: Compiler
    ) -> bool:
        clause = compiler.compile(trial.tree)
        return all(
            (not trial.where.refusal(item) and clause.holds(self._view(item))) == wanted
            for item, wanted in examples
        )

    def _view(self, item: Item) -> View:
        return View(item, self._lexicon, self._readings[id(item)])


class _Elsewhere:
    """The examples of a pack that imports definitions of this one."""

    def __init__(self, importer: Importer, definitions: Mapping[str, Node]) -> None:
        self._importer = importer
        self._definitions = definitions
        self._tested = [trial for trial in importer.trials if trial.examples]
        self._stage = _Stage(self._tested, importer.definitions)

    def passes(self, name: str, less: Node) -> bool:
        """Say whether every example comes out as it must with a definition of less."""
        here = {**self._definitions, name: less}
        changed = {
            imported: alone(here[imported], here)
            for imported in self._importer.names
            if imported == name
            or _uses(self._definitions[imported], name, self._definitions)
        }
        known = self._importer.definitions
        users = [
            trial
            for trial in self._tested
            if any(_uses(trial.tree, one, known) for one in changed)
        ]
        return self._stage.passes(less, users, changed)


class _Whole(Compiler):
    """Compiles whole rules, and remembers of each node what became of it."""

    def __init__(self, lexicon: Lexicon, definitions: Mapping[str, Node]) -> None:
        super().__init__(lexicon, definitions)
        self.made: dict[tuple[int, str], Clause] = {}
        self._used: dict[int, frozenset[str]] = {}

    def compile(self, node: Node, scope: str = ANYWHERE) -> Clause:
        made = super().compile(node, scope)
        self.made[id(node), scope] = made
        return made

    def used(self, node: Node) -> frozenset[str]:
        """Return the definitions that a node of whole rules needs."""
        known = self._used.get(id(node))
        if known is None:
            inner = list(children(node))
            own: frozenset[str] = frozenset()
            if isinstance(node, Ref):
                own = frozenset({node.name})
                inner.append(self.definitions[node.name])
            known = self._used[id(node)] = own.union(*map(self.used, inner))
        return known


class _Changed(Compiler):
    """Compiles rules of which a part was dropped, and takes the rest as it was."""

    def __init__(self, whole: _Whole, less: Mapping[str, Node]) -> None:
        super().__init__(whole.lexicon, {**whole.definitions, **less})
        self._whole = whole
        self._less = less.keys()

    def compile(self, node: Node, scope: str = ANYWHERE) -> Clause:
        made = self._whole.made.get((id(node), scope))
        if made is not None and self._less.isdisjoint(self._whole.used(node)):
            return made
        return super().compile(node, scope)


def without(tree: Node, part: Node) -> Node | None:
    """Return a query without one of its parts; None where nothing would be left.

    Of a NEAR or an EXCEPT the other side is left. What does not hold the part is left
    as it is, the same object.
    """
    if tree is part:
        return None
    less = _less(tree, part)
    if less is None or type(less) is not type(tree):
        return less
    before, after = tuple(children(tree)), tuple(children(less))
    unchanged = len(before) == len(after) and all(map(is_, before, after))
    return tree if unchanged else less


def _less(tree: Node, part: Node) -> Node | None:
    match tree:
        case Or() | And() | Some():
            return _shorter(tree, part)
        case Near():
            left, right = without(tree.left, part), without(tree.right, part)
            if left is None or right is None:
                return (left or right) if not tree.negated else left
            return replace(tree, left=left, right=right)
        case Except():
            child = without(tree.child, part)
            removed = without(tree.removed, part)
            if child is None or removed is None:
                return child
            return replace(tree, child=child, removed=removed)
        case Field() | Not() | AtLeast():
            inner = without(tree.child, part)
            return None if inner is None else replace(tree, child=inner)
        case _:
            return tree


def _shorter(tree: Or | And | Some, part: Node) -> Node | None:
    kept = [without(child, part) for child in tree.children]
    left = tuple(child for child in kept if child is not None)
    if not left:
        return None
    if isinstance(tree, Some):
        count = min(tree.count, len(left))
        return replace(tree, children=left, count=count)
    if isinstance(tree, And) and all(isinstance(one, Not) for one in left):
        # With nothing left that must be there, it would be another kind of rule.
        return None
    return left[0] if len(left) == 1 else replace(tree, children=left)
