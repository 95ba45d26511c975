"""A clock that was ahead and is set right puts nothing off for as long as it was ahead."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.model import Circuit, DeliveryState, Settled, Way
from monitor.send import backoff
from monitor.store import future
from monitor.store.records import Store
from tests.store.samples import (
    DAY,
    FEED,
    MINUTE,
    NOW,
    attempt,
    delivery,
    item,
    lease_one,
    leased,
    message,
    polled,
    record,
    story,
    tell,
)

AHEAD = NOW + 400 * DAY


def test_a_feed_that_was_polled_in_the_future_is_due(store: Store) -> None:
    store.add_feed(FEED, NOW)
    with store.poll(leased(store, FEED, AHEAD)) as poll:
        poll.finish(polled(AHEAD))
    assert store.lease_feeds(NOW, NOW + MINUTE, 9, "test") == []

    assert store.make_due_from_the_future(NOW) == (1, 0, 0)
    assert store.make_due_from_the_future(NOW) == (0, 0, 0)
    (lease,) = store.lease_feeds(NOW, NOW + MINUTE, 9, "test")
    assert lease.feed == FEED
    # Else nobody would be told for so long that it fails.
    assert lease.state.last_ok == NOW


def test_a_feed_that_was_added_in_the_future_and_never_polled_is_due(
    store: Store,
) -> None:
    store.add_feed(FEED, AHEAD)
    assert store.lease_feeds(NOW, NOW + MINUTE, 9, "test") == []

    assert store.make_due_from_the_future(NOW) == (1, 0, 0)
    assert store.make_due_from_the_future(NOW) == (0, 0, 0)
    (lease,) = store.lease_feeds(NOW, NOW + MINUTE, 9, "test")
    assert lease.state.last_polled is None


def test_a_feed_whose_host_asked_for_rest_in_the_future_is_due(store: Store) -> None:
    other = replace(FEED, url=f"{FEED.url}/other")
    store.add_feed(FEED, NOW)
    with store.poll(leased(store)) as poll:
        poll.finish(polled(NOW))
    store.add_feed(other, NOW)
    with store.poll(leased(store, other, AHEAD)) as poll:
        poll.pause_host(FEED.url, AHEAD + MINUTE, "asked for")
        poll.finish(polled(AHEAD))

    assert store.make_due_from_the_future(NOW) == (2, 0, 0)
    assert len(store.lease_feeds(NOW, NOW + MINUTE, 9, "test")) == 2


def test_a_host_may_ask_a_feed_that_was_never_polled_to_wait(store: Store) -> None:
    other = replace(FEED, url=f"{FEED.url}/other")
    store.add_feed(FEED, NOW)
    store.add_feed(other, NOW)
    with store.poll(leased(store, other)) as poll:
        poll.pause_host(other.url, NOW + DAY, "asked for")
        poll.finish(polled(NOW))
    assert store.make_due_from_the_future(NOW) == (0, 0, 0)


def test_a_replica_s_clock_may_be_a_little_ahead(store: Store) -> None:
    store.add_feed(FEED, NOW)
    with store.poll(leased(store)) as poll:
        poll.finish(polled(NOW + 10 * MINUTE, every=7 * DAY))
    assert store.make_due_from_the_future(NOW) == (0, 0, 0)
    assert store.lease_feeds(NOW + DAY, NOW + DAY + MINUTE, 9, "test") == []


def test_messages_that_were_made_or_tried_in_the_future_are_due(store: Store) -> None:
    store.add_deliveries([delivery()])
    held = lease_one(store, AHEAD)
    tried = attempt(held, "retry", at=AHEAD, status="503", problem="busy")
    record(store, held, tried, DeliveryState.PENDING, AHEAD + MINUTE)
    store.add_deliveries([delivery(2, created=AHEAD, due=AHEAD)])
    assert store.lease_deliveries(NOW, NOW + MINUTE, 9, "test") == []

    assert store.make_due_from_the_future(NOW) == (0, 2, 0)
    assert len(store.lease_deliveries(NOW, NOW + MINUTE, 9, "test")) == 2


def test_a_message_that_failed_while_the_clock_was_hours_ahead_is_due(
    store: Store,
) -> None:
    store.add_deliveries([delivery()])
    held = lease_one(store, NOW + DAY)
    tried = attempt(held, "retry", at=NOW + DAY, status="503", problem="busy")
    record(store, held, tried, DeliveryState.PENDING, NOW + DAY + MINUTE)

    assert store.make_due_from_the_future(NOW) == (0, 1, 0)
    assert len(store.lease_deliveries(NOW, NOW + MINUTE, 9, "test")) == 1


def test_a_message_that_a_rate_kept_back_in_the_future_is_asked_for_again(
    store: Store,
) -> None:
    ahead = NOW + DAY
    told = delivery(released=ahead)
    kept = delivery(2, way=Way.LIMIT, due=ahead + MINUTE)
    other = delivery(3, receiver="other", way=Way.LIMIT, due=ahead + MINUTE)
    store.add_deliveries([told, kept, other])

    assert store.make_due_from_the_future(NOW) == (0, 1, 0)
    due = {one.id: one.due for one in store.deliveries()}
    assert due[kept.id] == NOW
    assert due[other.id] == ahead + MINUTE


def test_what_waits_for_its_time_goes_on_waiting(store: Store) -> None:
    digest = delivery(due=NOW + 3 * DAY)
    store.add_deliveries([digest])
    assert store.make_due_from_the_future(NOW) == (0, 0, 0)
    (found,) = store.deliveries()
    assert found.due == NOW + 3 * DAY


def failed(store: Store, at: datetime, until: datetime) -> None:
    """Let an attempt fail at a moment, and its receiver rest until another one."""
    store.add_deliveries([delivery()])
    held = lease_one(store)
    rests = Circuit(failures=9, failing_since=NOW, paused_until=until)
    store.settle(
        [
            Settled(
                delivery=held,
                attempt=attempt(held, "retry", at=at),
                state=DeliveryState.PENDING,
                due=NOW,
                circuit=rests,
            )
        ]
    )


@pytest.mark.parametrize("ahead", [400 * DAY, DAY], ids=["a year", "a day"])
def test_a_receiver_does_not_rest_until_the_future(
    store: Store, ahead: timedelta
) -> None:
    failed(store, NOW + ahead, NOW + ahead + MINUTE)
    store.make_due_from_the_future(NOW)
    assert store.circuits(["desk"])["desk"].paused_until == NOW


def test_a_receiver_that_asked_for_a_rest_has_it(store: Store) -> None:
    failed(store, NOW, NOW + DAY)
    store.make_due_from_the_future(NOW)
    assert store.circuits(["desk"])["desk"].paused_until == NOW + DAY


def test_no_wait_that_a_server_may_ask_for_is_taken_for_a_clock_that_was_ahead() -> (
    None
):
    assert future.LONGEST_WAIT > backoff.LONGEST_RETRY_AFTER


def test_nothing_is_held_until_the_future_by_a_process_that_ended_then(
    store: Store,
) -> None:
    store.add_feed(FEED, NOW)
    store.add_deliveries([delivery()])
    assert store.lease_feeds(AHEAD, AHEAD + MINUTE, 9, "gone")
    assert store.lease_deliveries(AHEAD, AHEAD + MINUTE, 9, "gone")

    store.make_due_from_the_future(NOW)

    (lease,) = store.lease_feeds(NOW, NOW + MINUTE, 9, "test")
    (held,) = store.lease_deliveries(NOW, NOW + MINUTE, 9, "test")
    assert (lease.fence, held.fence) == (2, 2)
    assert store.make_due_from_the_future(NOW) == (0, 0, 0)
    assert store.lease_feeds(NOW, NOW + MINUTE, 9, "test") == []


def test_an_alert_of_the_future_is_over_when_it_is_quiet_from_now_on(
    store: Store,
) -> None:
    raised = tell(store, item())
    ahead = replace(raised, updated=AHEAD, sequence=2)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.save_alert(ahead, message(ahead, item()))
        poll.save_story(replace(story(item()), last_seen=AHEAD))
        poll.finish(polled())

    store.make_due_from_the_future(NOW)

    assert store.open_alerts(NOW) == [raised.id]
    found = store.standing(raised.id)
    assert found is not None
    assert (found.alert.updated, found.story.last_seen) == (NOW, NOW)
