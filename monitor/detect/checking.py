"""What a query's grammar cannot see: unknown names, impossible and endless rules."""

import difflib
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

from monitor.detect.folding import mixed_letters
from monitor.detect.syntax import (
    And,
    AtLeast,
    Broken,
    Except,
    Fault,
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
)

Definitions = Mapping[str, Node]

MOST_NODES = 20_000
"""Clauses of one definition, with all that it names."""
MOST_LEVELS = 12


def cycles(definitions: Definitions) -> dict[str, tuple[str, ...]]:
    """Return the definitions that lead back to themselves, each with its way."""
    uses = {
        name: [one.name for one in walk(node) if isinstance(one, Ref)]
        for name, node in definitions.items()
    }
    found = {}
    for name in definitions:
        way = _way_back(name, uses)
        if way:
            found[name] = way
    return found


def _way_back(name: str, uses: Mapping[str, list[str]]) -> tuple[str, ...]:
    waiting: list[tuple[str, tuple[str, ...]]]
    waiting = [(one, (name,)) for one in uses[name]]
    seen: set[str] = set()
    while waiting:
        one, way = waiting.pop()
        if one == name:
            return (*way, one)
        if one not in seen and one in uses:
            seen.add(one)
            waiting += [(further, (*way, one)) for further in uses[one]]
    return ()


def check(tree: Node, definitions: Definitions) -> list[Fault]:
    """Return the faults of a query whose definitions are sound.

    `definitions` holds those that were read; one that is broken itself stands in
    it as `Broken`, so that its users are not blamed too.
    """
    faults = list(_references(tree, definitions))
    if faults or any(isinstance(node, Broken) for node in walk(tree)):
        return faults
    faults += _operands(tree, definitions)
    if not faults and not anchored(tree, definitions):
        faults.append(
            Fault(
                "Q160",
                tree.start,
                "nothing in the query must be there: it would run on every item",
                "add a word that must appear (NOT, lang: and country: cannot do it)",
            )
        )
    return faults


def check_references(tree: Node, definitions: Definitions) -> list[Fault]:
    """Return the unknown definitions of a query that has other faults already."""
    return list(_references(tree, definitions))


def check_operands(tree: Node, definitions: Definitions) -> list[Fault]:
    """Return the faults of a definition's query, which needs no anchor of its own."""
    faults = list(_references(tree, definitions))
    return faults or list(_operands(tree, definitions))


def _references(tree: Node, definitions: Definitions) -> Iterator[Fault]:
    for node in walk(tree):
        if isinstance(node, Ref) and node.name not in definitions:
            near = difflib.get_close_matches(node.name, definitions, 1)
            known = ", ".join(f"@{name}" for name in sorted(definitions)[:12])
            mend = f"did you mean @{near[0]}?" if near else f"defined are: {known}"
            yield Fault(
                "Q150",
                node.start,
                f"unknown definition @{node.name}",
                (mend if definitions else "this pack has no defs")
                + mixed_letters(node.name),
            )


def placed(node: Node, definitions: Definitions) -> bool:
    """Say whether a query has places, so that NEAR and EXCEPT can work on it."""
    match node:
        case Term() | Near() | Except() | Broken():
            return True
        case Ref():
            inner = definitions.get(node.name)
            return inner is None or placed(inner, definitions)
        case Or():
            return all(placed(one, definitions) for one in node.children)
        case Field():
            return placed(node.child, definitions)
        case _:
            return False


_KINDS: dict[type[Node], str] = {
    And: "AND",
    Not: "NOT",
    AtLeast: "ATLEAST",
    Some: "n OF",
}


def _operands(tree: Node, definitions: Definitions) -> Iterator[Fault]:
    for node in walk(tree):
        if isinstance(node, Near | Except):
            name = node.operator if isinstance(node, Near) else "EXCEPT"
        elif isinstance(node, AtLeast):
            name = f"ATLEAST/{node.count}"
        else:
            continue
        for operand in children(node):
            if not placed(operand, definitions):
                yield Fault(
                    "Q113",
                    operand.start,
                    f"{name} takes words, phrases and OR lists of them, "
                    f"not {_KINDS.get(_culprit(operand, definitions), 'this')}",
                    "write the words on each side; AND and NOT go outside",
                )


def _culprit(node: Node, definitions: Definitions) -> type[Node]:
    """Return the kind of the innermost node that keeps a query from having places."""
    if isinstance(node, Ref):
        return _culprit(definitions[node.name], definitions)
    if isinstance(node, Or | Field):
        for one in children(node):
            if not placed(one, definitions):
                return _culprit(one, definitions)
    return type(node)


def anchored(node: Node, definitions: Definitions) -> bool:
    """Say whether some word must be there for a query to hold."""
    match node:
        case Ref():
            return anchored(definitions[node.name], definitions)
        case Or():
            return all(anchored(one, definitions) for one in node.children)
        case And() | Near(negated=False):
            return any(anchored(one, definitions) for one in children(node))
        case Not():
            return False
        case Some():
            found = sum(anchored(one, definitions) for one in node.children)
            return found > len(node.children) - node.count
        case Field() if node.name in {"lang", "country"}:
            return False
        case _:
            return all(anchored(one, definitions) for one in children(node)[:1])


def too_large(definitions: Definitions) -> dict[str, str]:
    """Return the definitions that would grow without bounds, and why.

    They hold no cycles, but each may name others many times over.
    """
    extents: dict[str, tuple[int, int]] = {}
    found = {}
    uses = {
        name: [one.name for one in walk(node) if isinstance(one, Ref)]
        for name, node in definitions.items()
    }
    for name in TopologicalSorter(uses).static_order():
        inner = [extents.get(one, (1, 1)) for one in uses.get(name, ())]
        own = sum(1 for _ in walk(definitions[name])) if name in definitions else 1
        size = own + sum(one[0] for one in inner)
        depth = 1 + max((one[1] for one in inner), default=0)
        if size > MOST_NODES:
            found[name] = f"it comes to more than {MOST_NODES} clauses"
        elif depth > MOST_LEVELS:
            found[name] = f"definitions name each other over {MOST_LEVELS} levels"
        extents[name] = (min(size, MOST_NODES), min(depth, MOST_LEVELS))
    return found
