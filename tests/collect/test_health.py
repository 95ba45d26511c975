"""How a feed fares: by its last polls, and by its own rhythm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.collect.health import UNHEALTHY, health
from monitor.model import FeedState, Polled

NOW = datetime(2026, 5, 18, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def poll(ago: timedelta, **more: object) -> Polled:
    made = Polled(at=NOW - ago, status=200, outcome="ok", new_items=1, format="rss20")
    return replace(made, **more)  # type: ignore[arg-type]


def state(**more: object) -> FeedState:
    made = FeedState(last_polled=NOW, last_ok=NOW, last_new=NOW - HOUR)
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_feed_that_was_never_polled_is_new() -> None:
    assert health(FeedState(), (), NOW).state == "new"


def test_a_feed_with_news_is_ok_and_has_figures() -> None:
    polls = [poll(HOUR * n, new_items=2, took=timedelta(seconds=n)) for n in range(48)]
    fares = health(state(), polls, NOW)
    assert fares.state == "ok"
    assert fares.success == 1.0
    assert fares.longest_quiet == HOUR
    assert 45 < fares.items_a_day < 50
    assert fares.took == timedelta(seconds=24)


def test_a_feed_that_fails_says_how_often_since_when_and_why() -> None:
    failed = state(failures=3, last_ok=NOW - 2 * DAY, problem="it gave no feed (500)")
    fares = health(failed, [poll(HOUR, status=500, outcome="status")], NOW)
    assert fares.state == "failing"
    assert fares.reason == (
        "3 polls in a row failed, the last good one 2 days ago: it gave no feed (500)"
        if fares.reason.count("2 days")
        else "3 polls in a row failed, the last good one 48 h ago: it gave no feed (500)"
    )
    assert fares.success == 0.0


def test_a_feed_that_nobody_blames_for_its_silence_is_not_said_to_be_well() -> None:
    unreached = state(last_ok=NOW - 9 * HOUR, problem="no route to it")
    fares = health(unreached, [poll(HOUR, status=0, outcome="connect")], NOW)
    assert fares.state == "offline"
    said = "no feed answers, the last good one 9 h ago: no route to it"
    assert fares.reason == said


def test_a_feed_that_is_gone_says_so() -> None:
    fares = health(state(failures=1), [poll(HOUR, status=410, outcome="status")], NOW)
    assert fares.state == "gone"


def test_silence_is_measured_against_the_feeds_own_rhythm() -> None:
    daily = [poll(3 * DAY + DAY * n) for n in range(10)]
    fares = health(state(last_new=NOW - 3 * DAY), daily, NOW)
    assert fares.state == "silent"
    assert "never quiet for more than 24 h" in fares.reason
    # A weekly has the same silence every week.
    weekly = [poll(3 * DAY + 5 * DAY * n) for n in range(5)]
    assert health(state(last_new=NOW - 3 * DAY), weekly, NOW).state == "ok"


def test_a_feed_without_a_rhythm_is_not_called_silent() -> None:
    fares = health(state(last_new=NOW - 9 * DAY), [poll(9 * DAY)], NOW)
    assert fares.state == "ok"


def test_a_feed_that_never_brought_an_item_is_empty_after_a_day() -> None:
    quiet = [poll(DAY * 2, new_items=0), poll(HOUR, new_items=0)]
    assert health(state(last_new=None), quiet, NOW).state == "empty"
    assert health(state(last_new=None), quiet[1:], NOW).state == "ok"


def test_a_change_of_format_shows() -> None:
    polls = [poll(HOUR, format="atom10"), poll(DAY), poll(2 * DAY)]
    assert health(state(), polls, NOW).formats == ("atom10", "rss20")


def test_ok_and_new_are_well() -> None:
    assert {"failing", "gone", "offline", "silent", "empty"} == UNHEALTHY
