"""With a hundred thousand feeds nothing that is asked often may read all of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.model import FeedState
from monitor.store.records import Store
from tests.store.samples import FEED, MINUTE, NOW, OTHER, item, keep

Asked = list[tuple[str, Any]]


@contextmanager
def _asked(store: Store) -> Iterator[Asked]:
    """Note each statement and its values."""
    asked: Asked = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def _plans(store: Store, asked: Sequence[tuple[str, Any]]) -> list[str]:
    """Return how SQLite would go about each statement that concerns feeds."""
    found = []
    with store._database.read() as connection:
        for statement, values in asked:
            if "feeds" in statement and "INSERT" not in statement:
                plan = connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                )
                found += [row[3] for row in plan if "feeds" in row[3]]
    return found


def test_a_scrape_counts_feeds_by_indexes(store: Store, engine_name: str) -> None:
    if engine_name != "sqlite":
        return
    with _asked(store) as asked:
        store.counts(NOW)
    plans = _plans(store, asked)
    assert len(plans) == 4
    assert not [plan for plan in plans if "USING INDEX" not in plan]


def test_a_host_is_paused_by_an_index(store: Store, engine_name: str) -> None:
    if engine_name != "sqlite":
        return
    store.sync_feeds([FEED], NOW)
    (lease,) = store.lease_feeds(NOW, NOW + MINUTE, 1, "test")
    with _asked(store) as asked, store.poll(lease, beside=FEED.url) as transaction:
        transaction.pause_host(FEED.url, NOW + timedelta(hours=1), "asked to wait")
        transaction.finish(FeedState(poll_after=NOW + MINUTE))
    (paused,) = [one for one in asked if "host" in one[0] and "UPDATE" in one[0]]
    (plan,) = _plans(store, [paused])
    assert "USING INDEX ix_feeds_host" in plan


def test_feeds_are_leased_by_what_is_due_and_what_is_held(
    store: Store, engine_name: str
) -> None:
    if engine_name != "sqlite":
        return
    store.sync_feeds([FEED], NOW)
    with _asked(store) as asked:
        store.lease_feeds(NOW, NOW + MINUTE, 5, "test")
    held, due, *rows = _plans(store, asked)
    assert "USING INDEX ix_feeds_leased" in held
    assert "USING INDEX ix_feeds_due" in due
    assert rows
    assert all("USING INTEGER PRIMARY KEY" in plan for plan in rows)


def test_feeds_that_fail_are_counted(store: Store) -> None:
    store.sync_feeds([FEED], NOW)
    (lease,) = store.lease_feeds(NOW, NOW + MINUTE, 1, "test")
    with store.poll(lease) as transaction:
        transaction.finish(FeedState(poll_after=NOW + MINUTE, failures=2))
    assert store.counts()["feeds_failing"] == 1


def test_feeds_come_page_by_page_in_the_order_of_their_addresses(store: Store) -> None:
    urls = [f"https://{name}.example/" for name in ("b", "B", "a", "é", "c")]
    store.sync_feeds([replace(FEED, url=url) for url in urls], NOW)
    store.remove_feed(urls[-1], NOW)
    found, after = [], ""
    while page := store.feeds_by_address(after, 2):
        after = page[-1].feed.url
        found += [row.feed.url for row in page]
    assert found == sorted(urls[:-1])
    numbers = store.feed_numbers()
    assert [row.feed.url for row in store.feeds_numbered(numbers)] == found


def test_one_feed_is_found_by_its_address_with_its_polls(store: Store) -> None:
    store.sync_feeds([FEED, OTHER], NOW)
    keep(store, [item("a"), item("b")])
    row = store.feed(FEED.url)
    assert row is not None
    assert (row.feed.url, row.items) == (FEED.url, 2)
    assert store.feed("https://nowhere.example/") is None
    assert store.polled_of([row], NOW - timedelta(days=1)) == {}
