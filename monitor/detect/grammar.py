"""The query language's grammar: symbols to syntax tree, by recursive descent.

    query  = or
    or     = and { "OR" and }
    and    = not { "AND" not | "NOT" not }          a NOT b  means  a AND NOT b
    not    = "NOT" not | prox
    prox   = except { PROX except }                 left associative
    PROX   = ["NOT "] ("NEAR" | "ONEAR") "/" (n | "s" | "p")
    except = prim { "EXCEPT" prim }
    prim   = WORD [INFL] | PHRASE [INFL] | "{" Case "}" | "@" name | "(" or ")"
           | FIELD ":" prim | "ATLEAST/" n prim | n "OF" "(" or { "," or } ")"

`W/n` and `NEAR/n` are one, `PRE/n`, `NEAR/nf` and `ONEAR/n` too.
"""

import difflib
import re

from monitor.detect.cursor import Cursor
from monitor.detect.folding import mixed_letters
from monitor.detect.lexer import Symbol
from monitor.detect.operators import mistaken
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
    walk,
)
from monitor.detect.text import FIELDS

MOST_COUNT = 50
"""The most that ATLEAST can ask for."""
_NEAR = re.compile(
    r"(?P<not>NOT\s+)?(?P<name>ONEAR|NEAR|PRE|W)/(?P<reach>.*)\Z", re.DOTALL
)
_CODES = {
    "lang": ("[A-Za-z]{2,3}", "en, ru or be"),
    "country": ("[A-Za-z]{2}", "BY, LT or another of two letters"),
}
"""Fields that hold codes: how those look, and some of them."""
_FIRST: dict[type[Node], str] = {And: "AND", Near: "NEAR", Except: "EXCEPT"}
"""What binds before OR."""
_STARTS = frozenset(
    {"word", "phrase", "case", "ref", "field", "open", "atleast", "count"}
)
"""The symbols with which an operand begins, beside NOT."""


class Parser(Cursor):
    """Recursive descent; goes on behind a fault, so that all are found at once."""

    def __init__(self, found: list[Symbol], faults: list[Fault]) -> None:
        """Begin at the first symbol."""
        super().__init__(found, faults)
        self._bracketed: dict[int, Node] = {}
        """By their ids what stands in brackets of its own."""

    def query(self) -> Node:
        """Read all symbols as one query; what is wrong stands in `faults`."""
        if self.now.kind == "end":
            if not self.faults:
                self.complain("Q100", 0, "the query is empty", "write a word")
            return Broken(start=0, end=0)
        tree = self._or()
        while self.now.kind != "end":
            self._stray()
            tree = self._joined(tree)
        self._check_mixed(tree)
        return tree

    def _stray(self) -> None:
        symbol = self.take()
        if symbol.kind == "close":
            self.complain("Q104", symbol.start, "no bracket is open here", "remove )")
        elif symbol.kind == "comma":
            self.complain(
                "Q106", symbol.start, "a comma belongs into `n OF (a, b)`", "write OR"
            )

    def _joined(self, tree: Node) -> Node:
        """Read on behind a stray symbol, to find the faults there too."""
        if self.now.kind in {"end", "close", "comma"}:
            return tree
        if self.now.kind in {"AND", "OR", "near", "EXCEPT"}:
            self.take()
        return And(start=tree.start, end=self.now.end, children=(tree, self._or()))

    def _or(self) -> Node:
        children = [self._and()]
        while self.now.kind == "OR":
            self.take()
            children.append(self._and())
        return self._list(Or, children)

    def _list(self, kind: type[Or] | type[And], children: list[Node]) -> Node:
        if len(children) == 1:
            return children[0]
        return kind(
            start=children[0].start, end=children[-1].end, children=tuple(children)
        )

    def _and(self) -> Node:
        children = [self._not()]
        while True:
            if self.now.kind == "AND":
                self.take()
                children.append(self._not())
            elif self.now.kind == "NOT":
                children.append(self._not())
            elif self.now.kind in _STARTS:
                self._complain_side_by_side()
                children.append(self._not())
            else:
                return self._list(And, children)

    def _complain_side_by_side(self) -> None:
        before, symbol = self.symbols[self.at - 1], self.now
        if self._told_between(before, symbol):
            return
        for one in (symbol, before):
            found = mistaken(one.text) if one.kind == "word" else None
            if found is not None:
                self.complain(found[0], one.start, *found[1:])
                return
        if before.inflect == "" and symbol.start == before.end:
            self.complain(
                "Q130",
                symbol.start,
                f"~{symbol.text} names no language",
                "words that stand near each other: a NEAR/5 b",
            )
            return
        both = before.kind in {"word", "phrase"} and symbol.kind in {"word", "phrase"}
        words = f"{before.text} {symbol.text}".replace('"', "")
        phrase = f'"{words}" for a phrase, or ' if both else ""
        self.complain(
            "Q105",
            symbol.start,
            f"no operator between {before.text} and {symbol.text}",
            f"write {phrase}AND, OR, or NEAR/5",
        )

    def _told_between(self, before: Symbol, symbol: Symbol) -> bool:
        """Say whether what stands between two terms, or one of them, is told already."""
        operators = {"Q107", "Q111", "Q141"}
        return any(
            (fault.code == "Q101" and before.end <= fault.start < symbol.start)
            or (fault.code in operators and before.start <= fault.start <= symbol.start)
            for fault in self.faults
        )

    def _not(self) -> Node:
        if self.now.kind != "NOT":
            return self._prox()
        start = self.take().start
        if self.too_deep(start):
            return Broken(start=start, end=start)
        self.depth += 1
        child = self._not()
        self.depth -= 1
        return Not(start=start, end=child.end, child=child)

    def _prox(self) -> Node:
        left = self._except()
        while self.now.kind == "near":
            symbol = self.take()
            right = self._except()
            left = self._near(symbol, left, right)
        return left

    def _near(self, symbol: Symbol, left: Node, right: Node) -> Node:
        found = _NEAR.match(symbol.text)
        written = found["reach"] if found else ""
        forward = written.endswith("f") and written[:-1].isdecimal()
        reach = self.reach(symbol, written[:-1] if forward else written)
        return Near(
            start=left.start,
            end=right.end,
            left=left,
            right=right,
            reach=reach,
            ordered=forward or bool(found and found["name"] in {"ONEAR", "PRE"}),
            negated=bool(found and found["not"]),
        )

    def _except(self) -> Node:
        node = self._prim()
        while self.now.kind == "EXCEPT":
            self.take()
            removed = self._prim()
            node = Except(
                start=node.start, end=removed.end, child=node, removed=removed
            )
        return node

    def _prim(self) -> Node:
        symbol = self.now
        match symbol.kind:
            case "word" | "phrase" | "case":
                return self._term(self.take())
            case "ref":
                return self._ref(self.take())
            case "open":
                return self._bracket()
            case "field":
                return self._field()
            case "atleast":
                return self._atleast()
            case "count":
                return self._some()
            case _:
                return self._missing(symbol)

    def _term(self, symbol: Symbol) -> Node:
        inner = symbol.text if symbol.kind == "word" else symbol.text[1:-1]
        return self.make(symbol.kind, inner, symbol)

    def _ref(self, symbol: Symbol) -> Node:
        name = symbol.text[1:]
        if not name:
            self.complain("Q152", symbol.start, "@ names no definition", "write @name")
            return Broken(start=symbol.start, end=symbol.end)
        return Ref(start=symbol.start, end=symbol.end, name=name)

    def _bracket(self) -> Node:
        opened = self.take()
        if self.too_deep(opened.start):
            return Broken(start=opened.start, end=opened.end)
        self.depth += 1
        node = self._or()
        self._bracketed[id(node)] = node
        self.depth -= 1
        if self.now.kind == "comma":
            self.complain(
                "Q106", self.now.start, "a comma belongs into `n OF (a, b)`", "write OR"
            )
            while self.now.kind not in {"close", "end"}:
                self.take()
        self._close(opened)
        return node

    def _close(self, opened: Symbol) -> int:
        if self.now.kind == "close":
            return self.take().end
        # What lies too deep was not read, so nothing is known of the brackets there.
        if not any(fault.code == "Q171" for fault in self.faults):
            self.complain(
                "Q103",
                opened.start,
                "the bracket is never closed",
                "write ) at its end",
            )
        return self.now.end

    def _field(self) -> Node:
        symbol = self.take()
        name = symbol.text[:-1]
        if name not in FIELDS:
            near = difflib.get_close_matches(name.lower(), FIELDS, 1)
            mend = f"did you mean {near[0]}:? " if near else ""
            self.complain(
                "Q110",
                symbol.start,
                f"unknown field {name}:",
                f"{mend}fields are {', '.join(FIELDS)}{mixed_letters(name)}",
            )
        child = self._prim()
        if any(isinstance(one, Field) for one in walk(child)):
            self.complain(
                "Q116", symbol.start, "a field stands inside a field", "name one"
            )
        self._check_codes(name, child)
        return Field(start=symbol.start, end=child.end, name=name, child=child)

    def _check_codes(self, name: str, child: Node) -> None:
        """Refuse `country:Belarus`: items bear codes, so that it would never hold."""
        if name not in _CODES:
            return
        pattern, example = _CODES[name]
        for node in walk(child):
            if isinstance(node, Term) and not re.fullmatch(pattern, node.text):
                self.complain(
                    "Q117",
                    node.start,
                    f"{name}: asks for a code, not {node.text}",
                    f"write {name}:{example}",
                )

    def _atleast(self) -> Node:
        symbol = self.take()
        count = self.number(symbol, symbol.text.partition("/")[2], MOST_COUNT)
        child = self._prim()
        return AtLeast(start=symbol.start, end=child.end, count=count, child=child)

    def _some(self) -> Node:
        symbol = self.take()
        opened = self.now
        if opened.kind != "open":
            self.complain(
                "Q141", symbol.start, "OF needs a list", "write 2 OF (a, b, c)"
            )
            return Broken(start=symbol.start, end=symbol.end)
        if self.too_deep(symbol.start):
            return Broken(start=symbol.start, end=symbol.end)
        self.depth += 1
        self.take()
        children = [self._or()]
        while self.now.kind == "comma":
            self.take()
            children.append(self._or())
        self.depth -= 1
        end = self._close(opened)
        count = self.number(
            symbol,
            symbol.text.split()[0],
            len(children),
            "" if len(children) > 1 else "part the list with commas: 2 OF (a, b, c)",
        )
        return Some(start=symbol.start, end=end, count=count, children=tuple(children))

    def _missing(self, symbol: Symbol) -> Node:
        if symbol.kind == "end" and any(one.code == "Q109" for one in self.faults):
            return Broken(start=symbol.start, end=symbol.start)
        before = self.symbols[self.at - 1] if self.at else None
        if symbol.kind == "end":
            after = f" after {before.text}" if before else ""
            message = f"a word is missing{after}"
        else:
            message = f"a word is missing before {symbol.text}"
        self.complain("Q106", symbol.start, message, "write a word, or remove one")
        if symbol.kind in {"AND", "OR", "near", "EXCEPT"} and before is None:
            self.take()
            return self._except()
        return Broken(start=symbol.start, end=symbol.start)

    # ── what is legal and suspicious ─────────────────────────────────────────

    def _check_mixed(self, tree: Node) -> None:
        for node in walk(tree):
            mixed = [
                child
                for child in (node.children if isinstance(node, Or) else ())
                if type(child) in _FIRST and id(child) not in self._bracketed
            ]
            for child in mixed[:1]:
                first = _FIRST[type(child)]
                self.complain(
                    "Q301",
                    child.start,
                    f"{first} and OR without brackets: {first} binds first",
                    "write the brackets that you mean",
                    warn=True,
                )
