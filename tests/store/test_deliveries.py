"""The outbox: leases, outcomes, replays, receivers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from monitor.errors import LeaseLost
from monitor.model import Apart, Attempt, Body, Delivery, DeliveryState
from monitor.store.records import Store
from monitor.store.views import DeliveryFilter, ReceiverRow
from monitor.web.metrics import FIGURES
from tests.store.samples import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    all_at_once,
    attempt,
    delivery,
    lease_one,
    record,
    settle,
)

BODY = Body(content_type="application/json", content=b'{"a": "\x00\xff"}')


def ids(found: list[Delivery]) -> list[str]:
    return [each.id for each in found]


def test_due_deliveries_are_leased_oldest_first(store: Store) -> None:
    store.add_deliveries(
        [
            delivery(1, due=NOW + MINUTE),
            delivery(2, due=NOW - MINUTE, sequence=2),
            delivery(3, due=NOW - MINUTE),
            delivery(4),
        ]
    )
    found = store.lease_deliveries(NOW, NOW + MINUTE, 2, "test")
    assert [(each.id, each.fence) for each in found] == [("dlv_3", 1), ("dlv_2", 1)]
    assert ids(list(store.lease_deliveries(NOW, NOW + MINUTE, 9, "test"))) == ["dlv_4"]
    assert store.lease_deliveries(NOW, NOW + MINUTE, 9, "test") == []


def test_a_delivered_message_is_over(store: Store) -> None:
    store.add_deliveries([delivery()])
    held = lease_one(store)
    at = NOW + MINUTE
    record(store, held, attempt(held, at=at), DeliveryState.DELIVERED, at)
    view = store.delivery("dlv_1")
    assert view is not None
    assert view.delivery == replace(
        held,
        state=DeliveryState.DELIVERED,
        due=at,
        attempts=1,
        first_attempt=at,
        delivered=at,
        status="204",
    )
    assert view.attempts == (attempt(held, at=at),)
    assert store.lease_deliveries(NOW + DAY, NOW + DAY, 9, "test") == []


def test_a_failed_attempt_is_due_again_and_the_first_one_is_remembered(
    store: Store,
) -> None:
    store.add_deliveries([delivery()])
    for number in (1, 2):
        now = NOW + number * MINUTE
        held = lease_one(store, now)
        tried = attempt(held, "retry", at=now, status="503", problem="busy")
        record(store, held, tried, DeliveryState.PENDING, now + MINUTE)
    (found,) = store.deliveries()
    assert (found.attempts, found.first_attempt) == (2, NOW + MINUTE)
    assert (found.status, found.problem, found.due) == ("503", "busy", NOW + 3 * MINUTE)
    assert found.delivered is None


def test_the_body_is_stored_once_and_leased_with_the_delivery(store: Store) -> None:
    store.add_deliveries([delivery()])
    held = lease_one(store)
    assert held.body is None
    assert store.save_bodies([(held, BODY)]) == frozenset()
    store.release_deliveries([held])
    assert lease_one(store).body == BODY


def test_a_delivery_may_come_with_its_body(store: Store) -> None:
    store.add_deliveries([delivery(body=BODY)])
    assert lease_one(store).body == BODY


def test_lists_leave_the_bodies_out(store: Store) -> None:
    store.add_deliveries([delivery(body=BODY)])
    assert [each.body for each in store.deliveries()] == [None]
    view = store.delivery("dlv_1")
    assert view is not None
    assert view.delivery.body == BODY
    assert store.delivery("dlv_9") is None


def test_whoever_lost_the_lease_is_refused(store: Store) -> None:
    store.add_deliveries([delivery()])
    first = lease_one(store)
    second = lease_one(store, NOW + MINUTE)
    assert second.fence == first.fence + 1
    assert store.save_bodies([(first, BODY)]) == {"dlv_1"}
    with pytest.raises(LeaseLost, match="dlv_1"):
        settle(store, first, DeliveryState.DELIVERED)
    view = store.delivery("dlv_1")
    assert view is not None
    assert (view.delivery.state, view.attempts) == (DeliveryState.PENDING, ())
    assert store.save_bodies([(second, BODY)]) == frozenset()
    settle(store, second, DeliveryState.DELIVERED)


def test_an_outcome_is_recorded_once(store: Store) -> None:
    store.add_deliveries([delivery()])
    held = lease_one(store)
    settle(store, held, DeliveryState.PENDING)
    with pytest.raises(LeaseLost):
        settle(store, held, DeliveryState.PENDING)


def test_a_late_release_does_not_end_another_s_lease(store: Store) -> None:
    store.add_deliveries([delivery()])
    first = lease_one(store)
    lease_one(store, NOW + MINUTE)
    store.release_deliveries([first])
    assert store.lease_deliveries(NOW + MINUTE, NOW + HOUR, 9, "test") == []


def test_stores_that_lease_at_once_never_double_a_delivery(
    open_again: Callable[[], Store],
) -> None:
    stores = [open_again(), open_again()]
    stores[0].add_deliveries([delivery(number) for number in range(60)])
    taken: list[str] = []

    def work(store: Store) -> None:
        for _ in range(4):
            taken.extend(ids(list(store.lease_deliveries(NOW, NOW + MINUTE, 5, "x"))))

    all_at_once([partial(work, store) for store in stores * 2])
    left = ids(list(stores[0].lease_deliveries(NOW, NOW + MINUTE, 60, "x")))
    assert sorted(taken + left) == sorted(f"dlv_{number}" for number in range(60))


# ── receivers ────────────────────────────────────────────────────────────────


def test_a_disabled_receiver_s_deliveries_wait_in_sight(store: Store) -> None:
    store.add_deliveries([delivery(1), delivery(2), delivery(3, receiver="night")])
    held = store.lease_deliveries(NOW, NOW + MINUTE, 1, "test")[0]
    gone = attempt(held, "gave-up", status="410")
    record(store, held, gone, DeliveryState.DEAD, NOW, disable="it answered 410 Gone")
    found = store.lease_deliveries(NOW + DAY, NOW + DAY + MINUTE, 9, "test")
    assert ids(list(found)) == ["dlv_3"]
    assert store.receivers() == [
        ReceiverRow(
            name="desk", disabled=NOW, reason="it answered 410 Gone", pending=1, dead=1
        ),
        ReceiverRow(name="night", pending=1),
    ]
    assert store.counts()["receivers_disabled"] == 1
    assert store.enable_receiver("desk")
    assert not store.enable_receiver("desk")
    assert not store.enable_receiver("unknown")
    found = store.lease_deliveries(NOW + DAY, NOW + DAY + MINUTE, 9, "test")
    assert ids(list(found)) == ["dlv_2"]


def test_what_waits_for_a_disabled_receiver_is_not_due(store: Store) -> None:
    store.add_deliveries([delivery()])
    store.disable_receiver("desk", "moving house", NOW)
    assert store.due_deliveries(NOW, 9, Apart()) == []
    store.enable_receiver("desk")
    assert ids(list(store.due_deliveries(NOW, 9, Apart()))) == ["dlv_1"]


def test_receivers_with_enough_in_hand_are_passed_over(store: Store) -> None:
    store.add_deliveries([delivery(1), delivery(2, receiver="night")])
    found = store.lease_deliveries(NOW, NOW + MINUTE, 9, "test", Apart(skip=["desk"]))
    assert ids(list(found)) == ["dlv_2"]


# ── replays ──────────────────────────────────────────────────────────────────


def ended(store: Store, *states: DeliveryState) -> None:
    """Store deliveries that ended so, each created a minute after the other."""
    for number, state in enumerate(states, start=1):
        at = NOW + number * MINUTE
        store.add_deliveries([delivery(number, created=at, due=at, body=BODY)])
        if state is not DeliveryState.PENDING:
            settle(store, lease_one(store, at), state, at)


def test_a_replay_is_the_same_delivery_once_more(store: Store) -> None:
    ended(store, DeliveryState.DEAD)
    due = NOW + DAY
    (again,) = store.replay(DeliveryFilter(ids=("dlv_1",)), due)
    assert store.deliveries() == [again]
    assert (again.id, again.state, again.due) == ("dlv_1", DeliveryState.PENDING, due)
    assert (again.replays, again.attempts, again.first_attempt) == (1, 0, None)
    held = lease_one(store, due)
    assert held.body == BODY
    record(store, held, attempt(held, at=due), DeliveryState.DELIVERED, due)
    view = store.delivery("dlv_1")
    assert view is not None
    outcomes = [(each.number, each.outcome) for each in view.attempts]
    assert outcomes == [(1, "gave-up"), (1, "delivered")]


def test_only_what_is_over_is_replayed(store: Store) -> None:
    ended(store, DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.PENDING)
    assert ids(store.replay(DeliveryFilter(), NOW + DAY)) == ["dlv_1", "dlv_2"]
    assert store.replay(DeliveryFilter(), NOW + DAY) == []


def test_a_dry_run_changes_nothing(store: Store) -> None:
    ended(store, DeliveryState.DEAD)
    before = store.deliveries()
    assert store.replay(DeliveryFilter(), NOW + DAY, dry_run=True) == before
    assert store.deliveries() == before


def test_replays_are_spaced_in_the_order_of_creation(store: Store) -> None:
    ended(store, *[DeliveryState.DEAD] * 3)
    again = store.replay(DeliveryFilter(), NOW + DAY, spacing=timedelta(seconds=2))
    assert [(each.id, each.due - NOW - DAY) for each in again] == [
        ("dlv_1", timedelta()),
        ("dlv_2", timedelta(seconds=2)),
        ("dlv_3", timedelta(seconds=4)),
    ]
    assert sorted(each.due for each in store.deliveries()) == [
        each.due for each in again
    ]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (DeliveryFilter(), ["dlv_3", "dlv_2", "dlv_1"]),
        (DeliveryFilter(limit=1), ["dlv_3"]),
        (DeliveryFilter(states=(DeliveryState.DEAD,)), ["dlv_1"]),
        (
            DeliveryFilter(states=(DeliveryState.DEAD, DeliveryState.PENDING)),
            ["dlv_3", "dlv_1"],
        ),
        (DeliveryFilter(since=NOW + 2 * MINUTE), ["dlv_3", "dlv_2"]),
        (DeliveryFilter(until=NOW + 2 * MINUTE), ["dlv_1"]),
        (DeliveryFilter(receiver="night"), []),
        (DeliveryFilter(alert="alr_1"), []),
        (DeliveryFilter(ids=("dlv_2", "dlv_9")), ["dlv_2"]),
    ],
)
def test_deliveries_are_chosen_newest_first(
    store: Store, which: DeliveryFilter, expected: list[str]
) -> None:
    ended(store, DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.PENDING)
    assert ids(store.deliveries(which)) == expected


def test_counts_tell_how_long_the_oldest_waits(store: Store) -> None:
    ended(store, DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.PENDING)
    counts = store.counts(NOW + 5 * MINUTE)
    assert counts["deliveries_pending"] == 1
    assert counts["deliveries_delivered"] == 1
    assert counts["deliveries_dead"] == 1
    assert counts["oldest_pending_seconds"] == 120
    assert counts["oldest_pending_timestamp_seconds"] == NOW.timestamp() + 180
    assert counts.keys() <= FIGURES.keys(), "each figure is a metric that is explained"


def test_an_attempt_comes_back_as_it_was_recorded(store: Store) -> None:
    store.add_deliveries([delivery()])
    held = lease_one(store)
    made = Attempt(
        delivery_id="dlv_1",
        number=1,
        at=NOW,
        took=timedelta(seconds=1, microseconds=3),
        outcome="retry",
        status="500",
        problem="the server broke",
        response="<html>\ud800\x00",
    )
    record(store, held, made, DeliveryState.PENDING, NOW + MINUTE)
    view = store.delivery("dlv_1")
    assert view is not None
    assert view.attempts == (replace(made, response="<html>\ufffd\ufffd"),)


def test_a_draft_is_stored_with_the_lease_and_only_where_there_is_no_body(
    store: Store,
) -> None:
    kept = Body(content_type="text/plain", content=b"kept")
    draft = Body(content_type="text/plain", content=b"draft")
    store.add_deliveries([delivery(1), replace(delivery(2), body=kept), delivery(3)])
    seen = store.due_deliveries(NOW, 9, Apart())
    assert ids(list(seen)) == ["dlv_1", "dlv_2", "dlv_3"]
    drafts = {"dlv_1": draft, "dlv_2": draft, "dlv_4": draft}
    leased = store.lease_deliveries(NOW, NOW + MINUTE, 9, "test", drafts=drafts)
    assert [one.body for one in leased] == [draft, kept, None]
    stored = [store.delivery(f"dlv_{n}") for n in (1, 2, 3)]
    assert [one.delivery.body for one in stored if one] == [draft, kept, None]
    assert store.due_deliveries(NOW, 9, Apart()) == []
    store.ledger.seal(NOW)
    assert store.ledger.verify().broken is None


# ── who wants no more ────────────────────────────────────────────────────────

MAILED = delivery(recipient="a@example.org")


def test_who_leaves_during_an_attempt_that_fails_is_not_written_to_again(
    store: Store,
) -> None:
    store.add_deliveries([MAILED])
    held = lease_one(store)
    assert store.unsubscribe(held.receiver, held.recipient, NOW)
    settle(store, held, DeliveryState.PENDING, NOW + MINUTE)
    assert store.lease_deliveries(NOW + DAY, NOW + 2 * DAY, 9, "test") == []
    view = store.delivery(held.id)
    assert view is not None
    assert view.delivery.state is DeliveryState.DEAD
    assert view.closed == NOW
    assert "unsubscribed" in view.delivery.problem
    assert [one.outcome for one in view.attempts] == ["retry"]


def test_what_an_attempt_did_deliver_is_so_though_the_recipient_has_left(
    store: Store,
) -> None:
    store.add_deliveries([MAILED])
    held = lease_one(store)
    assert store.unsubscribe(held.receiver, held.recipient, NOW)
    settle(store, held, DeliveryState.DELIVERED)
    (found,) = store.deliveries()
    assert found.state is DeliveryState.DELIVERED


def test_nothing_is_sent_again_to_who_has_left(store: Store) -> None:
    store.add_deliveries([MAILED, delivery(2, recipient="b@example.org")])
    assert store.unsubscribe(MAILED.receiver, MAILED.recipient, NOW)
    settle(store, lease_one(store), DeliveryState.DEAD)
    (again,) = store.replay(DeliveryFilter(receiver=MAILED.receiver), NOW)
    assert again.recipient == "b@example.org"
    assert store.resubscribe(MAILED.receiver, MAILED.recipient)
    (again,) = store.replay(DeliveryFilter(receiver=MAILED.receiver), NOW)
    assert again.recipient == MAILED.recipient
