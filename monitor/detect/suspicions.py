"""What is legal in a query and surely not meant: clauses that can never matter."""

from collections.abc import Iterator, Sequence

from monitor.detect import inflection
from monitor.detect.syntax import (
    And,
    Fault,
    Field,
    Near,
    Node,
    Not,
    Or,
    Term,
    walk,
    write,
)


def suspicions(tree: Node) -> list[Fault]:
    """Return warnings about a query that has no faults."""
    found: list[Fault] = []
    for node in walk(tree):
        if isinstance(node, Or):
            # A definition's lists have no place of their own; what two languages
            # share stands in both on purpose.
            found += _covered(node) if node.end else ()
            found += _absorbed(node.children, And)
        elif isinstance(node, And):
            found += _contradictions(node)
            found += _absorbed(node.children, Or)
        elif isinstance(node, Near):
            found += _apart(node)
    return found


def _warn(code: str, node: Node, message: str, mend: str) -> Fault:
    return Fault(code, node.start, message, mend, "warning")


def _covered(node: Or) -> Iterator[Fault]:
    """Find terms that can be left out, since another of the list finds them too."""
    terms = [one for one in node.children if isinstance(one, Term)]
    broad = [one for one in terms if len(one.words) == 1 and one.kind != "case"]
    for number, term in enumerate(terms):
        for other in broad:
            if other is term or not covers(other, term):
                continue
            # Of two equal ones the later is too many.
            if term in broad and covers(term, other) and terms.index(other) > number:
                continue
            yield _warn(
                "Q302",
                term,
                f"{term.text} adds nothing: {other.text} finds all of it",
                f"remove one of them, or write EXCEPT if {other.text} finds too much",
            )
            break


def covers(broad: Term, narrow: Term) -> bool:
    """Say whether a single word is found wherever another term is."""
    wanted = broad.words[0]
    return any(_word_covers(broad, wanted, word, narrow) for word in narrow.words)


def _word_covers(broad: Term, wanted: str, word: str, narrow: Term) -> bool:
    word = word.casefold() if narrow.kind == "case" else word
    stem = wanted.rstrip("*")
    if wanted.endswith("*") and "*" not in stem and "?" not in wanted:
        start = word.split("*")[0].split("?")[0]
        if narrow.inflect is not None and start == word:
            start = inflection.common_prefix(word, narrow.inflect)
        return start.startswith(stem)
    same = wanted == word
    return same and (narrow.inflect is None or narrow.inflect == broad.inflect)


def _contradictions(node: And) -> Iterator[Fault]:
    wanted = {write(one) for one in node.children if not isinstance(one, Not)}
    for one in node.children:
        if isinstance(one, Not) and write(one.child) in wanted:
            yield _warn(
                "Q303",
                one,
                f"{write(one.child)} must be there and must not: it never holds",
                "remove one of them",
            )


def _absorbed(children: Sequence[Node], inner: type[And] | type[Or]) -> Iterator[Fault]:
    """Find `a OR (a AND b)` and `a AND (a OR b)`, which are `a`."""
    plain = {write(one) for one in children if not isinstance(one, inner)}
    for one in children:
        if not isinstance(one, inner):
            continue
        shared = [write(part) for part in one.children if write(part) in plain]
        if shared:
            yield _warn(
                "Q304",
                one,
                f"the brackets never matter: {shared[0]} stands beside them alone",
                "remove them, or the term beside them",
            )


def _apart(node: Near) -> Iterator[Fault]:
    left, right = node.left, node.right
    if not isinstance(left, Field) or not isinstance(right, Field):
        return
    wide = {"text", "lead"}
    if left.name != right.name and not {left.name, right.name} & wide:
        yield _warn(
            "Q305",
            node,
            f"{left.name}: and {right.name}: are never near each other",
            "write AND, or one field for both",
        )
