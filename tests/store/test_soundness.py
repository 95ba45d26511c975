"""A damaged file is noticed before the work begins, not when a page of it is read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.store.database import Database, open_database
from monitor.store.records import open_store
from monitor.store.soundness import ensure_sound, soundness


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with so many items that most of its pages are theirs."""
    path = tmp_path / "tocsin.db"
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE many AS SELECT 1 AS number, '' AS text")
        store.executemany("INSERT INTO many VALUES (?, ?)", _rows())
        store.execute("CREATE INDEX by_number ON many (number)")
        store.commit()
    return path


def _rows() -> Iterator[tuple[int, str]]:
    yield from ((number, "words " * 100) for number in range(2000))


def damage(path: Path) -> None:
    """Overwrite pages in the middle, as a disk that fails might."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 16 * 4096)


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{file}")
    yield opened
    opened.close()


def test_a_file_that_is_whole_is_sound(database: Database, file: Path) -> None:
    assert ensure_sound(database, 60)
    assert soundness(f"sqlite:///{file}").findings == ()


def test_damage_is_told_with_its_mend(database: Database, file: Path) -> None:
    damage(file)
    with pytest.raises(StoreUnavailable, match="A damaged database"):
        ensure_sound(database, 60)
    found = soundness(f"sqlite:///{file}")
    assert any("page" in line.lower() for line in found.findings)


def test_the_look_at_the_start_ends_in_time_and_says_so(database: Database) -> None:
    hours = count(step=3600)
    assert not ensure_sound(database, 2, lambda: float(next(hours)))
    # The connection is as it was for whoever has it next.
    assert ensure_sound(database, 60)


def test_a_look_at_all_of_it_finds_an_index_that_does_not_fit(file: Path) -> None:
    with closing(sqlite3.connect(file)) as store:
        store.execute("PRAGMA writable_schema = ON")
        store.execute("DELETE FROM sqlite_schema WHERE name = 'by_number'")
        store.commit()
    assert soundness(f"sqlite:///{file}").findings
