"""The tree that a query is parsed into. Immutable; each node knows its place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

Reach = int | Literal["s", "p"]
"""Words between, or the same sentence, or the same paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of a query; `start` and `end` are offsets into the query's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Node):
    """A word, a phrase or a case-sensitive term."""

    text: str
    """As written, with its quotes and marks."""
    kind: Literal["word", "phrase", "case"]
    words: tuple[str, ...]
    """Its words folded (for `case`: but for the case), with wildcards * and ?."""
    inflect: str | None = None
    """None: as it stands; "": all forms, language by its letters; else by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref(Node):
    """`@name`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Node):
    """`title:child`."""

    name: str
    child: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Node):
    """Any of its children."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Node):
    """All of its children; `a NOT b` is And(a, Not(b))."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """True where its child is not."""

    child: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Near(Node):
    """`left NEAR/n right`, `ONEAR/n`, `NOT NEAR/n`."""

    left: Node
    right: Node
    reach: Reach
    ordered: bool = False
    negated: bool = False

    @property
    def operator(self) -> str:
        """The operator in its canonical spelling."""
        name = "ONEAR" if self.ordered else "NEAR"
        return f"{'NOT ' if self.negated else ''}{name}/{self.reach}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Except(Node):
    """`child EXCEPT removed`: words inside an occurrence of `removed` do not count."""

    child: Node
    removed: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast(Node):
    """`ATLEAST/n child`."""

    count: int
    child: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Some(Node):
    """`n OF (a, b, c)`."""

    count: int
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Node):
    """What could not be read; a problem says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong or suspicious in a query's text."""

    code: str
    start: int
    message: str
    mend: str = ""
    severity: Literal["error", "warning"] = "error"


_PARTS: dict[type[Node], Callable[[Any], tuple[Node, ...]]] = {
    Or: attrgetter("children"),
    And: attrgetter("children"),
    Some: attrgetter("children"),
    Near: attrgetter("left", "right"),
    Except: attrgetter("child", "removed"),
    Field: lambda node: (node.child,),
    Not: lambda node: (node.child,),
    AtLeast: lambda node: (node.child,),
}


def children(node: Node) -> tuple[Node, ...]:
    """Return a node's children, in the order in which they were written."""
    parts = _PARTS.get(type(node))
    return parts(node) if parts is not None else ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        parts = _PARTS.get(type(one))
        if parts is not None:
            waiting += parts(one)[::-1]


def write(node: Node) -> str:
    """Return the query's text in its canonical spelling."""
    match node:
        case Term():
            return node.text
        case Ref():
            return f"@{node.name}"
        case Field():
            return f"{node.name}:{_tight(node.child)}"
        case Not():
            return f"NOT {_tight(node.child)}"
        case Near():
            return f"{_tight(node.left)} {node.operator} {_tight(node.right)}"
        case Except():
            return f"{_tight(node.child)} EXCEPT {_tight(node.removed)}"
        case AtLeast():
            return f"ATLEAST/{node.count} {_tight(node.child)}"
        case _:
            return _write_list(node)


def _write_list(node: Node) -> str:
    match node:
        case Or():
            return " OR ".join(map(_tight, node.children))
        case And():
            first, *rest = node.children
            joined = (
                f" {write(one)}" if isinstance(one, Not) else f" AND {_tight(one)}"
                for one in rest
            )
            return _tight(first) + "".join(joined)
        case Some():
            return f"{node.count} OF ({', '.join(map(write, node.children))})"
        case _:
            return "…"


def _tight(node: Node) -> str:
    text = write(node)
    return text if isinstance(node, Term | Ref | Field | Some | Broken) else f"({text})"
