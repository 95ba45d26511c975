"""When a feed is polled again: its own rhythm, the publisher's wish, our bounds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect import cadence
from monitor.collect.cadence import Cadence
from monitor.model import Exchange, Feed, FeedState, Fetched

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)
FEED = Feed(url="https://a.example/f", every=EVERY)
SEEN = FeedState(interval=EVERY, last_polled=NOW - EVERY)


def answered(status: int = 200, **headers: Any) -> Exchange:
    return Exchange(
        outcome=Fetched.BODY if status == 200 else Fetched.FAILED,
        url=FEED.url,
        final_url=FEED.url,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def success(exchange: Exchange, state: FeedState = SEEN, **more: Any) -> Cadence:
    given_: dict[str, Any] = {
        "new_items": 0,
        "now": NOW,
        "chance": 0.0,
    } | more
    return cadence.after_success(FEED, state, exchange, **given_)


def failure(exchange: Exchange, state: FeedState = SEEN, **more: Any) -> Cadence:
    given_: dict[str, Any] = {"now": NOW, "chance": 0.0, "offline": False} | more
    return cadence.after_failure(FEED, state, exchange, **given_)


def waits(chosen: Cadence) -> timedelta:
    return chosen.poll_after - NOW


def test_a_quiet_feed_is_asked_less_and_less_often_up_to_an_hour() -> None:
    state, seen = SEEN, []
    for _ in range(12):
        chosen = success(answered(), state)
        seen.append(waits(chosen))
        state = FeedState(interval=chosen.interval, last_polled=NOW)
    assert seen == sorted(seen)
    assert seen[-1] == cadence.LONGEST_QUIET


def test_news_brings_it_back() -> None:
    slow = FeedState(interval=timedelta(hours=1), last_polled=NOW)
    assert waits(success(answered(), slow, new_items=3)) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"cache_control": "max-age=3600"}, timedelta(hours=1)),
        ({"cache_control": "max-age=3600", "age": "1800"}, timedelta(minutes=30)),
        ({"cache_control": "no-cache, max-age=36000"}, EVERY * 1.25),
        ({"cache_control": "max-age=60"}, EVERY * 1.25),
        ({"retry_after": "7200"}, timedelta(hours=2)),
        (
            {"expires": format_datetime(NOW + timedelta(hours=3), usegmt=True)},
            timedelta(hours=3),
        ),
        ({"expires": "0"}, EVERY * 1.25),
        ({"cache_control": "max-age=999999999999999"}, cadence.LONGEST_ASKED),
    ],
)
def test_what_the_publisher_asks_for_is_a_floor(
    headers: dict[str, str], wait: timedelta
) -> None:
    assert waits(success(answered(200, **headers))) == wait


def test_expires_counts_from_the_servers_own_clock() -> None:
    wrong = NOW - timedelta(days=400)
    headers = {
        "date": format_datetime(wrong, usegmt=True),
        "expires": format_datetime(wrong + timedelta(hours=2), usegmt=True),
    }
    assert waits(success(answered(200, **headers))) == timedelta(hours=2)


def test_what_expires_has_spent_in_caches_counts_as_it_does_for_max_age() -> None:
    headers = {
        "age": "3600",
        "date": format_datetime(NOW - timedelta(hours=1), usegmt=True),
        "expires": format_datetime(NOW + timedelta(hours=1), usegmt=True),
    }
    assert waits(success(answered(200, **headers))) == timedelta(hours=1)


@pytest.mark.parametrize("status", [429, 503])
def test_a_date_to_retry_after_counts_from_the_servers_own_clock(status: int) -> None:
    for skew in (timedelta(hours=-5), timedelta(hours=5)):
        headers = {
            "date": format_datetime(NOW + skew, usegmt=True),
            "retry_after": format_datetime(
                NOW + skew + timedelta(hours=2), usegmt=True
            ),
        }
        assert waits(failure(answered(status, **headers))) == timedelta(hours=2)


def test_the_feeds_own_ttl_is_honoured() -> None:
    chosen = success(answered(), replace(SEEN, ttl=timedelta(hours=2)))
    assert waits(chosen) == chosen.asked == timedelta(hours=2)
    assert "the feed itself" in chosen.reason


def test_the_hours_and_days_in_which_a_feed_rests_are_kept() -> None:
    night = replace(SEEN, skip="12,13,14")
    assert success(answered(), night).poll_after == NOW.replace(hour=15)
    # The fourth of May 2026 is a Monday; Saturday comes after Friday evening.
    friday = datetime(2026, 5, 8, 23, 50, tzinfo=UTC)
    weekend = success(answered(), replace(SEEN, skip="sat,sun"), now=friday)
    assert weekend.poll_after == datetime(2026, 5, 11, tzinfo=UTC)
    assert "asks not to be polled" in weekend.reason


def test_a_feed_that_fails_rests_too() -> None:
    resting = replace(SEEN, skip="12,13,14", failures=1)
    chosen = failure(answered(500), resting)
    assert chosen.poll_after == NOW.replace(hour=15)
    assert "failures in a row" in chosen.reason
    assert "asks not to be polled before Mon 15:00Z" in chosen.reason
    # Where no feed answers at all, each is tried as soon as there may be a network.
    offline = failure(answered(0), resting, offline=True)
    assert waits(offline) == cadence.OFFLINE


def test_a_feed_that_always_rests_is_not_believed() -> None:
    always = replace(SEEN, skip=",".join(map(str, range(24))))
    assert waits(success(answered(), always)) == EVERY * 1.25


def test_failures_double_the_wait_up_to_a_day() -> None:
    waited = [
        waits(failure(answered(500), FeedState(interval=EVERY, failures=n)))
        for n in range(9)
    ]
    assert waited[:3] == [EVERY, EVERY * 2, EVERY * 4]
    assert waited[-1] == cadence.LONGEST_FAILING


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_in_both_forms(status: int) -> None:
    for value in ("7200", format_datetime(NOW + timedelta(hours=2), usegmt=True)):
        chosen = failure(answered(status, retry_after=value))
        assert waits(chosen) == timedelta(hours=2)
        assert "Retry-After" in chosen.reason


def test_a_feed_that_is_gone_is_asked_once_a_week() -> None:
    assert waits(failure(answered(410))) == cadence.GONE


def test_when_nothing_answers_no_feed_is_punished() -> None:
    chosen = failure(answered(0), FeedState(interval=EVERY, failures=9), offline=True)
    assert waits(chosen) == cadence.OFFLINE
    assert chosen.interval == EVERY


HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "cache-control", "expires", "date", "age"]),
    st.one_of(
        st.text(max_size=30),
        st.integers(-(10**12), 10**25).map(str),
        st.integers(0, 10**25).map("max-age={}".format),
        st.datetimes(timezones=st.just(UTC)).map(format_datetime),
    ),
)


@given(
    HEADERS,
    st.sampled_from([200, 304, 410, 429, 500, 503, 0]),
    st.integers(0, 10**6),
    st.floats(0, 1, exclude_max=True),
    st.timedeltas(timedelta(), timedelta(days=400)),
)
def test_no_header_makes_it_early_late_or_wrong(
    headers: dict[str, str],
    status: int,
    failures: int,
    chance: float,
    interval: timedelta,
) -> None:
    exchange = answered(status, **headers)
    state = FeedState(interval=interval, failures=failures, last_polled=NOW)
    longest = cadence.GONE * 1.2
    good = success(exchange, state, chance=chance)
    assert EVERY <= waits(good) <= longest
    bad = failure(exchange, state, chance=chance)
    assert EVERY <= waits(bad) <= longest
    assert good.reason
    assert bad.reason
