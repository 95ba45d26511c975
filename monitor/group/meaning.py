"""What reports mean: vectors of a sentence encoder, compared by their angle.

The encoder is handed in; nothing here loads a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.model import Item

Floats = NDArray[np.float32]

_TITLE_LETTERS = 400
_SUMMARY_LETTERS = 200
_FIRST_ROWS = 64
_AHEAD = 64
"""Vectors that are compared with all stories at once."""


class Encoder(Protocol):
    """Turns texts into vectors of length 1, near each other where they mean the same."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row a text, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a report's title means, and its title and summary together."""

    title: Floats
    text: Floats


def meanings(items: Sequence[Item], encoder: Encoder) -> list[Meaning]:
    """Encode items in one batch; an item without words means nothing (zeros)."""
    parts = [(_clean(_title(i), _TITLE_LETTERS), _said(i)) for i in items]
    wanted = sorted({text for part in parts for text in part if text})
    # Without any text, one is encoded for the width of its row.
    rows = encoder.encode(wanted or ["."])
    known = dict(zip(wanted, rows, strict=False))
    nothing = np.zeros(rows.shape[1], np.float32)
    found = []
    for title, said in parts:
        one = known.get(title, nothing)
        both = _unit(one + known[said]) if said and said != title else one
        found.append(Meaning(title=one, text=both))
    return found


def _title(item: Item) -> str:
    return item.title or item.summary or item.body


def _said(item: Item) -> str:
    said = item.summary or item.body
    return _clean(said, _SUMMARY_LETTERS) if item.title else ""


def _clean(text: str, most: int) -> str:
    # Half of a surrogate pair is no text; encoders refuse it.
    short = " ".join(text[: 2 * most].split())[:most]
    return short.encode("utf-8", "ignore").decode("utf-8")


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length else vector


class Nearby:
    """Finds the stories that mean nearly the same: a bounded table of their vectors.

    When it is full, the story that was touched longest ago makes room. So the cost of
    a look-up has a bound, however many stories there are. Most of it is the fetching of the
    table: vectors that are known to be asked for share that (`expect`).
    """

    def __init__(self, most: int = 8192) -> None:
        """Begin empty; at most `most` stories are kept."""
        self._most = most
        self._rows: Floats = np.zeros((0, 0), np.float32)
        self._ids: list[str] = []
        self._places: dict[str, int] = {}
        self._next = 0
        self._coming: list[Floats] = []
        self._turns: dict[int, int] = {}
        self._ahead: dict[int, Floats] = {}
        self._changed: set[int] = set()

    def expect(self, vectors: Sequence[Floats]) -> None:
        """Take the vectors that will be asked for next, as the objects they are."""
        self._coming = list(vectors)
        self._turns = {id(vector): turn for turn, vector in enumerate(self._coming)}
        self._ahead = {}

    def put(self, story_id: str, vector: Floats) -> None:
        """Keep a story's vector; it counts as touched now."""
        self.drop(story_id)
        if self._next >= len(self._ids):
            self._grow(len(vector))
        place = self._next
        self._places.pop(self._ids[place], None)
        self._ids[place] = story_id
        self._rows[place] = vector
        self._changed.add(place)
        self._places[story_id] = place
        self._next = place + 1
        if self._next >= self._most:
            self._next = 0

    def _grow(self, width: int) -> None:
        size = min(max(2 * len(self._ids), _FIRST_ROWS), self._most)
        rows = np.zeros((size, width), np.float32)
        if self._ids:
            rows[: len(self._ids)] = self._rows
        self._rows = rows
        self._ahead = {}
        self._ids += [""] * (size - len(self._ids))

    def drop(self, story_id: str) -> None:
        """Forget a story."""
        place = self._places.pop(story_id, None)
        if place is not None:
            self._ids[place] = ""
            self._rows[place] = 0.0
            self._changed.add(place)

    def most_alike(self, vector: Floats, many: int) -> list[str]:
        """Return at most `many` stories, the nearest first."""
        if not self._places or not vector.any():
            return []
        alike = self._alike(vector)
        many = min(many, len(alike))
        best = np.argpartition(-alike, many - 1)[:many]
        ranked = sorted(best.tolist(), key=lambda place: (-alike[place], place))
        return [self._ids[place] for place in ranked if self._ids[place]]

    def _alike(self, vector: Floats) -> Floats:
        """Return how alike a vector and each row are."""
        turn = self._turns.get(id(vector))
        if turn is None:
            return self._rows @ vector
        if id(vector) not in self._ahead:
            coming = self._coming[turn : turn + _AHEAD]
            alike = np.stack(coming) @ self._rows.T
            self._ahead = dict(zip(map(id, coming), alike, strict=True))
            self._changed.clear()
        found = self._ahead[id(vector)]
        changed = list(self._changed)
        found[changed] = self._rows[changed] @ vector
        return found
