"""What questions cost that the daemon asks all the time, while very much waits.

    python bench/waiting.py [--waiting 100000] [--json]

A SQLite database with so many pending deliveries, half of them waiting for a digest, and as
many open alerts, made by copying rows. Each question is asked three times; the best is told,
in milliseconds. No figure is part of a test.
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.model import Apart
from monitor.store.records import open_store
from tests.store.samples import NOW, delivery, item, tell

LATER = NOW + timedelta(days=2)


def copies(connection, table, number, **changes):
    """Copy the first row of a table so often; `n` is the number of the copy."""
    asked = connection.exec_driver_sql(f"PRAGMA table_info({table})")
    columns = [row[1] for row in asked]
    values = ", ".join(changes.get(one, one) for one in columns)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"WITH RECURSIVE k(n) AS (SELECT 2 UNION ALL SELECT n+1 FROM k WHERE n<{number}) "
        f"SELECT {values} FROM (SELECT * FROM {table} ORDER BY rowid LIMIT 1), k"
    )


def fill(store, number):
    tell(store, item(), [delivery(1, alert_id="alr_1")])
    an_item, story, alert = "'itm_'||n", "'sto_'||n", "'alr_c'||n"
    digests = {
        name: f"'{name}'||n"
        for name in ("key_digest", "url_digest", "canonical_digest", "guid_digest")
    }
    with store._database.write() as connection:
        copies(connection, "items", number, seq="n+1000", id=an_item, **digests)
        copies(connection, "stories", number, id=story)
        copies(
            connection,
            "story_items",
            number,
            cursor="n+1000",
            item_id=an_item,
            story_id=story,
        )
        copies(connection, "alerts", number, id=alert, story_id=story)
        copies(connection, "messages", number, alert_id=alert, item_id=an_item)
        copies(
            connection,
            "deliveries",
            number,
            id="'dlv_c'||n",
            alert_id=alert,
            receiver="'r'||(n%5)",
            way="CASE WHEN n%2 THEN 'digest' ELSE '' END",
            content="NULL",
        )


def best(question):
    took = []
    for _ in range(3):
        began = time.perf_counter()
        question()
        took.append(time.perf_counter() - began)
    return round(min(took) * 1000, 1)


def asked(store):
    none_due = NOW - timedelta(days=1)
    one_in_order = Apart(ordered=["r0"])
    return {
        "may anything go": lambda: store.gathering_needed(none_due, {}, None),
        "what is due": lambda: store.due_deliveries(LATER, 32, Apart()),
        "what is due, one receiver in order": lambda: store.due_deliveries(
            LATER, 32, one_in_order
        ),
        "open alerts": lambda: store.open_alerts(LATER),
        "one alert as it stands": lambda: store.standing("alr_c500"),
        "figures for health and metrics": lambda: store.counts(LATER),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/waiting.db")
        fill(store, options.waiting)
        found = {name: best(question) for name, question in asked(store).items()}
        store.close()
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:36} {value:8} ms")


if __name__ == "__main__":
    main()
