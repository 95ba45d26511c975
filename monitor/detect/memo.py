"""What was worked out of a word once need not be worked out again."""

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")

_LONGEST_KEY = 64


class Memo(dict[str, V]):
    """Remembers what a function makes of short texts, the latest of them.

    News repeats its words: after the first sight of one, whatever was worked out
    of it is one look-up. It holds at most `most` texts; when it is full, those not
    seen since it was last half full are forgotten. Longer texts are not kept.
    """

    def __init__(self, make: Callable[[str], V], most: int = 400_000) -> None:
        """Remember what `make` returns."""
        super().__init__()
        self._make = make
        self._half = most // 2
        self._older: dict[str, V] = {}

    def __missing__(self, text: str) -> V:
        """Look among the older ones, else make it."""
        known = self._older.get(text)
        made = self._make(text) if known is None else known
        if len(text) <= _LONGEST_KEY:
            if len(self) >= self._half:
                self._older = dict(self)
                self.clear()
            self[text] = made
        return made

    def forget(self) -> None:
        """Forget everything, since what `make` returns has changed."""
        self.clear()
        self._older.clear()
