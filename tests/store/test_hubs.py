"""Subscriptions at hubs and what they pushed, on each engine."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.model import Feed, FeedState, Subscribed, Subscription
from monitor.store.hubs import MOST_WAITING
from monitor.store.records import Store
from tests.store.samples import DAY, FEED, HOUR, MINUTE, NOW, OTHER, all_at_once, leased

HUB = "https://hub.example/"
UNTIL = NOW + MINUTE


def offered(
    store: Store, *hubs: str, feed: Feed = FEED, topic: str = ""
) -> list[Subscription]:
    """Poll a feed that names these hubs; return its subscriptions."""
    store.add_feed(feed, NOW)
    store.make_due([feed.url], NOW)
    with store.poll(leased(store, feed)) as poll:
        poll.offer_hubs(hubs, topic or feed.url, NOW)
        poll.finish(FeedState(poll_after=NOW + DAY, last_polled=NOW))
    return store.hubs.all(feed.url)


def active(store: Store, feed: Feed = FEED) -> Subscription:
    (one,) = offered(store, HUB, feed=feed)
    changed = store.hubs.update(
        one.id,
        lambda now: replace(
            now, state=Subscribed.ACTIVE, token=f"t{one.id}", secret="s", due=NOW + DAY
        ),
    )
    assert changed is not None
    return changed


def test_a_hub_that_a_feed_names_is_due_once(store: Store) -> None:
    (one,) = offered(store, HUB, "https://second.example/")
    assert (one.hub, one.topic, one.feed) == (HUB, FEED.url, FEED.url)
    assert one.state is Subscribed.OFFERED
    (claimed,) = store.hubs.claim_due(NOW, UNTIL, 10)
    assert claimed == replace(one, due=UNTIL)
    assert store.hubs.claim_due(NOW, UNTIL, 10) == []
    assert [two.id for two in offered(store, HUB)] == [one.id]


def test_what_is_due_is_claimed_by_one_replica(
    store: Store, open_again: Callable[[], Store]
) -> None:
    for number in range(6):
        feed = replace(FEED, url=f"https://h{number}.example/f")
        offered(store, HUB, feed=feed)
    second = open_again()
    claimed: list[list[Subscription]] = []

    def claim(by: Store) -> Callable[[], None]:
        return lambda: claimed.append(by.hubs.claim_due(NOW, UNTIL, 10))

    all_at_once([claim(store), claim(second), claim(store), claim(second)])
    ids = [one.id for found in claimed for one in found]
    assert len(ids) == len(set(ids)) == 6


def test_feeds_with_hubs_and_those_that_are_pushed_are_told_apart(
    store: Store,
) -> None:
    assert (store.hubs.feeds(), store.hubs.pushing()) == (set(), [])
    pushed = active(store)
    offered(store, HUB, feed=OTHER)
    store.hubs.add_push(pushed, "text/xml", b"<rss/>", NOW)
    assert store.hubs.feeds() == {FEED.url, OTHER.url}
    assert [one.id for one in store.hubs.pushing()] == [pushed.id]
    store.hubs.update(pushed.id, lambda now: replace(now, state=Subscribed.ENDED))
    assert (store.hubs.feeds(), store.hubs.pushing()) == ({OTHER.url}, [])


def test_a_hub_that_is_no_longer_named_is_to_be_ended(store: Store) -> None:
    active(store)
    (before, after) = sorted(
        offered(store, "https://other.example/"), key=lambda one: one.id
    )
    assert (before.state, before.due) == (Subscribed.ENDING, NOW)
    assert (after.state, after.hub) == (Subscribed.OFFERED, "https://other.example/")


def test_subscriptions_of_feeds_that_are_not_polled_end(store: Store) -> None:
    active(store)
    store.remove_feed(FEED.url, NOW)
    (one,) = store.hubs.claim_due(NOW, UNTIL, 10)
    assert one.state is Subscribed.ENDING


def test_a_callback_leads_to_its_subscription_and_no_other(store: Store) -> None:
    one, other = active(store), active(store, OTHER)
    assert store.hubs.of_token(one.token) == one
    assert store.hubs.of_token(other.token) == other
    for token in ("", "t", "t\x00", "\ud800", "é"):
        assert store.hubs.of_token(token) is None


def test_a_change_that_is_none_leaves_all_as_it_is(store: Store) -> None:
    one = active(store)
    assert store.hubs.update(one.id, lambda _: None) is None
    assert store.hubs.update(one.id + 1000, lambda now: now) is None
    assert store.hubs.all() == [one]


def test_a_push_waits_until_its_feed_has_read_it(store: Store) -> None:
    one = active(store)
    body = b"\x00\xff<rss/>"
    assert store.hubs.add_push(one, "text/xml", body, NOW)
    assert store.hubs.add_push(one, "text/xml", b"later", NOW)
    ((lease, push),) = store.hubs.lease_pushed(NOW, UNTIL, 10, "test")
    assert (push.body, push.content_type, push.feed) == (body, "text/xml", FEED.url)
    # A feed that is being read is not read twice at once.
    assert store.hubs.lease_pushed(NOW, UNTIL, 10, "other") == []
    with store.poll(lease) as poll:
        poll.take_push(push.id)
        poll.finish(FeedState(poll_after=NOW + DAY, last_polled=NOW))
    ((_, second),) = store.hubs.lease_pushed(NOW, UNTIL, 10, "test")
    assert second.body == b"later"
    (now,) = store.hubs.all()
    assert (now.pushes, now.last_push) == (2, NOW)


def test_a_read_that_fails_leaves_the_push_waiting(store: Store) -> None:
    assert store.hubs.add_push(active(store), "text/xml", b"x", NOW)
    ((lease, push),) = store.hubs.lease_pushed(NOW, UNTIL, 10, "test")
    with suppress(RuntimeError), store.poll(lease) as poll:
        poll.take_push(push.id)
        raise RuntimeError
    ((_, again),) = store.hubs.lease_pushed(UNTIL, UNTIL + HOUR, 10, "test")
    assert again.id == push.id


def test_no_more_pushes_wait_than_are_bounded(store: Store) -> None:
    one = active(store)
    taken = [store.hubs.add_push(one, "", b"x", NOW) for _ in range(MOST_WAITING + 2)]
    assert taken.count(True) == MOST_WAITING


def test_what_is_over_goes_with_what_it_brought(store: Store) -> None:
    one, other = active(store), active(store, OTHER)
    store.hubs.add_push(one, "", b"x", NOW)
    store.hubs.forget(one.id)
    assert store.hubs.all() == [other]
    assert store.hubs.lease_pushed(NOW, UNTIL, 10, "test") == []


def test_news_that_a_hub_missed_and_wrong_signatures_are_noted(store: Store) -> None:
    one = active(store)
    store.make_due([FEED.url], NOW)
    with store.poll(leased(store)) as poll:
        poll.missed_push(NOW)
        poll.finish(FeedState(poll_after=NOW + DAY, last_polled=NOW))
    store.hubs.count_refused(one.id)
    store.hubs.count_refused(one.id)
    (now,) = store.hubs.all()
    assert (now.missed, now.refused) == (NOW, 2)


@pytest.mark.parametrize(
    ("asked_until", "polled"),
    [(None, NOW), (NOW - HOUR, NOW), (NOW + HOUR, NOW + HOUR)],
    ids=["nothing asked", "asked before", "asked to wait"],
)
def test_a_feed_whose_hub_is_gone_is_polled_as_soon_as_it_may(
    store: Store, asked_until: datetime | None, polled: datetime
) -> None:
    active(store)
    store.make_due([FEED.url], NOW)
    with store.poll(leased(store)) as poll:
        state = FeedState(poll_after=NOW + DAY, last_polled=NOW)
        poll.finish(replace(state, asked_until=asked_until))
    store.hubs.resume(FEED.url, NOW, "its hub ended the subscription")
    row = store.feed(FEED.url)
    assert row is not None
    assert row.state.poll_after == polled
    assert row.state.reason == "its hub ended the subscription"


def test_a_lease_of_a_push_is_of_the_feed(store: Store) -> None:
    one = active(store)
    store.hubs.add_push(one, "", b"x", NOW)
    store.make_due([FEED.url], NOW)
    assert len(store.lease_feeds(NOW, UNTIL, 5, "poller")) == 1
    assert store.hubs.lease_pushed(NOW, UNTIL, 5, "pusher") == []
    later = NOW + timedelta(hours=1)
    assert len(store.hubs.lease_pushed(later, later + MINUTE, 5, "pusher")) == 1


def test_all_that_hubs_push_to_another_address_is_begun_anew(store: Store) -> None:
    before = active(store)
    store.hubs.update(before.id, lambda now: replace(now, last_push=NOW, pushes=3))
    (over,) = offered(store, HUB, feed=OTHER)
    store.hubs.update(over.id, lambda now: replace(now, state=Subscribed.ENDING))
    assert store.hubs.begin_anew(NOW + HOUR, "it moved") == 1
    (after,) = store.hubs.all(FEED.url)
    assert (after.state, after.due) == (Subscribed.OFFERED, NOW + HOUR)
    assert (after.token, after.last_push, after.lease_until) == ("", None, None)
    assert after.pushes == 3
    assert store.hubs.of_token(before.token) is None
    assert leased(store, FEED, NOW + HOUR).state.reason == "it moved"
