"""Digests fall due by the clocks of their zone, both changes of summer time included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Severity
from monitor.notify.digests import Digest, check_cron

VILNIUS = ZoneInfo("Europe/Vilnius")


def slots(
    cron: str, start: datetime, number: int, zone: ZoneInfo = VILNIUS
) -> list[str]:
    digest = Digest(cron=cron, zone=zone)
    found = []
    for _ in range(number):
        start = digest.after(start)
        found.append(f"{start:%m-%d %H:%M}Z")
    return found


def test_seven_on_weekdays_is_by_the_clock_on_the_wall() -> None:
    # Friday 27 March 2026; the clocks go forward in the night to Sunday.
    friday = datetime(2026, 3, 27, tzinfo=UTC)
    assert slots("0 7 * * mon-fri", friday, 2) == ["03-27 05:00Z", "03-30 04:00Z"]
    # Friday 23 October 2026; they go back in the night to Sunday.
    friday = datetime(2026, 10, 23, tzinfo=UTC)
    assert slots("0 7 * * mon-fri", friday, 2) == ["10-23 04:00Z", "10-26 05:00Z"]


def test_a_time_that_summer_time_leaves_out_is_told_when_it_would_have_begun() -> None:
    saturday = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert slots("30 3 * * *", saturday, 2) == ["03-29 01:00Z", "03-30 00:30Z"]


def test_a_time_that_comes_twice_is_told_once() -> None:
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert slots("30 3 * * *", saturday, 2) == ["10-25 00:30Z", "10-26 01:30Z"]


def test_days_of_the_week_are_those_of_cron() -> None:
    monday = datetime(2026, 6, 1, 12, tzinfo=UTC)
    sunday = ["06-07 07:00Z"]
    assert slots("0 7 * * 0", monday, 1, ZoneInfo("UTC")) == sunday
    assert slots("0 7 * * 7", monday, 1, ZoneInfo("UTC")) == sunday
    assert slots("0 7 * * sun", monday, 1, ZoneInfo("UTC")) == sunday


@given(st.integers(0, 15 * 365 * 24 * 60))
def test_the_next_digest_is_always_later_and_within_its_week(minutes: int) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = Digest(cron="0 7 * * mon-fri", zone=VILNIUS).after(moment)
    assert moment < due <= moment + timedelta(days=4)
    assert due.astimezone(VILNIUS).hour == 7


@pytest.mark.parametrize("cron", ["", "daily", "0 25 * * *", "* * * *", "0 0 30 2 *"])
def test_what_is_no_cron_expression_is_refused_with_the_mend(cron: str) -> None:
    with pytest.raises(ValueError, match="mon-fri"):
        check_cron(cron)
    with pytest.raises(ValueError, match="mon-fri"):
        Digest(cron=cron)


def test_what_is_grave_enough_does_not_wait() -> None:
    digest = Digest(cron="0 7 * * *", bypass=Severity.HIGH)
    assert digest.urgent(Severity.CRITICAL)
    assert digest.urgent(Severity.HIGH)
    assert not digest.urgent(Severity.MEDIUM)
    assert not Digest(cron="0 7 * * *", bypass=None).urgent(Severity.CRITICAL)
