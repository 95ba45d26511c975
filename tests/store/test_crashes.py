"""What is left when a process is killed while it writes."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.store.records import open_store

_ROOT = Path(__file__).parents[2]


@pytest.mark.usefixtures("store")
def test_a_killed_writer_leaves_a_whole_database(store_url: str) -> None:
    committed = -1
    for polls in (3, 17):
        committed = kill_after(store_url, polls)
        store = open_store(store_url)
        counts = store.counts()
        # One more may have been committed before its number was printed.
        assert counts["deliveries_pending"] in {committed + 1, committed + 2}
        assert counts["items"] == 10 * counts["deliveries_pending"]
        if store._database.is_sqlite:
            with store._database.read() as connection:
                check = connection.execute(sa.text("PRAGMA integrity_check"))
                assert check.scalar() == "ok"
        store.close()
    assert committed >= 3 + 17 - 1


def kill_after(url: str, polls: int) -> int:
    """Kill the writer after so many polls; return the last number it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.writer", url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in range(polls)]
    assert all(printed), "the writer ended by itself"
    process.kill()
    # A line that the kill cut short does not count.
    printed += [line for line in process.stdout if line.endswith("\n")]
    process.wait(30)
    process.stdout.close()
    return int(printed[-1])
