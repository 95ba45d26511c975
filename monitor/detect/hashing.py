"""Texts cut at white space, each piece told by a number: a whole text at one go.

Of a piece the characters c, at the places i of the text, are summed as T[c] * B**i,
modulo 2**64; sums up to each place give those of all pieces by subtraction, and
B**-start makes them independent of where the piece stands. So one pass of numpy over
the text does what would else be one look-up of a fresh string for each piece. Two of a
million pieces have one number by a chance of one in many millions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Places = NDArray[np.intp]
Hashes = NDArray[np.uint64]

_UNIT = np.dtype("<u2")
_UNITS = 1 << 16
"""Of UTF-16: what lies beyond is two of them, and each is hashed."""
_BASE = 0x9E3779B97F4A7C1B
"""Odd, so that it has an inverse; 3 modulo 8, so that its powers differ early."""
_WORD = (1 << 64) - 1
_BLANK = " ".encode("utf-16-le")


def _scattered(count: int) -> Hashes:
    """Return numbers that have nothing in common (splitmix64)."""
    found = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


_LETTERS = _scattered(_UNITS)
_SPACES = np.zeros(_UNITS, np.bool_)
_SPACES[[code for code in range(_UNITS) if chr(code).isspace()]] = True


def _powers(base: int, count: int) -> Hashes:
    found = np.ones(1, np.uint64)
    while len(found) < count:
        factor = np.uint64(pow(base, len(found), _WORD + 1))
        found = np.concatenate((found, found * factor))
    return found


class _Powers:
    """The powers of the base and of its inverse, as many as texts have needed."""

    def __init__(self) -> None:
        self.up = self.down = np.ones(1, np.uint64)

    def grow(self, count: int) -> None:
        self.up = _powers(_BASE, count)
        self.down = _powers(pow(_BASE, -1, _WORD + 1), count)


_grown = _Powers()
_grown.grow(1 << 13)


@dataclass(frozen=True, slots=True)
class Cut:
    """Some texts, cut at white space."""

    raw: bytes
    """The texts in UTF-16, a blank before each and after the last."""
    begins: tuple[int, ...]
    """Where the blank before each text is, in units."""
    gaps: Places
    """Where white space is, in units; a piece lies between two of them."""
    hashes: Hashes
    """The number of each piece; 0 for one without a character."""

    def piece(self, number: int) -> str:
        """Return the text of a piece."""
        first, last = int(self.gaps[number]) + 1, int(self.gaps[number + 1])
        return self.raw[2 * first : 2 * last].decode("utf-16-le", "replace")

    def bounds(self) -> list[int]:
        """Return the number of the first piece of each text, and of the end."""
        return [*self.gaps.searchsorted(self.begins).tolist(), len(self.hashes)]


def cut(texts: Sequence[str]) -> Cut:
    """Cut texts into their pieces; a surrogate alone counts as a question mark."""
    encoded = [text.encode("utf-16-le", "replace") for text in texts]
    raw = b"".join((_BLANK, _BLANK.join(encoded), _BLANK))
    begins, place = [], 0
    for one in encoded:
        begins.append(place)
        place += len(one) // 2 + 1
    units = np.frombuffer(raw, _UNIT)
    if len(units) > len(_grown.up):
        _grown.grow(len(units))
    gaps = _SPACES.take(units).nonzero()[0]
    sums = _LETTERS.take(units)
    sums *= _grown.up[: len(units)]
    np.add.accumulate(sums, 0, None, sums)
    starts = gaps[:-1]
    hashes = sums.take(gaps[1:] - 1)
    hashes -= sums.take(starts)
    hashes *= _grown.down.take(starts)
    return Cut(raw, tuple(begins), gaps, hashes)


class Table:
    """Numbers by hash, in arrays: those of a whole text are fetched at once.

    Each hash has two slots that it may lie in; what finds both taken is remembered
    beside. One slot in four is in use, or less.
    """

    def __init__(self) -> None:
        self._bits = 14
        self._spare: dict[int, int] = {}
        self._clear()
        self.count = 0

    def _clear(self) -> None:
        self._keys = np.zeros(1 << self._bits, np.uint64)
        self._values = np.zeros(1 << self._bits, np.int32)
        self._spare = {}

    def _slots(self, hashes: Hashes) -> tuple[Places, Places]:
        shift = np.uint64(64 - self._bits)
        other = hashes * np.uint64(0xC2B2AE3D27D4EB4F)
        return (hashes >> shift).astype(np.intp), (other >> shift).astype(np.intp)

    def find(self, hashes: Hashes) -> tuple[Numbers, list[int]]:
        """Return the number of each hash, and the places of those without one."""
        slots = (hashes >> np.uint64(64 - self._bits)).astype(np.intp)
        found = self._values.take(slots)
        wrong = (self._keys.take(slots) != hashes).nonzero()[0]
        if not wrong.size:
            return found, []
        left = hashes.take(wrong)
        slots = self._slots(left)[1]
        found[wrong] = self._values.take(slots)
        still = (self._keys.take(slots) != left).nonzero()[0]
        return found, self._beside(
            found, hashes, wrong.take(still)
        ) if still.size else []

    def _beside(self, found: Numbers, hashes: Hashes, places: Places) -> list[int]:
        missing = []
        for place, key in zip(
            places.tolist(), hashes.take(places).tolist(), strict=True
        ):
            number = self._spare.get(key)
            if number is None:
                missing.append(place)
            else:
                found[place] = number
        return missing

    def add(self, hashes: Hashes, numbers: Numbers) -> None:
        """Remember numbers by hashes that have none yet."""
        self.count += len(hashes)
        if self.count > len(self._keys) // 4:
            held = self._keys.nonzero()[0]
            spare, values = list(self._spare), list(self._spare.values())
            more = np.array(spare, np.uint64), np.array(values, np.int32)
            hashes = np.concatenate((hashes, self._keys[held], more[0]))
            numbers = np.concatenate((numbers, self._values[held], more[1]))
            while self.count > 1 << (self._bits - 2):
                self._bits += 1
            self._clear()
        self._put(hashes, numbers)

    def _put(self, hashes: Hashes, numbers: Numbers) -> None:
        for way in range(2):
            slots = self._slots(hashes)[way]
            free = (self._keys.take(slots) == 0).nonzero()[0]
            taken = slots.take(free)
            # Of several that want one slot the last gets it, in both arrays alike.
            self._values[taken] = numbers.take(free)
            self._keys[taken] = hashes.take(free)
            left = (self._keys.take(slots) != hashes).nonzero()[0]
            hashes, numbers = hashes.take(left), numbers.take(left)
        self._spare.update(zip(hashes.tolist(), numbers.tolist(), strict=True))
