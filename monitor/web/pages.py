"""Lists a page at a time: a cursor names the last row that was seen (keyset paging)."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

_Row = TypeVar("_Row")
_TICK = timedelta(microseconds=1)
_MOST = 100_000


class BadCursor(ValueError):
    """A cursor that was not handed out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """Some rows, and where the next ones begin; "" at the end."""

    rows: Sequence[_Row]
    cursor: str


def page(
    fetch: Callable[[datetime | None, int], Sequence[_Row]],
    key: Callable[[_Row], tuple[datetime, str]],
    limit: int,
    cursor: str,
) -> Page[_Row]:
    """Return the rows behind a cursor.

    `fetch` gives the newest rows before a moment (None: all), at most so many; `key` is
    a row's moment and id. Rows that share a moment are fetched together, however many.
    """
    if not cursor:
        return _cut(list(fetch(None, limit + 1)), key, limit)
    moment, last = _read(cursor)
    wanted = limit + 1
    while True:
        rows = fetch(moment + _TICK, wanted + limit + 1)
        ids = [key(row)[1] for row in rows]
        if last in ids:
            behind = list(rows[ids.index(last) + 1 :])
            enough = len(behind) > limit or len(rows) < wanted + limit + 1
            if enough:
                return _cut(behind, key, limit)
        elif len(rows) < wanted + limit + 1 or wanted > _MOST:
            # The row is gone, or has changed: what came behind it goes on.
            behind = [row for row in rows if _is_behind(key(row), (moment, last))]
            return _cut(behind, key, limit)
        wanted *= 4


def _is_behind(row: tuple[datetime, str], last: tuple[datetime, str]) -> bool:
    """Say whether a row comes after another one: older, or of its moment by its id."""
    return row[0] < last[0] or (row[0] == last[0] and row[1] > last[1])


def named(
    rows: Sequence[_Row], key: Callable[[_Row], str], limit: int, cursor: str
) -> Page[_Row]:
    """Return the rows behind a cursor, in the order of a name that each has alone."""
    after = name_of(cursor)
    left = sorted((row for row in rows if key(row) > after), key=key)
    shown = left[:limit]
    return Page(shown, _coded(key(shown[-1])) if len(left) > limit else "")


def _coded(value: object) -> str:
    text = json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def name_of(cursor: str) -> str:
    """Return the name that a cursor stands for, "" where there is none."""
    if not cursor:
        return ""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError, binascii.Error) as error:
        raise BadCursor("this cursor was not handed out") from error
    if not isinstance(found, str):
        raise BadCursor("this cursor was not handed out")
    return found


def _cut(
    rows: list[_Row], key: Callable[[_Row], tuple[datetime, str]], limit: int
) -> Page[_Row]:
    shown = rows[:limit]
    return Page(shown, _write(key(shown[-1])) if len(rows) > limit else "")


def _write(key: tuple[datetime, str]) -> str:
    return _coded([key[0].isoformat(), key[1]])


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, last = json.loads(base64.urlsafe_b64decode(padded))
        found = datetime.fromisoformat(moment)
        _ = found.astimezone(UTC) + _TICK
    except (
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
        binascii.Error,
    ) as error:
        raise BadCursor("this cursor was not handed out") from error
    if found.tzinfo is None or not isinstance(last, str):
        raise BadCursor("this cursor was not handed out")
    return found, last
