"""When a route keeps quiet, by the clocks of its own zone, summer time or not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.notify.intervals import LONGEST_HOLD, Interval, quiet, speaks_at

VILNIUS = ZoneInfo("Europe/Vilnius")
NIGHT = Interval(name="night", times=((22 * 60, 1440), (0, 7 * 60)), zone=VILNIUS)
OFFICE = Interval(
    name="office",
    times=((9 * 60, 17 * 60),),
    weekdays=frozenset(range(5)),
    zone=VILNIUS,
)


def at(text: str, zone: ZoneInfo = VILNIUS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_an_interval_without_fields_holds_always() -> None:
    assert Interval(name="always").holds(at("2026-05-04T12:00"))


def test_the_end_of_a_time_does_not_belong_to_it() -> None:
    assert NIGHT.holds(at("2026-05-04T22:00"))
    assert NIGHT.holds(at("2026-05-04T06:59"))
    assert not NIGHT.holds(at("2026-05-04T07:00"))
    assert not NIGHT.holds(at("2026-05-04T21:59"))


def test_days_of_the_month_and_months_count_too() -> None:
    new_year = Interval(
        name="n", days_of_month=frozenset({1}), months=frozenset({1}), zone=VILNIUS
    )
    assert new_year.holds(at("2027-01-01T00:00"))
    # In Vilnius it is the first already, in UTC still the last of December.
    assert new_year.holds(datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    assert not new_year.holds(at("2027-02-01T00:00"))


def test_a_message_of_the_night_goes_in_the_morning() -> None:
    assert speaks_at(at("2026-05-04T23:30"), [NIGHT], []) == at("2026-05-05T07:00")
    noon = at("2026-05-04T12:00")
    assert speaks_at(noon, [NIGHT], []) == noon


def test_the_night_in_which_clocks_go_forward_ends_at_seven_all_the_same() -> None:
    # 29 March 2026: 03:00 becomes 04:00, so that the night has an hour less.
    evening = at("2026-03-28T23:00")
    morning = speaks_at(evening, [NIGHT], [])
    assert morning == at("2026-03-29T07:00")
    assert morning - evening == timedelta(hours=7)


def test_the_night_in_which_clocks_go_back_ends_at_seven_all_the_same() -> None:
    evening = at("2026-10-24T23:00")
    morning = speaks_at(evening, [NIGHT], [])
    assert morning == at("2026-10-25T07:00")
    assert morning - evening == timedelta(hours=9)


def test_an_hour_that_does_not_exist_holds_nothing_for_long() -> None:
    # From 03:30 to 03:59, which the clocks leap over that night.
    gap = Interval(name="gap", times=((210, 240),), zone=VILNIUS)
    before = at("2026-03-29T02:59")
    assert speaks_at(before, [], [gap]) == at("2026-03-30T03:30")


def test_outside_the_active_times_messages_wait_for_them() -> None:
    friday_night = at("2026-05-08T20:00")
    assert speaks_at(friday_night, [], [OFFICE]) == at("2026-05-11T09:00")
    assert quiet(friday_night, [], [OFFICE]) == "not office"
    assert quiet(at("2026-05-08T12:00"), [NIGHT], [OFFICE]) == ""


def test_nothing_waits_for_ever() -> None:
    moment = at("2026-05-04T12:00")
    always = Interval(name="always")
    assert speaks_at(moment, [always], []) == moment


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([NIGHT, OFFICE]),
    st.booleans(),
)
def test_a_message_goes_when_nothing_keeps_it_and_never_before(
    moment: datetime,
    interval: Interval,
    muted: bool,  # noqa: FBT001
) -> None:
    mute, active = ([interval], []) if muted else ([], [interval])
    due = speaks_at(moment, mute, active)
    assert moment <= due <= moment + LONGEST_HOLD
    assert not quiet(due, mute, active)
    if due > moment:
        assert quiet(moment, mute, active)
        assert quiet(due - timedelta(minutes=1), mute, active) or (
            due - moment < timedelta(minutes=1)
        )
