"""However long the backlog, what is due is found by an index that has it in order."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.model import Apart, Way
from monitor.store.records import Store
from monitor.store.views import DeliveryFilter
from tests.store.samples import MINUTE, NOW, delivery, item, tell


def test_sqlite_reads_no_backlog_by_its_state(store: Store, engine_name: str) -> None:
    if engine_name != "sqlite":
        return
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    store.add_deliveries([delivery(n) for n in range(20)])
    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    store.lease_deliveries(NOW, NOW + MINUTE, 5, "test")
    store.lease_deliveries(NOW, NOW + MINUTE, 5, "test", Apart(ordered=["desk"]))
    store.gathering_needed(NOW, {"desk": timedelta(hours=1)}, None)
    sa.event.remove(engine, "before_cursor_execute", note)
    plans = []
    with store._database.read() as connection:
        for statement, values in asked:
            if statement.startswith("SELECT deliveries."):
                plan = connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                )
                plans.append(plan.all()[0][3])
    assert not any("EXISTS" in statement for statement, _ in asked)
    assert all(plan.startswith("SEARCH deliveries USING") for plan in plans)
    looked_up = [plan.partition("INDEX ")[2] for plan in plans]
    by_time = "ix_deliveries_next (state=? AND way=? AND due<?)"
    assert sum(one == by_time for one in looked_up) >= len(Way)
    # A group waits for no moment; what is overdue is so for its receiver.
    others = {one.split(" ")[0] for one in looked_up if one != by_time}
    assert others == {"ix_deliveries_next", "ix_deliveries_overdue"}


def test_what_a_message_tells_is_not_sought_among_all_that_was_ever_sent(
    store: Store, engine_name: str
) -> None:
    if engine_name != "sqlite":
        return
    tell(store, item())
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    store.notice(delivery(alert_id="alr_1"))
    store.deliveries(DeliveryFilter(folded_into="dlv_1"))
    sa.event.remove(engine, "before_cursor_execute", note)
    sought = [one for one in asked if "folded_into IN" in one[0] or "dlv_1" in one[1]]
    assert len(sought) == 2
    with store._database.read() as connection:
        for statement, values in sought:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            assert "USING INDEX ix_deliveries_folded" in plan.all()[0][3]


def test_how_receivers_fare_is_told_without_reading_all_that_was_ever_sent(
    store: Store, engine_name: str
) -> None:
    store.add_deliveries([delivery(n, receiver="desk") for n in range(3)])
    store.add_deliveries([delivery(9, receiver="well")])
    store.disable_receiver("desk", "it answered 410", NOW)
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    (one,) = store.ailing_receivers()
    sa.event.remove(engine, "before_cursor_execute", note)
    assert (one.name, one.reason, one.pending) == ("desk", "it answered 410", 3)
    if engine_name == "sqlite":
        statement, values = asked[-1]
        with store._database.read() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            assert "COVERING INDEX ix_deliveries_overdue" in plan.all()[0][3]
