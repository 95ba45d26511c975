"""A query in the one layout: its symbols in one spelling, its lines filled."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.detect.lexer import CLOSING, Symbol, symbols

_COMMENT = re.compile(r"#[^\n]*")
_NEAR = re.compile(r"(?P<not>NOT\s+)?(?P<name>ONEAR|NEAR|PRE|W)/(?P<reach>[^\s()]*)\Z")
_OPERATORS = {"AND", "OR", "NOT", "EXCEPT", "near"}
"""Symbols that are one with what follows them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A symbol or a comment of a query."""

    text: str
    kind: str
    depth: int
    """Brackets that are open around it."""
    glued: bool
    """Whether it follows without a space."""
    alone: bool = False
    """A comment that has a line of its own."""


def lay_out(query: str, width: int) -> list[str]:
    """Return a query as lines of at most so many characters, where they can be."""
    found = list(pieces(query))
    flat = _joined(found)
    if len(flat) <= width and not any(one.kind == "comment" for one in found):
        return [flat]
    return _Filler(found, width).lines()


class _Filler:
    def __init__(self, pieces: list[Piece], width: int) -> None:
        self.pieces = pieces
        self.width = width
        self.done: list[str] = []
        self.line = ""

    def lines(self) -> list[str]:
        for number, piece in enumerate(self.pieces):
            if self._breaks(number, piece):
                self._end()
            self._put(piece)
            if piece.kind == "comment":
                self._end()
        self._end()
        return self.done

    def _put(self, piece: Piece) -> None:
        if not self.line:
            self.line = "  " * piece.depth + piece.text
        elif piece.kind == "comment":
            self.line += f"  {piece.text}"
        else:
            self.line += piece.text if piece.glued else f" {piece.text}"

    def _end(self) -> None:
        if self.line:
            self.done.append(self.line)
        self.line = ""

    def _breaks(self, number: int, piece: Piece) -> bool:
        """Say whether a line begins here."""
        if not self.line or piece.alone:
            return bool(self.line)
        before = self.pieces[number - 1].kind
        behind_comma = before == "comma" and piece.kind not in _OPERATORS
        if piece.kind not in _OPERATORS and not behind_comma:
            return False
        # `AND NOT` and `OR NOT` begin one line together.
        if before in _OPERATORS or before == "open":
            return False
        part = self._part(number)
        room = self.width - 2 * piece.depth
        if piece.depth == 0 and piece.kind in {"AND", "NOT"}:
            return True
        if len(self.line) + 1 + len(_joined(part)) <= self.width:
            return False
        return (
            len(_joined(part)) <= room
            or len(self.line) + 1 + len(_joined(self._head(part))) > self.width
        )

    def _part(self, number: int) -> list[Piece]:
        """Return an operator with all of what it joins."""
        first = self.pieces[number]
        end = number + 1
        while end < len(self.pieces):
            piece = self.pieces[end]
            joins = piece.kind in _OPERATORS and self.pieces[end - 1].kind not in (
                _OPERATORS | {"open"}
            )
            ends = piece.kind in {"comma", "comment"}
            if piece.depth < first.depth or (piece.depth == first.depth and joins):
                break
            if piece.depth == first.depth and ends:
                break
            end += 1
        return self.pieces[number:end]

    @staticmethod
    def _head(part: list[Piece]) -> list[Piece]:
        """Return what must stand together at the beginning of a part."""
        for end in range(1, len(part)):
            inner = part[end].kind in _OPERATORS | {"comment"}
            if inner and part[end - 1].kind not in _OPERATORS | {"open"}:
                return part[:end]
        return part


def _joined(several: list[Piece]) -> str:
    text = ""
    for piece in several:
        text += piece.text if piece.glued or not text else f" {piece.text}"
    return text


def pieces(query: str) -> Iterator[Piece]:
    """Yield symbols and comments as they are written in the one layout."""
    depth = at = 0
    before = "open"
    for symbol in symbols(query)[0]:
        gap = query[at : symbol.start]
        for found in _COMMENT.finditer(gap):
            alone = "\n" in gap[: found.start()] or not at
            yield Piece(found[0].rstrip(), "comment", depth, glued=False, alone=alone)
        at = symbol.end
        if symbol.kind == "end":
            return
        depth -= symbol.kind == "close"
        glued = symbol.kind in {"close", "comma"} or before in {"open", "field"}
        yield Piece(_spelt(query, symbol), symbol.kind, depth, glued)
        depth += symbol.kind == "open"
        before = symbol.kind


def _spelt(query: str, symbol: Symbol) -> str:
    """Return a symbol in its one spelling."""
    written = query[symbol.start : symbol.end]
    match symbol.kind:
        case "near":
            return _near_spelt(written)
        case "count":
            return re.sub(r"\s+", " ", written)
        case "phrase":
            return _phrase_spelt(symbol, written)
        case _:
            return written


def _near_spelt(written: str) -> str:
    found = _NEAR.match(written)
    if found is None:
        return written
    reach = found["reach"]
    forward = reach.endswith("f") and reach[:-1].isdecimal()
    ordered = forward or found["name"] in {"ONEAR", "PRE"}
    name = "ONEAR" if ordered else "NEAR"
    return f"{'NOT ' if found['not'] else ''}{name}/{reach[:-1] if forward else reach}"


def _phrase_spelt(symbol: Symbol, written: str) -> str:
    closed = symbol.text[1:] and symbol.text[-1] in CLOSING[symbol.text[0]]
    inner = " ".join(symbol.text[1:-1].split())
    if not closed or '"' in inner:
        return written  # One that is never closed ends where the query does.
    return f'"{inner}"{written[len(symbol.text) :]}'
