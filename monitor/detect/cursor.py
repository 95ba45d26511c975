"""Where a parser stands among the symbols of a query, and the numbers written there."""

from monitor.detect.lexer import Symbol
from monitor.detect.syntax import Fault, Reach
from monitor.detect.terms import TermMaker

FURTHEST = 100
"""The widest NEAR, in words; a paragraph has about as many."""
DEEPEST = 40
"""Brackets within brackets."""


class Cursor(TermMaker):
    """Hands out symbols one after the other; depths and numbers have bounds."""

    def __init__(self, found: list[Symbol], faults: list[Fault]) -> None:
        """Begin at the first; `faults` are those of the symbols themselves."""
        super().__init__()
        self.symbols = found
        self.faults = list(faults)
        self.at = 0
        self.depth = 0

    @property
    def now(self) -> Symbol:
        """The symbol that is next."""
        return self.symbols[self.at]

    def take(self) -> Symbol:
        """Return the next symbol and go behind it; the end stays where it is."""
        symbol = self.symbols[self.at]
        if symbol.kind != "end":
            self.at += 1
        return symbol

    def too_deep(self, start: int) -> bool:
        """Say whether brackets go too deep at a place; if so, nothing more is read."""
        if self.depth < DEEPEST:
            return False
        self.complain(
            "Q171", start, f"nested deeper than {DEEPEST} levels", "move parts to defs"
        )
        self.at = len(self.symbols) - 1
        return True

    def reach(self, symbol: Symbol, written: str) -> Reach:
        """Return how far a NEAR reaches, as it is written; 0 where that is nothing."""
        if written == "s":
            return "s"
        if written == "p":
            return "p"
        if not (written.isascii() and written.isdecimal()) or len(written) > 4:  # noqa: PLR2004 - digits
            self.complain(
                "Q111",
                symbol.start,
                f"{symbol.text} names no distance",
                "write NEAR/5 (at most five words between), NEAR/s or NEAR/p",
            )
            return 0
        if int(written) > FURTHEST:
            self.complain(
                "Q112",
                symbol.start,
                f"{written} words are more than {FURTHEST}",
                "write NEAR/p (same paragraph) or AND",
            )
        return int(written)

    def number(self, symbol: Symbol, written: str, most: int, mend: str = "") -> int:
        """Return a count from 1 to `most`, as it is written; 1 where it is none."""
        if written.isascii() and written.isdecimal() and len(written) < 4:  # noqa: PLR2004 - digits
            count = int(written)
            if 1 <= count <= most:
                return count
        self.complain(
            "Q140", symbol.start, f"{symbol.text}: the count is not 1 to {most}", mend
        )
        return 1
