"""A query's text as symbols, each with its place; what cannot be one is a fault."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.detect.folding import INVISIBLE
from monitor.detect.operators import CHARACTERS
from monitor.detect.syntax import Fault
from monitor.detect.text import FIELDS, MARKS

LONGEST_QUERY = 50_000
"""Characters of one query, definitions not counted."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One piece of a query's text."""

    kind: str
    """`word phrase case ref field open close comma near count atleast tilde end`,
    or an operator's own name: `AND OR NOT EXCEPT`."""
    text: str
    start: int
    end: int
    inflect: str | None = None
    """After a word or phrase: the `~`, with its language or ""."""


CLOSING = {'"': '"', "\u201c": "\u201d", "\u201e": "\u201c\u201d", "\u00ab": "\u00bb"}
"""What closes a phrase that one of these opens."""
# Marks belong to their letters; soft hyphens are copied along with words.
_IN = f"[\\w*?{MARKS}]"
_WORD = (
    rf"(?:[^\W\d_]\.){{2,}}(?![\w*?])"
    rf"|[^\W_]{_IN}*(?:['’.&+/-]{_IN}+)*|[*?]+[\w*?'’.&+/-]*"
)
_SYMBOL = re.compile(
    rf"""
      (?P<space>[\s{INVISIBLE}]+)
    | (?P<comment>\#[^\n]*)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
    | (?P<near>(?:NOT\s+)?(?:ONEAR|NEAR|PRE|W)/[^\s()]*)
    | (?P<atleast>ATLEAST/[^\s()]*)
    | (?P<count>\d+\s+OF\b)
    | (?P<operator>(?:AND|OR|NOT|EXCEPT)\b)
    | (?P<case>\{{[^{{}}\n]*\}})
    | (?P<ref>@[\w-]*)
    | (?P<field>[^\W\d_]+:(?!\s|$))
    | (?P<word>{_WORD})
    """,
    re.VERBOSE,
)
_TILDE = re.compile(r"~([A-Za-z]*)")
_SINGLE = re.compile(r"['\u2018]([^'\u2018\u2019\n\"]+)['\u2019](?!\w)")
_FIELD_BEFORE = re.compile(r"[^\W\d_]+\Z")
OPERATOR = re.compile(r"\b(?:AND|OR|NOT|O?NEAR|EXCEPT|(?:W|PRE|ATLEAST)/\d+)\b")
"""What a comment holds that was meant to be part of a query."""
_SWALLOWED = re.compile(rf"{OPERATOR.pattern}|[()]")


_WANT_A_TERM = frozenset({"", "AND", "OR", "NOT", "near", "EXCEPT", "open", "comma"})


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.before = ""
        """The kind of the last symbol."""
        self.faults: list[Fault] = []

    def symbols(self) -> Iterator[Symbol]:
        while self.at < len(self.text):
            symbol = self._next()
            if symbol is not None:
                self.before = symbol.kind
                yield symbol
        yield Symbol("end", "", len(self.text), len(self.text))

    def _next(self) -> Symbol | None:
        start = self.at
        if self.text[start] in CLOSING:
            return self._phrase(start)
        single = _SINGLE.match(self.text, start)
        if single is not None:
            return self._single_quoted(single)
        found = _SYMBOL.match(self.text, start)
        if found is None or not found.lastgroup:
            self._strange(start)
            return None
        self.at = found.end()
        kind, text = found.lastgroup, found[0]
        if kind == "space":
            return None
        if kind == "comment":
            self._check_comment(start, text)
            return None
        if kind == "operator":
            return Symbol(text, text, start, self.at)
        if kind == "word":
            return self._inflected(kind, text, start)
        return Symbol(kind, text, start, self.at)

    def _inflected(self, kind: str, text: str, start: int) -> Symbol:
        end = self.at
        tilde = _TILDE.match(self.text, end)
        if tilde is None:
            return Symbol(kind, text, start, end)
        self.at = tilde.end()
        return Symbol(kind, text, start, self.at, tilde[1].lower())

    def _phrase(self, start: int) -> Symbol:
        closing = CLOSING[self.text[start]]
        end = start + 1
        while end < len(self.text) and self.text[end] not in closing:
            end += 1
        if end == len(self.text):
            self._fault(
                "Q102", start, "the quotation mark is never closed", "close the phrase"
            )
            self.at = end
            return Symbol("phrase", self.text[start:], start, end)
        self.at = end + 1
        return self._inflected("phrase", self.text[start : end + 1], start)

    def _single_quoted(self, found: re.Match[str]) -> Symbol:
        """Read 'a phrase' as one, and say how phrases are written."""
        self.at = found.end()
        self._fault(
            "Q101",
            found.start(),
            "a phrase stands in double quotation marks",
            f'write "{found[1]}"',
        )
        return Symbol("phrase", f'"{found[1]}"', found.start(), found.end())

    def _strange(self, start: int) -> None:
        one = self.text[start]
        self.at = start + 1
        while self.text[self.at : self.at + 1] == one in CHARACTERS:
            self.at += 1
        if one in "{}":
            self._fault(
                "Q108",
                start,
                "a brace stands alone",
                "write {US} for a term whose capitals count",
            )
        elif one == "~":
            self._fault(
                "Q131", start, "~ follows no word or phrase", "write it right behind"
            )
        else:
            name = "the character" if one.isprintable() else "an invisible character,"
            shown = one if one.isprintable() else f"U+{ord(one):04X}"
            mend = self._instead(start)
            self._fault("Q101", start, f"{name} {shown} means nothing here", mend)

    def _instead(self, start: int) -> str:
        """Return what is meant by a character that means nothing."""
        one = self.text[start]
        if one in CHARACTERS:
            return f"write {CHARACTERS[one]}"
        plain = unicodedata.normalize("NFKC", one)
        if plain != one and plain.isascii():
            return f"write {plain}"
        before = _FIELD_BEFORE.search(self.text[:start])
        if one == ":" and before and before[0].lower() in FIELDS:
            return f"write {before[0].lower()}: with its word right behind it"
        return 'put it into a phrase: "..."'

    def _check_comment(self, start: int, text: str) -> None:
        one_line = "\n" not in self.text.strip()
        if one_line and text[1:2].isalnum() and self.before in _WANT_A_TERM:
            self._fault(
                "Q109",
                start,
                f"{text.split(maxsplit=1)[0]} is read as a comment",
                "write the word without #: it finds hashtags too",
            )
        elif one_line and _SWALLOWED.search(text):
            self._fault(
                "Q109",
                start,
                "the comment runs to the end and takes operators with it",
                "write `match: |` so that lines end, or remove the comment",
            )

    def _fault(self, code: str, start: int, message: str, mend: str) -> None:
        self.faults.append(Fault(code, start, message, mend))


def symbols(text: str) -> tuple[list[Symbol], list[Fault]]:
    """Read a query's symbols; the last one is always `end`."""
    if len(text) > LONGEST_QUERY:
        fault = Fault(
            "Q170",
            0,
            f"the query has {len(text)} characters",
            f"at most {LONGEST_QUERY}; move lists into defs",
        )
        return [Symbol("end", "", 0, 0)], [fault]
    lexer = _Lexer(text)
    return list(lexer.symbols()), lexer.faults
