"""What is read together is of one moment, whatever is written meanwhile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.model import Delivery, DeliveryState
from monitor.store.records import Store
from monitor.store.schema import deliveries
from monitor.store.views import DeliveryFilter
from tests.store.samples import (
    DAY,
    FEED,
    NOW,
    OTHER,
    all_at_once,
    delivery,
    item,
    keep,
    lease_one,
    settle,
)


@contextmanager
def before(
    store: Store, part: str, act: Callable[[], object], *, always: bool = True
) -> Iterator[None]:
    """Act once, right before the store's first statement that has this part."""
    done: list[str] = []

    def look(*told: Any) -> None:
        if part in " ".join(told[2].split()) and not done:
            done.append(part)
            act()

    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", look)
    assert done or not always


def test_a_reader_sees_one_state_throughout(
    store: Store, open_again: Callable[[], Store]
) -> None:
    other = open_again()
    with store._database.read() as connection:
        count = sa.select(sa.func.count()).select_from(deliveries)
        assert connection.scalar(count) == 0
        other.add_deliveries([delivery()])
        assert connection.scalar(count) == 0
    assert len(store.deliveries()) == 1


def test_what_is_sealed_while_the_ledger_is_verified_is_not_missing(
    store: Store, open_again: Callable[[], Store]
) -> None:
    other = open_again()
    store.add_deliveries([delivery(1)])
    store.ledger.seal(NOW)
    store.add_deliveries([delivery(2)])
    with before(store, "FROM meta", lambda: other.ledger.seal(NOW)):
        assert store.ledger.verify().broken is None


def test_what_is_forgotten_while_the_ledger_is_verified_is_not_missed(
    store: Store, open_again: Callable[[], Store]
) -> None:
    other = open_again()
    for days in range(3):
        at = NOW + days * DAY
        store.add_deliveries([delivery(days, created=at)])
        store.ledger.seal(at)
    with before(
        store, "SELECT matches.item_id", lambda: other.ledger.forget(NOW + 2 * DAY)
    ):
        assert store.ledger.verify().broken is None


def test_a_walk_that_stands_where_entries_are_forgotten_goes_on_behind_them(
    store: Store, open_again: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.proof.CHUNK", 2)
    other = open_again()
    for days in range(5):
        at = NOW + days * DAY
        store.add_deliveries([delivery(days, created=at)])
        store.ledger.seal(at)
    # The first rows that are compared: two of six entries are read, five are forgotten.
    with before(
        store, "SELECT deliveries.id", lambda: other.ledger.forget(NOW + 4 * DAY)
    ):
        assert store.ledger.verify().broken is None


def test_nobody_waits_while_what_may_be_forgotten_is_looked_for(
    store: Store, open_again: Callable[[], Store]
) -> None:
    other = open_again()
    keep(store, [item("a"), item("b")])
    store.remove_feed(FEED.url, NOW)
    needed = partial(keep, other, [item("c", OTHER)], OTHER)
    with before(store, "items.first_seen <", needed):
        gone = store.retain(NOW + 100 * DAY, 90 * DAY, 30 * DAY)
    assert gone["items"] == 2


def test_what_two_people_send_again_at_once_is_sent_again_once(
    store: Store, open_again: Callable[[], Store]
) -> None:
    store.add_deliveries([delivery()])
    settle(store, lease_one(store), DeliveryState.DEAD)
    both = threading.Barrier(2)
    again: list[Delivery] = []

    def replay(by: Store) -> None:
        with before(by, "UPDATE deliveries", lambda: met(both), always=False):
            again.extend(by.replay(DeliveryFilter(), NOW))

    all_at_once([partial(replay, by) for by in (store, open_again())])
    assert [one.replays for one in again] == [1]
    assert store.ledger.verify().broken is None


def met(both: threading.Barrier) -> None:
    with suppress(threading.BrokenBarrierError):
        both.wait(0.5)  # in SQLite, and where rows are held, only one comes
