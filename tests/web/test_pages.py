"""Pages behind a cursor show every row once, whatever shares a moment."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.pages import BadCursor, name_of, page

NOW = datetime(2026, 5, 4, tzinfo=UTC)
Row = tuple[datetime, str]


def rows(seconds: list[int]) -> list[Row]:
    made = [(NOW + timedelta(seconds=s), f"id{n:03}") for n, s in enumerate(seconds)]
    return sorted(made, key=lambda row: (-row[0].timestamp(), row[1]))


def fetcher(known: list[Row]):  # type: ignore[no-untyped-def] # noqa: ANN201
    def fetch(until: datetime | None, most: int) -> list[Row]:
        return [row for row in known if until is None or row[0] < until][:most]

    return fetch


@given(st.lists(st.integers(0, 5), max_size=60), st.integers(1, 7))
def test_every_row_comes_once_and_in_order(seconds: list[int], limit: int) -> None:
    known = rows(seconds)
    seen: list[Row] = []
    cursor = ""
    while True:
        found = page(fetcher(known), lambda row: row, limit, cursor)
        assert len(found.rows) <= limit
        seen += found.rows
        cursor = found.cursor
        if not cursor:
            break
    assert seen == known


def test_what_came_meanwhile_does_not_shift_the_next_page() -> None:
    known = rows([1, 2, 3, 4])
    first = page(fetcher(known), lambda row: row, 2, "")
    newer = [(NOW + timedelta(seconds=9), "id999"), *known]
    second = page(fetcher(newer), lambda row: row, 2, first.cursor)
    assert [*first.rows, *second.rows] == known


def test_where_the_last_row_is_gone_older_ones_go_on() -> None:
    known = rows([1, 2, 3, 4])
    first = page(fetcher(known), lambda row: row, 2, "")
    left = [row for row in known if row != first.rows[-1]]
    assert list(page(fetcher(left), lambda r: r, 2, first.cursor).rows) == known[2:]


def test_where_the_last_row_was_changed_those_of_its_moment_go_on() -> None:
    known = rows([1, 1, 1, 1, 0])
    first = page(fetcher(known), lambda row: row, 2, "")
    moved = (NOW + timedelta(seconds=9), first.rows[-1][1])
    left = [moved, *(row for row in known if row != first.rows[-1])]
    second = page(fetcher(left), lambda r: r, 2, first.cursor)
    third = page(fetcher(left), lambda r: r, 2, second.cursor)
    assert [*second.rows, *third.rows] == known[2:]


DEEP = base64.urlsafe_b64encode(b"[" * 30_000).decode()


def test_a_name_s_cursor_that_leads_into_the_deep_is_refused() -> None:
    with pytest.raises(BadCursor):
        name_of(DEEP)


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "bnVsbA", "WyJhIiwgMV0", DEEP])
def test_a_cursor_that_was_not_handed_out_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        page(fetcher([]), lambda row: row, 2, cursor)
