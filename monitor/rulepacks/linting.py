"""What is legal in rule packs and suspicious, beyond what their loading tells."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from monitor.detect.query import listed_term
from monitor.detect.suspicions import covered, measured, suspicions
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
from monitor.documents import Document, Location
from monitor.errors import Problem
from monitor.rulepacks.mutation import Trial
from monitor.rulepacks.packs import Pack


def lint(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Yield warnings about packs that have no errors."""
    seen: dict[tuple[str, object], str] = {}
    for pack in packs:
        if pack.document is None:
            continue
        yield from _clauses(pack, pack.document, packs)
        yield from _unused(pack, pack.document, packs)
        yield from _never(pack, pack.document)
        yield from _together(pack, pack.document, seen)
        yield from _idle_gates(pack, pack.document)


def _clauses(
    pack: Pack, document: Document, packs: Sequence[Pack]
) -> Iterator[Problem]:
    for number, trial in enumerate(pack.trials):
        where: Location = ("rules", number, "match")
        for fault in suspicions(trial.tree):
            yield document.problem_within(
                where,
                fault.start,
                fault.message,
                mend=fault.mend,
                code=fault.code,
                severity="warning",
            )
    lengths = _measured_names(pack, packs)
    for name, tree in _own(pack):
        yield from _lists(name, document, lengths=name in lengths)
        for fault in suspicions(tree, lengths=name in lengths):
            yield document.problem_at_key(
                ("defs", name),
                fault.message,
                mend=fault.mend,
                code=fault.code,
                severity="warning",
            )


def _measured_names(pack: Pack, packs: Sequence[Pack]) -> set[str]:
    """Return the definitions of which NEAR, EXCEPT or ATLEAST measure the terms.

    `packs`: those that may import them.
    """
    importing = [other for other in packs if _asked_of(pack, other)]
    users = [pack, *importing]
    waiting = [node for user in users for node in chain(*map(measured, _trees(user)))]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, Ref) and node.name not in found:
            found.add(node.name)
            waiting += walk(pack.definitions.get(node.name, node))
    return found


def _trees(pack: Pack) -> list[Node]:
    return [*(trial.tree for trial in pack.trials), *pack.definitions.values()]


def _lists(name: str, document: Document, *, lengths: bool) -> Iterator[Problem]:
    """Find terms of a definition's list that another one of the same list covers.

    What the lists of two languages share stands in both on purpose.
    """
    written = document.data["defs"][name]
    lists = written.items() if isinstance(written, dict) else [(None, written)]
    for key, terms in lists:
        if not isinstance(terms, list) or key == "except":
            continue
        nodes = [listed_term(str(term)).tree for term in terms]
        # Where a term begins in its entry says nothing: which entry it is, counts.
        placed = [replace(node, start=number) for number, node in enumerate(nodes)]
        for fault in covered(placed, lengths=lengths):
            here = ("defs", name) if key is None else ("defs", name, key)
            yield document.problem(
                (*here, fault.start),
                fault.message,
                mend=fault.mend,
                code=fault.code,
                severity="warning",
            )


def _own(pack: Pack) -> list[tuple[str, Node]]:
    """Return the definitions that stand in the pack itself."""
    imported = pack.imported.definitions
    return [(n, tree) for n, tree in pack.definitions.items() if n not in imported]


def _asked_of(pack: Pack, other: Pack) -> Collection[str]:
    """Return the names of the definitions that another pack imports from this one."""
    files = {file.resolve() for file in other.imported.files}
    return other.imported.definitions if pack.path.resolve() in files else ()


def _never(pack: Pack, document: Document) -> Iterator[Problem]:
    """Find rules whose `where:` refuses every item."""
    for number, trial in enumerate(pack.trials):
        for name, clash in trial.where.contradictions():
            yield document.problem(
                ("rules", number, "where"),
                f"{name} and not_{name} both name {clash}: no item of it is looked at",
                mend=f"remove {clash} from one of them",
                code="R304",
                severity="warning",
            )
        for name, asked, allowed in _other_than_where(trial):
            yield document.problem(
                ("rules", number, "where"),
                f"the query asks for {name}:{asked}, where: lets in {allowed} alone",
                mend="make the two agree",
                code="R304",
                severity="warning",
            )


def _idle_gates(pack: Pack, document: Document) -> Iterator[Problem]:
    """Find grades that every story has."""
    for number, rule in enumerate(pack.rules):
        gate = rule.corroboration
        if gate is None or not gate.grade:
            continue
        where: Location = ("rules", number, "corroboration", "grade")
        if gate.grade == "F6":
            yield document.problem(
                where,
                "F6 is the worst grade that there is: it holds nothing back",
                mend="ask for a better one, such as C3, or for none",
                code="R305",
                severity="warning",
            )


def _other_than_where(trial: Trial) -> Iterator[tuple[str, str, str]]:
    """Yield what the query must have and `where:` does not let in."""
    allowed = {"lang": trial.where.lang, "country": trial.where.country}
    required = trial.tree.children if isinstance(trial.tree, And) else (trial.tree,)
    for node in required:
        if not isinstance(node, Field) or not isinstance(node.child, Term):
            continue
        known = {one.casefold() for one in allowed.get(node.name, ())}
        asked = " ".join(node.child.words)
        if known and asked.isalpha() and asked not in known:
            yield node.name, asked, ", ".join(sorted(allowed[node.name]))


def _unused(pack: Pack, document: Document, packs: Sequence[Pack]) -> Iterator[Problem]:
    used = {n.name for tree in _trees(pack) for n in walk(tree) if isinstance(n, Ref)}
    used |= {one for other in packs for one in _asked_of(pack, other)}
    names = [("defs", name) for name, _ in _own(pack)]
    names += [("imports", name) for name in pack.imported.definitions]
    for kind, name in names:
        if name not in used:
            yield document.problem_at_key(
                (kind, name),
                f"no rule uses @{name}",
                mend="remove it, or use it",
                code="R302",
                severity="warning",
            )


def _together(
    pack: Pack, document: Document, seen: dict[tuple[str, object], str]
) -> Iterator[Problem]:
    """Find rules that always fire together: queries of one meaning, one `where:`.

    What waits for a spike, or for two sources, is told at other times than what does not.
    """
    meanings = _Meanings(pack.definitions)
    for number, (trial, rule) in enumerate(zip(pack.trials, pack.rules, strict=True)):
        if not rule.enabled:
            continue  # it may be another wording of one that is on
        meaning = meanings.of(trial.tree)
        when = (trial.where, rule.trigger, rule.corroboration)
        first = seen.setdefault((meaning, when), trial.rule)
        if first != trial.rule:
            yield document.problem(
                ("rules", number, "match"),
                f"it fires whenever {first} fires, and only then",
                mend="make one rule of the two",
                code="R303",
                severity="warning",
            )


class _Meanings:
    """Writes queries so that two of the same clauses are written the same.

    Brackets that change nothing are left out, what AND and OR join stands in the order
    of the alphabet, and a definition is named by what it stands for.
    """

    def __init__(self, definitions: Mapping[str, Node]) -> None:
        self._definitions = definitions
        self._named: dict[str, str] = {}

    def of(self, node: Node) -> str:
        if isinstance(node, Ref):
            return self._name(node)
        if isinstance(node, Or | And):
            operator = " OR " if isinstance(node, Or) else " AND "
            written = sorted({self.of(part) for part in _joined(node, type(node))})
            return f"({operator.join(written)})"
        inner = [self.of(one) for one in children(node)]
        if isinstance(node, Some) or (
            isinstance(node, Near) and not node.ordered and not node.negated
        ):
            inner.sort()
        return f"{_kind(node)} ({', '.join(inner)})"

    def _name(self, node: Ref) -> str:
        if node.name not in self._named:
            stands_for = self._definitions.get(node.name)
            meaning = node.name if stands_for is None else self.of(stands_for)
            digest = hashlib.sha256(meaning.encode()).hexdigest()
            self._named[node.name] = f"@{digest[:20]}"
        return self._named[node.name]


def _kind(node: Node) -> str:
    """Write what a clause does, without the clauses in it."""
    match node:
        case Near():
            return node.operator
        case Some() | AtLeast():
            return f"{type(node).__name__} {node.count}"
        case Field():
            return f"{node.name}:"
        case Not() | Except():
            return type(node).__name__
        case _:
            return write(node)


def _joined(node: Node, kind: type[Or] | type[And]) -> Iterator[Node]:
    """Yield what one operator joins, through brackets."""
    if isinstance(node, kind):
        for one in node.children:
            yield from _joined(one, kind)
    else:
        yield node
