"""The query language written straight from its grammar, slowly: the oracle.

No anchors, no memo, no windows: every clause looks at every word.
"""

from itertools import product

from monitor.detect.syntax import (
    And,
    AtLeast,
    Except,
    Near,
    Node,
    Not,
    Or,
    Some,
    Term,
)

Text = list[list[str]]
"""Sentences of words."""
Found = set[frozenset[int]]
"""Each place as the positions of its words."""


def holds(node: Node, text: Text) -> bool:
    match node:
        case And():
            return all(holds(one, text) for one in node.children)
        case Or():
            return any(holds(one, text) for one in node.children)
        case Not():
            return not holds(node.child, text)
        case Some():
            return sum(holds(one, text) for one in node.children) >= node.count
        case AtLeast():
            hulls = {(min(p), max(p)) for p in places(node.child, text)}
            return len(hulls) >= node.count
        case _:
            return bool(places(node, text))


def places(node: Node, text: Text) -> Found:
    words = [word for sentence in text for word in sentence]
    match node:
        case Term():
            return {
                frozenset(range(at, at + len(node.words)))
                for at in range(len(words))
                if len(words) - at >= len(node.words)
                and all(map(_is, node.words, words[at:]))
            }
        case Or():
            return {place for one in node.children for place in places(one, text)}
        case Except():
            removed = {p for hull in _hulls(places(node.removed, text)) for p in hull}
            return {
                place
                for place in places(node.child, text)
                if removed.isdisjoint(range(min(place), max(place) + 1))
            }
        case Near():
            return _near(node, text)
        case _:
            raise TypeError(node)


def _is(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _hulls(found: Found) -> list[range]:
    return [range(min(place), max(place) + 1) for place in found]


def _near(node: Near, text: Text) -> Found:
    left, right = places(node.left, text), places(node.right, text)
    near = {(a, b) for a, b in product(left, right) if _close(node, a, b, text)}
    if node.negated:
        return left - {a for a, _ in near}
    return {a | b for a, b in near}


def _close(node: Near, a: frozenset[int], b: frozenset[int], text: Text) -> bool:
    if min(b) > max(a):
        between = min(b) - max(a) - 1
    elif node.ordered:
        return False
    elif min(a) > max(b):
        between = min(a) - max(b) - 1
    elif a & b:
        return False
    else:
        between = 0
    if node.reach == "s":
        sentences = [n for n, sentence in enumerate(text) for _ in sentence]
        return sentences[min(a | b)] == sentences[max(a | b)]
    return isinstance(node.reach, int) and between <= node.reach
