"""Forgetting what nobody needs any more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import DeliveryState, Stranded
from monitor.store import retention
from monitor.store.records import Store
from monitor.store.views import DeliveryFilter
from tests.store.samples import (
    DAY,
    FEED,
    HOUR,
    NOW,
    attempt,
    delivery,
    item,
    keep,
    lease_one,
    leased,
    polled,
    record,
    settle,
    tell,
)

LATER = NOW + 100 * DAY
KEPT = timedelta(days=90)


def forget(store: Store, batches: int = 20) -> tuple[int, int]:
    gone = store.retain(LATER, KEPT, 30 * DAY, batches)
    return gone["items"], gone["deliveries"]


def poll_lists(store: Store, keys: list[str], days: int) -> None:
    """Poll the feed so many days later; it lists these."""
    at = NOW + days * DAY
    store.make_due(None, at)
    held = leased(store, now=at)
    with store.poll(held) as poll:
        poll.known(keys)
        full = at if keys else held.state.last_full
        poll.finish(replace(polled(at), last_full=full))


def left(store: Store) -> list[str]:
    return sorted(each.key for each in store.items())


def test_old_items_that_left_their_feed_go(store: Store) -> None:
    keep(store, [item("a"), item("b"), item("young", first_seen=LATER - 89 * DAY)])
    poll_lists(store, ["b"], 99)
    assert forget(store) == (1, 0)
    assert left(store) == ["b", "young"]


def test_an_item_stays_while_its_feed_lists_it_lest_it_come_back_as_new(
    store: Store,
) -> None:
    keep(store, [item()])
    for days in (1, 50, 99):
        poll_lists(store, ["a"], days)
    assert forget(store) == (0, 0)
    poll_lists(store, ["other"], 100)
    assert forget(store) == (0, 0), "it was listed yesterday"
    poll_lists(store, ["other"], 102)
    assert forget(store) == (1, 0)


def test_an_item_stays_while_the_feed_says_unchanged(store: Store) -> None:
    keep(store, [item()])
    poll_lists(store, [], 99)
    assert forget(store) == (0, 0)


@pytest.mark.parametrize("what", ["the new entries alone", "a hub's push"])
def test_an_item_stays_where_only_a_part_of_its_feed_comes(
    store: Store, what: str
) -> None:
    keep(store, [item("a")])
    poll_lists(store, [], 98)
    at = NOW + 99 * DAY
    store.make_due(None, at)
    held = leased(store, now=at)
    with store.poll(held) as poll:
        poll.known(["b"])
        poll.add_items([item("b", first_seen=at)])
        if what == "a hub's push":
            poll.finish(replace(held.state, last_new=at))
        else:
            poll.finish(replace(polled(at), last_full=held.state.last_full))
    assert forget(store) == (0, 0)
    poll_lists(store, ["b"], 102)
    assert forget(store) == (1, 0)


def test_a_retired_feed_s_old_items_go(store: Store) -> None:
    keep(store, [item()])
    store.remove_feed(FEED.url, NOW + DAY)
    assert forget(store) == (1, 0)


def test_what_a_story_needs_stays(store: Store) -> None:
    tell(store, item())
    store.remove_feed(FEED.url, NOW)
    assert forget(store) == (0, 0)
    assert store.explained(item().id).decisions != ()


def test_dead_deliveries_go_after_their_time_with_their_attempts(store: Store) -> None:
    store.add_deliveries([delivery()])
    for died, expected in ((LATER - 31 * DAY, 1), (LATER - 29 * DAY, 0)):
        store.add_deliveries([delivery()])
        held = lease_one(store, died)
        gave_up = attempt(held, "gave-up", at=died)
        record(store, held, gave_up, DeliveryState.DEAD, died)
        assert forget(store) == (0, expected)
    view = store.delivery("dlv_1")
    assert view is not None
    assert len(view.attempts) == 1


def test_delivered_and_pending_deliveries_stay(store: Store) -> None:
    store.add_deliveries([delivery(1)])
    settle(store, lease_one(store), DeliveryState.DELIVERED)
    store.add_deliveries([delivery(2)])
    assert forget(store) == (0, 0)


def test_a_dead_digest_stays_beside_what_it_told_of(store: Store) -> None:
    store.add_deliveries([delivery(1)])
    with store.gathering() as gathering:
        gathering.fold(delivery(2), [delivery(1)], NOW)
    settle(store, lease_one(store), DeliveryState.DEAD)
    assert forget(store) == (0, 0)
    (member,) = store.deliveries(DeliveryFilter(states=(DeliveryState.FOLDED,)))
    assert store.delivery(member.folded_into) is not None


def test_a_dead_letter_stays_while_what_it_stood_in_for_still_waits(
    store: Store,
) -> None:
    waits = delivery(1)
    tell(store, item(), [replace(waits, alert_id="alr_1")])
    store.disable_receiver(waits.receiver, "a person", NOW)
    instead = delivery(2, receiver="pager", alert_id="alr_1", carries=waits.id)
    store.add_deliveries([instead])
    settle(store, lease_one(store), DeliveryState.DEAD)
    which = Stranded(receiver=waits.receiver, instead="pager", until=LATER)
    assert forget(store) == (0, 0)
    assert store.stranded(which) == [], "it would be told of once more each month"
    store.enable_receiver(waits.receiver)
    settle(store, lease_one(store), DeliveryState.DEAD)
    assert forget(store) == (0, 2)


def test_a_replayed_delivery_that_dies_again_counts_from_then(store: Store) -> None:
    store.add_deliveries([delivery()])
    settle(store, lease_one(store), DeliveryState.DEAD)
    store.replay(DeliveryFilter(), LATER - DAY)
    assert forget(store) == (0, 0)


def test_it_goes_by_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    monkeypatch.setattr("monitor.store.records.CHUNK", 2)
    keep(store, [item(str(number)) for number in range(5)])
    store.remove_feed(FEED.url, NOW + HOUR)
    assert forget(store, batches=2) == (4, 0)
    assert forget(store, batches=2) == (1, 0)
    assert store.feeds(retired=True)[0].items == 0
