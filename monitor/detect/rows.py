"""Rows of numbers, of which many are fetched at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.detect.hashing import Numbers, Places

_NONE = -1
"""Where a row is shorter than its place; below it stands which tail goes on."""

_SHORT_ROW = 8
"""Numbers under one place that are held side by side."""


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


class Filed:
    """Numbers filed under places; of most places it is soon told that nothing is."""

    def __init__(self, rows: Mapping[int, Sequence[int]], places: int) -> None:
        """File the numbers of some places; `places`: how many there are."""
        self._row = np.full(places, _NONE, np.int32)
        self._row[list(rows)] = np.arange(len(rows))
        self._rows = Rows(_SHORT_ROW, rows.values())
        self._count = len(rows)

    def __len__(self) -> int:
        """Return under how many places something is filed."""
        return self._count

    def take(self, places: Places) -> tuple[Numbers, Places]:
        """Return what is filed under some places, and under which of them."""
        which = self._row.take(places)
        filed = (which != _NONE).nonzero()[0]
        found, rows = self._rows.take(which.take(filed))
        return found, filed.take(rows)


class Sets:
    """For each row some sets of places: all are held against marks at once.

    A set has as many cells as a machine word has bytes, so that "one of them is
    marked" is one comparison.
    """

    def __init__(self, rows: Sequence[Sequence[Sequence[int]]], never: int) -> None:
        """Take rows of as many sets each, of eight places at most.

        `never` is a place that is not marked.
        """
        most = max((len(one) for row in rows for one in row), default=0)
        size = 1 << max(most - 1, 0).bit_length()
        count = size * len(rows[0]) if rows else size
        self._cells = np.full((len(rows), count), never, np.int32)
        for cells, row in zip(self._cells, rows, strict=True):
            for start, one in zip(range(0, count, size), row, strict=True):
                cells[start : start + len(one)] = one
        self._word = np.dtype(f"u{size}")

    def met(
        self, which: Numbers, marks: NDArray[np.bool_], bases: Places
    ) -> NDArray[np.bool_]:
        """Say of some rows for each set whether any of its places is marked.

        `bases`: for each row where in the marks the places begin.
        """
        found = marks.take(self._cells.take(which, 0) + bases[:, None])
        told: NDArray[np.bool_] = found.view(self._word) != 0
        return told
