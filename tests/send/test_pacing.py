"""A token bucket: never more than its pace, and never less for long."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.send.pacing import Bucket, Pace

paces = st.builds(
    Pace, st.integers(1, 50), st.integers(1, 7200).map(lambda s: timedelta(seconds=s))
)


@given(pace=paces, steps=st.lists(st.floats(0, 5000), min_size=1, max_size=200))
def test_no_time_sees_more_than_a_full_bucket_and_what_flowed_in(
    pace: Pace, steps: list[float]
) -> None:
    bucket, now, taken = Bucket(pace), 100.0, []
    for step in steps:
        now += step
        if bucket.take(now) == 0.0:
            taken.append(now)
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            span = taken[last] - begin
            flowed = pace.messages * span / pace.per.total_seconds()
            assert last - first + 1 <= pace.messages + flowed + 1e-6


@given(pace=paces, spent=st.integers(0, 60))
def test_after_the_wait_that_it_names_there_is_a_token(pace: Pace, spent: int) -> None:
    bucket = Bucket(pace)
    for _ in range(spent):
        bucket.take(5.0)
    wait = bucket.take(5.0)
    assert (wait == 0.0) == (spent < pace.messages)
    if wait:
        assert bucket.take(5.0 + wait) == 0.0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(Pace(1, timedelta(seconds=10)))
    assert bucket.take(100.0) == 0.0
    assert bucket.take(50.0) > 0
    assert bucket.take(55.0) > 0


def test_what_was_sent_lately_counts_under_another_pace_too() -> None:
    bucket = Bucket(Pace(3, timedelta(hours=1)))
    assert [bucket.take(100.0) for _ in range(2)] == [0, 0]
    bucket.change(Pace(4, timedelta(minutes=1)))
    assert [bucket.take(100.0) for _ in range(3)] == [0, 0, 15]
    bucket.change(Pace(1, timedelta(minutes=1)))
    assert bucket.take(100.0) == 60
