"""Rows of numbers, of any length, of which many are fetched at once."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from monitor.detect.hashing import Numbers, Places

_NONE = -1
"""Where a row is shorter than its place; below it stands which tail goes on."""


class Rows:
    """Rows by number, from 0: what fits into few places lies side by side in memory.

    What a large rulebook costs is fetching from memory, and numpy fetches many rows
    while it waits for the first.
    """

    def __init__(
        self,
        width: int,
        rows: Iterable[Sequence[int]] = (),
        kind: type[np.signedinteger[Any]] = np.int32,
    ) -> None:
        """Give each row `width` places; longer ones go on elsewhere."""
        self._width = width
        self._kind = kind
        self._heads = np.full((64, width), _NONE, kind)
        self._tails: list[Numbers] = []
        self._count = 0
        for row in rows:
            self.append(row)

    def append(self, row: Sequence[int]) -> None:
        """Put a row of numbers, 0 or above, behind the others."""
        if self._count == len(self._heads):
            more = np.full((self._count, self._width), _NONE, self._kind)
            self._heads = np.concatenate((self._heads, more))
        head = self._heads[self._count]
        if len(row) <= self._width:
            head[: len(row)] = row
        else:
            head[:-1] = row[: self._width - 1]
            head[-1] = _NONE - 1 - len(self._tails)
            self._tails.append(np.array(row[self._width - 1 :], self._kind))
        self._count += 1

    def take(self, which: Places | Numbers) -> tuple[Numbers, Places]:
        """Return what stands in some rows, and in which of them; tails come last."""
        heads = self._heads.take(which, 0).ravel()
        filled = (heads != _NONE).nonzero()[0]
        found = heads.take(filled)
        rows = filled // self._width
        if not self._tails:
            return found, rows
        ends = (found < _NONE).nonzero()[0]
        if not ends.size:
            return found, rows
        tails = [self._tails[_NONE - 1 - end] for end in found.take(ends).tolist()]
        more = rows.take(ends).repeat([len(tail) for tail in tails])
        kept = (found > _NONE).nonzero()[0]
        found = np.concatenate((found.take(kept), *tails))
        rows = np.concatenate((rows.take(kept), more))
        return found, rows
