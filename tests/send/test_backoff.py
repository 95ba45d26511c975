"""When a failed delivery is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.send.backoff import (
    LONGEST_GAP,
    LONGEST_RETRY_AFTER,
    WAITS,
    idle,
    retry_after,
    wait,
)

NOW = datetime(2020, 8, 9, 20, 0, tzinfo=UTC)
CHANCES = st.floats(min_value=0, max_value=1, exclude_max=True)


def test_the_waits_grow_from_seconds_to_a_day() -> None:
    assert [wait(n, 0.5) for n in range(1, 13)] == [*WAITS, WAITS[-1]]
    assert list(WAITS) == sorted(WAITS)


@given(failures=st.integers(1, 1000), chance=CHANCES)
def test_jitter_stays_within_a_fifth(failures: int, chance: float) -> None:
    planned = wait(failures, 0.5)

    assert planned * 0.8 <= wait(failures, chance) <= planned * 1.2


@given(failures=st.integers(1, 1000), low=CHANCES, high=CHANCES)
def test_deliveries_that_failed_together_are_spread(
    failures: int, low: float, high: float
) -> None:
    low, high = sorted((low, high))

    assert wait(failures, low) <= wait(failures, high)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("0.376", 0.376),
        ("86401", 86400),
        ("9" * 40, 86400),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        ("Sunday, 09-Aug-20 20:05:00 GMT", 300),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), 86400),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "٣", "Mon, 99 Foo 20"])
def test_a_retry_after_that_says_nothing_is_none(value: str) -> None:
    assert retry_after(value, NOW) is None


@given(value=st.text())
def test_no_retry_after_breaks_or_leaves_its_range(value: str) -> None:
    asked = retry_after(value, NOW)

    assert asked is None or timedelta() <= asked <= LONGEST_RETRY_AFTER


def test_between_attempts_by_the_schedule_nothing_is_idle() -> None:
    tried = [NOW]
    for number in range(1, 14):
        tried.append(tried[-1] + wait(number, 0.999))
    assert idle(tried, tried[-1] + LONGEST_GAP) == timedelta()


def test_a_gap_that_no_wait_explains_is_idle() -> None:
    week = timedelta(days=7)
    tried = [NOW, NOW + timedelta(hours=1), NOW + week]
    assert idle(tried, NOW + week) == week - timedelta(hours=1)
    assert idle(tried, NOW + 2 * week) == 2 * week - timedelta(hours=1)
    # A clock that was set back hides nothing.
    assert idle([NOW, NOW - week], NOW - week) == timedelta()
    assert idle([], NOW) == timedelta()
