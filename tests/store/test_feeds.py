"""Which feeds there are, when they are due, and who may poll them."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from monitor.errors import LeaseLost
from monitor.model import Feed, FeedLease, FeedState, KnownItem
from monitor.pipeline import ports
from monitor.store.records import Store
from monitor.store.views import FeedSync
from tests.store.samples import (
    DAY,
    FEED,
    HOUR,
    MINUTE,
    NOW,
    OTHER,
    all_at_once,
    delivery,
    item,
    keep,
    leased,
    polled,
)


def poll_after(store: Store, feed: Feed) -> datetime | None:
    row = store.feed(feed.url)
    assert row is not None
    return row.state.poll_after


def test_the_store_is_what_the_pipeline_asks_for(store: Store) -> None:
    def begin(wanted: ports.Store, lease: FeedLease) -> KnownItem | None:
        with wanted.poll(lease) as poll:
            transaction: ports.PollTransaction = poll
            return transaction.known(["a"]).get("a")

    store.add_feed(FEED, NOW)
    assert begin(store, leased(store)) is None


def test_the_feeds_of_the_files_are_brought_in_line(store: Store) -> None:
    assert store.sync_feeds([FEED, OTHER], NOW) == FeedSync(added=(FEED.url, OTHER.url))
    renamed = replace(OTHER, name="Two renamed")
    would_change = FeedSync(removed=(FEED.url,), changed=(OTHER.url,))
    assert store.compare_feeds([renamed]) == would_change
    assert [row.feed for row in store.feeds()] == [FEED, OTHER]
    assert store.sync_feeds([renamed], NOW + HOUR) == would_change
    assert [row.feed for row in store.feeds()] == [renamed]
    assert store.sync_feeds([renamed], NOW + HOUR) == FeedSync()


def test_a_new_feed_is_due_at_once(store: Store) -> None:
    store.sync_feeds([FEED], NOW)
    (lease,) = store.lease_feeds(NOW, NOW + MINUTE, 10, "test")
    assert lease.feed == FEED
    assert lease.state == FeedState(poll_after=NOW)
    assert lease.until == NOW + MINUTE


def test_a_retired_feed_keeps_its_items_and_is_not_polled(store: Store) -> None:
    keep(store, [item()])
    assert store.remove_feed(FEED.url, NOW)
    assert not store.remove_feed(FEED.url, NOW)
    assert store.lease_feeds(NOW + DAY, NOW + DAY + MINUTE, 10, "test") == []
    assert store.feeds() == []
    (row,) = store.feeds(retired=True)
    assert (row.retired, row.items) == (NOW, 1)


def test_a_feed_taken_up_again_is_polled_as_if_for_the_first_time(store: Store) -> None:
    keep(store, [item()])
    store.remove_feed(FEED.url, NOW)
    assert store.add_feed(FEED, NOW + DAY)
    lease = leased(store, now=NOW + DAY)
    assert lease.state == FeedState(poll_after=NOW + DAY)
    with store.poll(lease) as poll:
        assert set(poll.known(["a"])) == {"a"}


def test_a_feed_added_by_command_outlives_the_files(store: Store) -> None:
    assert store.add_feed(replace(FEED, origin="added"), NOW)
    assert not store.add_feed(FEED, NOW)
    assert store.sync_feeds([], NOW) == FeedSync()
    assert [row.feed.origin for row in store.feeds()] == ["added"]


def test_a_feed_that_a_file_takes_over_leaves_with_the_file(store: Store) -> None:
    store.add_feed(replace(FEED, origin="added"), NOW)
    assert store.sync_feeds([FEED], NOW).changed == (FEED.url,)
    assert store.sync_feeds([], NOW).removed == (FEED.url,)


def test_a_feed_to_be_polled_more_often_does_not_sleep_out_its_old_wait(
    store: Store,
) -> None:
    slow = replace(FEED, every=DAY)
    store.sync_feeds([slow], NOW)
    with store.poll(leased(store)) as poll:
        poll.finish(polled(every=DAY))
    store.sync_feeds([replace(FEED, every=5 * MINUTE)], NOW + MINUTE)
    assert poll_after(store, FEED) == NOW + 6 * MINUTE


def test_feeds_are_made_due_by_address_or_all(store: Store) -> None:
    store.sync_feeds([FEED, OTHER], NOW)
    for feed in (FEED, OTHER):
        with store.poll(leased(store, feed)) as poll:
            poll.finish(polled())
    assert {poll_after(store, feed) for feed in (FEED, OTHER)} == {NOW + 15 * MINUTE}
    assert store.make_due([FEED.url, "https://unknown.example/"], NOW + MINUTE) == [
        FEED.url
    ]
    assert leased(store, FEED, NOW + MINUTE).state.reason == "a person asked for it"
    assert store.make_due(None, NOW + 2 * MINUTE) == [FEED.url, OTHER.url]
    assert leased(store, OTHER, NOW + 2 * MINUTE).feed == OTHER


def test_a_poll_s_state_comes_back_as_it_was_stored(store: Store) -> None:
    store.add_feed(FEED, NOW)
    state = replace(
        polled(),
        failures=3,
        status="timeout",
        problem="no answer within 30 s",
        moved_to="https://new.example/",
        moved_count=2,
        interval=MINUTE + MINUTE / 7,
    )
    with store.poll(leased(store)) as poll:
        poll.finish(state)
    assert store.feeds()[0].state == state


# ── leases ───────────────────────────────────────────────────────────────────


def test_the_longest_overdue_feed_is_leased_first(store: Store) -> None:
    for minutes in (3, 1, 2):
        feed = Feed(url=f"https://h{minutes}.example/")
        store.add_feed(feed, NOW - minutes * MINUTE)
    leases = store.lease_feeds(NOW, NOW + MINUTE, 2, "test")
    assert [lease.feed.url for lease in leases] == [
        "https://h3.example/",
        "https://h2.example/",
    ]


def test_at_most_two_feeds_of_a_host_are_leased_at_any_one_time(store: Store) -> None:
    busy = [Feed(url=f"https://BUSY.example/{number}") for number in range(5)]
    store.sync_feeds([*busy, FEED], NOW)
    first = store.lease_feeds(NOW, NOW + MINUTE, 10, "test")
    hosts = Counter(lease.feed.url.split("/")[2] for lease in first)
    assert hosts == {"BUSY.example": 2, "one.example": 1}
    assert store.lease_feeds(NOW, NOW + MINUTE, 10, "test") == []
    with store.poll(first[0]) as poll:
        poll.finish(polled())
    assert len(store.lease_feeds(NOW, NOW + MINUTE, 10, "test")) == 1


def test_a_host_with_very_many_overdue_feeds_does_not_hide_the_others(
    store: Store,
) -> None:
    hog = [Feed(url=f"https://hog.example/{number}") for number in range(1200)]
    store.sync_feeds(hog, NOW - HOUR)
    store.sync_feeds([*hog, FEED], NOW)
    leases = store.lease_feeds(NOW, NOW + MINUTE, 10, "test")
    assert [lease.feed.url for lease in leases][2:] == [FEED.url]


def test_a_released_feed_stays_due(store: Store) -> None:
    store.add_feed(FEED, NOW)
    lease = leased(store)
    assert store.lease_feeds(NOW, NOW + MINUTE, 10, "other") == []
    store.release_feeds([lease])
    again = leased(store)
    assert again.fence > lease.fence


def test_an_expired_lease_can_be_taken_over_and_its_holder_is_refused(
    store: Store,
) -> None:
    store.add_feed(FEED, NOW)
    late = leased(store)
    after = late.until
    (current,) = store.lease_feeds(after, after + MINUTE, 10, "other")
    with pytest.raises(LeaseLost, match=r"one\.example"), store.poll(late):
        pytest.fail("the late poll began")
    store.release_feeds([late])
    with store.poll(current) as poll:
        poll.finish(polled(after))


def test_a_lease_that_nobody_took_over_still_holds_after_its_end(store: Store) -> None:
    store.add_feed(FEED, NOW)
    late = leased(store)
    with store.poll(late) as poll:
        poll.finish(polled(NOW + HOUR))
    with pytest.raises(LeaseLost), store.poll(late):
        pytest.fail("a finished lease was used again")


def test_stores_that_lease_at_once_never_double_a_feed(
    open_again: Callable[[], Store],
) -> None:
    stores = [open_again(), open_again()]
    stores[0].sync_feeds(
        [Feed(url=f"https://h{number // 3}.example/{number}") for number in range(60)],
        NOW,
    )
    taken: list[str] = []
    together = threading.Barrier(4)

    def work(store: Store) -> None:
        together.wait()
        for _ in range(5):
            leases = store.lease_feeds(NOW, NOW + MINUTE, 7, "test")
            taken.extend(lease.feed.url for lease in leases)

    all_at_once([partial(work, store) for store in stores * 2])
    assert len(taken) == len(set(taken)) == 40
    hosts = Counter(url.split("/")[2] for url in taken)
    assert set(hosts.values()) == {2}


@pytest.mark.postgres
@pytest.mark.parametrize("engine_name", ["postgres"], indirect=True)
def test_a_feed_whose_poll_is_being_written_is_not_waited_for(
    open_again: Callable[[], Store],
) -> None:
    """In SQLite writers take turns, so there it cannot happen."""
    mine, other = open_again(), open_again()
    mine.sync_feeds([FEED, OTHER], NOW)
    late = leased(mine)
    after = late.until
    with mine.poll(late) as poll:
        leases = other.lease_feeds(after, after + MINUTE, 10, "other")
        assert [lease.feed.url for lease in leases] == [OTHER.url]
        poll.finish(polled(after))


def test_counts_tell_how_late_the_work_is(store: Store) -> None:
    store.sync_feeds([FEED, OTHER], NOW)
    with store.poll(leased(store)) as poll:
        poll.finish(replace(polled(), failures=2))
    counts = store.counts(NOW + MINUTE)
    assert (counts["feeds"], counts["feeds_failing"], counts["feeds_due"]) == (2, 1, 1)
    assert counts["feeds_overdue_seconds"] == 60
    assert store.counts(NOW - HOUR)["feeds_overdue_seconds"] == 0
    assert "feeds_due" not in store.counts()


def test_leases_of_an_owner_that_is_gone_are_freed(store: Store) -> None:
    store.sync_feeds([FEED, OTHER], NOW)
    store.add_deliveries([delivery()])
    store.lease_feeds(NOW, NOW + MINUTE, 1, "dead")
    store.lease_feeds(NOW, NOW + MINUTE, 1, "alive")
    store.lease_deliveries(NOW, NOW + MINUTE, 1, "dead")
    assert store.free_leases(lambda owner: owner == "dead") == 2
    assert len(store.lease_feeds(NOW, NOW + MINUTE, 10, "next")) == 1
    assert len(store.lease_deliveries(NOW, NOW + MINUTE, 10, "next")) == 1
    assert store.free_leases(lambda owner: owner == "dead") == 0


def test_a_shorter_interval_does_not_go_below_what_the_publisher_asked_for(
    store: Store,
) -> None:
    feed = Feed(url="https://asking.example/f", every=HOUR)
    store.sync_feeds([feed], NOW)
    (held,) = store.lease_feeds(NOW, NOW + MINUTE, 1, "test")
    with store.poll(held) as transaction:
        transaction.finish(
            replace(held.state, poll_after=NOW + 6 * HOUR, asked_until=NOW + 5 * HOUR)
        )
    store.sync_feeds([replace(feed, every=MINUTE)], NOW)
    (row,) = store.feeds()
    assert row.state.poll_after == NOW + 5 * HOUR


def test_feeds_whose_publishers_ask_for_more_time_can_be_left_out(store: Store) -> None:
    store.sync_feeds([FEED, OTHER], NOW)
    for lease in store.lease_feeds(NOW, NOW + MINUTE, 10, "test"):
        state = polled(NOW)
        if lease.feed == FEED:
            state = replace(state, asked_until=NOW + HOUR)
        with store.poll(lease) as poll:
            poll.finish(state)
    soon = NOW + MINUTE
    assert store.make_due(None, soon, welcome=True) == [OTHER.url]
    (due,) = store.lease_feeds(soon, soon + MINUTE, 10, "test")
    assert due.feed == OTHER
    assert store.make_due(None, NOW + HOUR, welcome=True) == [FEED.url, OTHER.url]
