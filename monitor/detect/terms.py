"""The terms of a query: words and phrases, folded and checked."""

import re
from collections.abc import Sequence
from functools import lru_cache

from monitor.detect import inflection
from monitor.detect.lexer import Symbol
from monitor.detect.syntax import Broken, Fault, Node, Term
from monitor.detect.text import FIELDS, STAND_INS, forms

WILDCARDS = "*?"
_INNER_TILDE = re.compile(r"\w~")
_OPERATOR = re.compile(
    r"\s(AND|OR|NOT|EXCEPT|(?:ONEAR|NEAR|W|PRE)/\w+)\s"
    rf"|(?:^|\s)(ATLEAST/\d+(?=\s)|(?:{'|'.join(FIELDS)}):(?=[^\s:/]))"
)
_DOTTED = re.compile(r"[^\W\d_]\.[^\W\d_]\.?")
"""An acronym of two letters, which is a word of many languages: us, it, un, am."""
_SHORTEST_STEM = 3
# Letters stand in for wildcards while a term is split into words, so that wildcards go
# through the same folding as everything else.
_STAND_INS = str.maketrans(WILDCARDS, STAND_INS)
_WILDCARDS_BACK = str.maketrans(STAND_INS, WILDCARDS)


@lru_cache(maxsize=50_000)
def _words(inner: str, *, is_cased: bool) -> tuple[str, ...]:
    """Return the words of a term; remembered, since most packs are read again and again."""
    return tuple(
        (form if is_cased else word).translate(_WILDCARDS_BACK)
        for word, form in forms(inner.translate(_STAND_INS))
    )


class TermMaker:
    """Makes terms and checks their words."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def complain(
        self, code: str, start: int, message: str, mend: str = "", *, warn: bool = False
    ) -> None:
        """Note a fault."""
        self.faults.append(
            Fault(code, start, message, mend, "warning" if warn else "error")
        )

    def make(self, kind: str, inner: str, symbol: Symbol) -> Node:
        """Return the term of a symbol whose words are `inner`; `Broken` without any."""
        found = _words(inner, is_cased=kind == "case")
        if not found:
            self.complain(
                "Q122",
                symbol.start,
                f"{symbol.text} has no letter or digit",
                "write a word",
            )
            return Broken(start=symbol.start, end=symbol.end)
        self._check(kind, inner, found, symbol)
        return Term(
            start=symbol.start,
            end=symbol.end,
            text=symbol.text
            if symbol.inflect is None
            else f"{symbol.text}~{symbol.inflect}",
            kind="case" if kind == "case" else "word" if len(found) == 1 else "phrase",
            words=found,
            inflect=symbol.inflect,
        )

    def _check(
        self, kind: str, inner: str, words: Sequence[str], symbol: Symbol
    ) -> None:
        if "~" in inner and _INNER_TILDE.search(inner):
            self.complain(
                "Q133",
                symbol.start,
                "~ inside a phrase says nothing",
                f'write "{inner.replace("~", "")}"~, in a list without the quotes:'
                " all of its words take their forms",
            )
        self._check_operators(kind, inner, symbol)
        self._check_acronym(kind, inner, words, symbol)
        wild = [word for word in words if any(w in word for w in WILDCARDS)]
        self._check_wildcards(kind, wild, symbol)
        if symbol.inflect is not None:
            self._check_inflection(words, wild, symbol)

    def _check_wildcards(self, kind: str, wild: Sequence[str], symbol: Symbol) -> None:
        for word in wild:
            if sum(c not in WILDCARDS for c in word) < _SHORTEST_STEM:
                self.complain(
                    "Q120",
                    symbol.start,
                    f"{word} has fewer than three letters beside its wildcards",
                    "write more of the word, or all of it",
                )
        if wild and kind == "case":
            self.complain(
                "Q123",
                symbol.start,
                "a case-sensitive term takes no wildcards",
                "write the word out, or without braces",
            )

    def _check_inflection(
        self, words: Sequence[str], wild: Sequence[str], symbol: Symbol
    ) -> None:
        if len(wild) == len(words):
            self.complain(
                "Q132",
                symbol.start,
                "~ and a wildcard exclude each other",
                "~ already matches all forms; remove one of them",
            )
        if symbol.inflect and symbol.inflect not in inflection.LANGUAGES:
            known = ", ".join(sorted(inflection.LANGUAGES))
            self.complain(
                "Q130",
                symbol.start,
                f"no forms are known for the language {symbol.inflect!r}",
                f"known are {known}",
            )

    def _check_operators(self, kind: str, inner: str, symbol: Symbol) -> None:
        """Warn of an operator that is read as a word; a phrase in capitals may hold it."""
        found = _OPERATOR.search(inner)
        if found is None or (kind != "case" and inner.upper() == inner):
            return
        self.complain(
            "Q307",
            symbol.start,
            f"{found[1] or found[2]} is a word here, as {inner} is one phrase",
            "put braces around each: {US} OR {UK}"
            if kind == "case"
            else f"in a list each term stands alone, a query in brackets: ({inner})",
            warn=True,
        )

    def _check_acronym(
        self, kind: str, inner: str, words: Sequence[str], symbol: Symbol
    ) -> None:
        if kind != "case" and _DOTTED.fullmatch(inner):
            self.complain(
                "Q309",
                symbol.start,
                f"{inner} finds the word {words[0]} too",
                f"write {{{inner.replace('.', '')}}}: its capitals count",
                warn=True,
            )
