"""However long the backlog, what is due is found by an index that has it in order."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.store.records import Store
from tests.store.samples import MINUTE, NOW, delivery


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
    store.gathering_needed(NOW, {"desk": timedelta(hours=1)}, [])
    sa.event.remove(engine, "before_cursor_execute", note)
    plans = []
    with store._database.read() as connection:
        for statement, values in asked:
            if statement.startswith("SELECT deliveries."):
                plan = connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                )
                plans.append(plan.all()[0][3])
    assert len(plans) == 3
    indexes = [plan.rpartition("INDEX ")[2].split(" ")[0] for plan in plans]
    assert sorted(indexes) == [
        "ix_deliveries_next",
        "ix_deliveries_next",
        "ix_deliveries_overdue",
    ]
