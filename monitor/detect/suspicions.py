"""What is legal in a query and surely not meant: clauses that can never matter."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter

from monitor.detect import inflection
from monitor.detect.syntax import (
    And,
    AtLeast,
    Except,
    Fault,
    Field,
    Near,
    Node,
    Not,
    Or,
    Term,
    children,
    walk,
    write,
)

_SAME_LETTERS = 3
"""What stands before a wildcard at least."""


def suspicions(tree: Node, *, lengths: bool = False) -> list[Fault]:
    """Return warnings about a query that has no faults.

    `lengths`: it matters of all of it how many words are found (see `measured`).
    """
    found: list[Fault] = []
    long = {id(node) for node in (walk(tree) if lengths else measured(tree))}
    for node in walk(tree):
        if isinstance(node, Or):
            # A definition's lists have no place of their own; what two languages
            # share stands in both on purpose.
            if node.end:
                found += covered(node.children, lengths=id(node) in long)
            found += _absorbed(node.children, And)
        elif isinstance(node, And):
            found += _contradictions(node)
            found += _absorbed(node.children, Or)
            found += _implied(node.children)
        elif isinstance(node, Near):
            found += _apart(node)
            found += _swallowed_pair(node)
        elif isinstance(node, Except):
            found += _swallowed(node)
    return found


def measured(tree: Node) -> Iterator[Node]:
    """Yield the nodes of which it matters how many words they take, or how often.

    Beside NEAR `"oil gas"` reaches a word farther than `gas`, behind EXCEPT it takes a
    word more away, and under ATLEAST it counts beside it.
    """
    for node in walk(tree):
        if isinstance(node, Near | AtLeast):
            for side in children(node):
                yield from walk(side)
        elif isinstance(node, Except):
            yield from walk(node.removed)


def _warn(code: str, node: Node, message: str, mend: str) -> Fault:
    return Fault(code, node.start, message, mend, "warning")


def covered(nodes: Sequence[Node], *, lengths: bool = False) -> Iterator[Fault]:
    """Find terms that can be left out, since another of the list finds them too.

    Where `lengths` matter, one of several words is another one than a word of it.
    """
    terms = [one for one in nodes if isinstance(one, Term)]
    if lengths:
        terms = [one for one in terms if len(one.words) == 1]
    # What covers a word is the word, or begins as it does: the others need no look.
    broad: dict[str, list[tuple[int, Term]]] = defaultdict(list)
    for number, one in enumerate(terms):
        if len(one.words) == 1 and one.kind != "case":
            broad[_head(one.words[0])].append((number, one))
    for number, term in enumerate(terms):
        words = {word.casefold() for word in term.words}
        heads = words | {f"{word[:_SAME_LETTERS]}*" for word in words}
        for place, other in sorted(
            chain.from_iterable(broad[head] for head in heads if head in broad),
            key=itemgetter(0),
        ):
            if other is term or not covers(other, term):
                continue
            # Of two equal ones the later is too many.
            if place > number and covers(term, other):
                continue
            yield _warn(
                "Q302",
                term,
                f"{term.text} adds nothing: {other.text} finds all of it",
                f"remove one of them, or write EXCEPT if {other.text} finds too much",
            )
            break


def _head(word: str) -> str:
    return f"{word[:_SAME_LETTERS]}*" if word.endswith("*") else word


def covers(broad: Term, narrow: Term) -> bool:
    """Say whether a single word is found wherever another term is."""
    if len(broad.words) > 1 or broad.kind == "case":
        return False
    wanted = broad.words[0]
    return any(_word_covers(broad, wanted, word, narrow) for word in narrow.words)


def _word_covers(broad: Term, wanted: str, word: str, narrow: Term) -> bool:
    word = word.casefold() if narrow.kind == "case" else word
    stem = wanted.rstrip("*")
    if wanted.endswith("*") and "*" not in stem and "?" not in wanted:
        start = word.split("*")[0].split("?")[0]
        if narrow.inflect is not None and start == word:
            start = inflection.forms(word, narrow.inflect).prefix
        return start.startswith(stem)
    same = wanted == word
    return same and (narrow.inflect is None or narrow.inflect == broad.inflect)


def _brings(wanted: Sequence[Node], other: Node) -> Node | None:
    """Return which of several parts cannot stand in a text without another one."""
    for one in wanted:
        if one is other:
            continue
        if write(one) == write(other):
            return one
        if isinstance(one, Term) and isinstance(other, Term) and covers(other, one):
            return one
    return None


def _contradictions(node: And) -> Iterator[Fault]:
    """Find what must be there and must not: `gas NOT gas*`."""
    wanted = [one for one in node.children if not isinstance(one, Not)]
    for one in node.children:
        if not isinstance(one, Not):
            continue
        parts = one.child.children if isinstance(one.child, Or) else (one.child,)
        for part in parts:
            there = _brings(wanted, part)
            if there is None:
                continue
            same = write(there) == write(part)
            told = "must be there and must not" if same else "must not be there"
            why = "" if same else f", and {write(there)}, which brings it, must"
            yield _warn(
                "Q303",
                one,
                f"{write(part)} {told}{why}: it never holds",
                "remove one of them",
            )


def _absorbed(nodes: Sequence[Node], inner: type[And] | type[Or]) -> Iterator[Fault]:
    """Find `a OR (a AND b)` and `a AND (a OR b)`, which are `a`."""
    plain = [one for one in nodes if not isinstance(one, inner | Not)]
    for one in nodes:
        if not isinstance(one, inner):
            continue
        for part in one.children:
            if inner is Or:
                beside = _brings(plain, part)
            else:
                beside = next((p for p in plain if _brings([part], p)), None)
            if beside is not None:
                yield _warn(
                    "Q304",
                    one,
                    f"the brackets never matter: {write(beside)} stands beside them"
                    " alone",
                    "remove them, or the term beside them",
                )
                break


def _implied(nodes: Sequence[Node]) -> Iterator[Fault]:
    """Find what must be there anyway: the second of `"gas field" AND gas`."""
    terms = [one for one in nodes if isinstance(one, Term)]
    for number, one in enumerate(terms):
        # Of two equal ones the later is too many.
        others = [t for n, t in enumerate(terms) if n < number or not covers(t, one)]
        there = _brings([t for t in others if t is not one], one)
        if there is not None:
            yield _warn(
                "Q304",
                one,
                f"{write(one)} never matters: {write(there)} must be there and brings it",
                "remove it, or write NEAR if the two are to stand apart",
            )


def _apart(node: Near) -> Iterator[Fault]:
    """Find a NEAR whose two sides stand in different fields."""
    left, right = _fields(node.left), _fields(node.right)
    if not left or not right or not left.isdisjoint(right):
        return
    one, two = min(left), min(right)
    yield _warn(
        "Q305",
        node,
        f"{one}: and {two}: are never near each other",
        f"write {'NOT' if node.negated else 'AND'}, or one field for both",
    )


def _swallowed(node: Except) -> Iterator[Fault]:
    """Find terms of which EXCEPT leaves nothing: `gas EXCEPT gas*`."""
    for term in _terms(node.child):
        for removed in _terms(node.removed):
            if _taken(term, removed):
                yield _warn(
                    "Q306",
                    term,
                    f"{term.text} never counts: EXCEPT {removed.text} takes all of it",
                    "remove it, or take away less",
                )
                break


def _swallowed_pair(node: Near) -> Iterator[Fault]:
    """Find neighbours that EXCEPT takes away: `(gas EXCEPT "gas oil") ONEAR/0 oil`."""
    if node.reach != 0 or node.negated:
        return
    left, right = _single(node.left), _single(node.right)
    if left is None or right is None:
        return
    orders = [(left, right)] if node.ordered else [(left, right), (right, left)]
    removed = [
        term
        for side in (node.left, node.right)
        if isinstance(side, Except)
        for term in _terms(side.removed)
    ]
    if all(any(_joined(*pair, one) for one in removed) for pair in orders):
        yield _warn(
            "Q305",
            node,
            f"EXCEPT takes away {left.text} beside {right.text}: this never holds",
            "take away less, or leave a distance between the two",
        )


def _single(node: Node) -> Term | None:
    node = node.child if isinstance(node, Except) else node
    return node if isinstance(node, Term) else None


def _joined(first: Term, second: Term, removed: Term) -> bool:
    cut = len(first.words)
    if len(removed.words) != cut + len(second.words):
        return False
    front = replace(removed, words=removed.words[:cut])
    rest = replace(removed, words=removed.words[cut:])
    return _taken(first, front) and _taken(second, rest)


def _terms(node: Node) -> list[Term]:
    listed = node.children if isinstance(node, Or) else (node,)
    return [one for one in listed if isinstance(one, Term)]


def _taken(term: Term, removed: Term) -> bool:
    """Say whether wherever a term is found, EXCEPT finds some of its words too."""
    size = len(removed.words)
    starts = range(len(term.words) - size + 1) if removed.kind != "case" else ()
    return any(
        all(
            _word_covers(removed, wanted, word, term)
            for wanted, word in zip(removed.words, term.words[start:], strict=False)
        )
        for start in starts
    )


def _fields(node: Node) -> frozenset[str]:
    """Return the fields in which a clause may stand; none where it may in any."""
    match node:
        case Field():
            return _REACHED.get(node.name, frozenset((node.name,)))
        case Near() | Except():
            return _fields(children(node)[0])
        case Or():
            found = [_fields(one) for one in node.children]
            return frozenset().union(*found) if all(found) else frozenset()
        case _:
            return frozenset()


_REACHED = {"text": frozenset[str](), "lead": frozenset({"title", "summary", "body"})}
