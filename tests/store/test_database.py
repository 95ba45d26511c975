"""Opening a database, and what is said when it cannot be used."""

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import make_url

from monitor.errors import StoreUnavailable
from monitor.store import database as databases
from monitor.store import faults, schema
from monitor.store.records import Store, open_store
from tests import postgres
from tests.store.samples import FEED, NOW, delivery, item, keep


def refused(url: str) -> str:
    """Return what is said when `url` is opened in vain."""
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url)
    return str(caught.value)


# ── addresses ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://u@h/d", "use sqlite:///file or postgresql://"),
        ("tocsin.db", "write sqlite:///data/tocsin.db or postgresql://"),
        ("", "write sqlite:///data/tocsin.db or postgresql://"),
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("sqlite:///file:x?mode=ro", "names no SQLite file"),
        ("sqlite://data/tocsin.db", "takes three (sqlite:///data/tocsin.db)"),
        ("sqlite:///data/tocsin.db?mode=ro", "leave out what follows the ?"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_with_the_mend(
    url: str, expected: str
) -> None:
    assert expected in refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://tocsin:geheim/nis@127.0.0.1/db",
        "postgresql://tocsin:ge@geheim/nis@127.0.0.1/db",
        "postgresql://tocsin:geheim@127.0.0.1:port/db",
        "postgresql://tocsin:geheim@127.0.0.1:1/db",
        "postgresql://tocsin@127.0.0.1:1/db?password=geheim",
        "postgresql://tocsin:geheim@127.0.0.1:1/db?no_such_option=geheim",
        "mysql://tocsin:geheim@127.0.0.1/db",
    ],
)
def test_a_password_is_never_repeated(url: str) -> None:
    assert "geheim" not in refused(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_that_does_not_answer_is_named(scheme: str) -> None:
    said = refused(f"{scheme}://tocsin:geheim@127.0.0.1:1/alerts")
    assert said.startswith("postgresql://tocsin:***@127.0.0.1:1/alerts: ")
    assert said.endswith(
        "Connection refused: nothing listens there; start PostgreSQL, or mend host and "
        "port in store.url"
    )


def test_without_the_driver_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert 'pip install "tocsin[postgres]"' in refused("postgresql://u@127.0.0.1/d")


def test_the_address_is_shown_without_its_password(store_url: str) -> None:
    store = open_store(store_url)
    plain = store_url.partition("?")[0]
    assert store.shown_url == plain
    store.close()


# ── SQLite files ─────────────────────────────────────────────────────────────


def test_file_and_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data" / "tocsin.db"
    store = open_store(f"sqlite:///{path}")
    keep(store, [item()])
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()
    }
    store.close()
    assert modes == {
        "tocsin.db": 0o600,
        "tocsin.db-wal": 0o600,
        "tocsin.db-shm": 0o600,
    }
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_name_may_hold_a_per_cent_sign(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/100%25%20new/t.db")
    assert store.counts()["items"] == 0
    store.close()


def test_sqlite_writes_through_and_keeps_references_whole(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    with store._database.write() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    store.close()
    full = 2
    assert pragmas == ["wal", full, 1, databases.BUSY_SECONDS * 1000]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    said = refused(f"sqlite:///{tmp_path}/data/tocsin.db")
    assert f"SQLite file {tmp_path}/data/tocsin.db: " in said
    assert "name another in store.url" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = refused(f"sqlite:///{tmp_path}/tocsin.db")
    tmp_path.chmod(0o700)
    assert "mend the permissions" in said


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    assert "Is a directory" in refused(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 1000)
    assert "not a SQLite database; name another file" in refused(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear reader")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/t.db"
    open_store(url).close()
    path = tmp_path / "t.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    store = None
    with pytest.raises(StoreUnavailable, match="damaged; restore a backup"):
        store = open_store(url)
    assert store is None


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    database = store._database

    def fill() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            row = {"key": "k", "value": "x" * 100_000, "at": NOW}
            connection.execute(sa.insert(schema.meta).values(row))

    with pytest.raises(StoreUnavailable, match="the disk is full; make room"):
        fill()
    store.close()


def test_a_file_that_another_process_holds_is_said_to_be_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.05)
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.counts()["items"] == 0, "readers are not in its way"
    with pytest.raises(StoreUnavailable, match="another process held it"):
        store.set_note("k", "v", NOW)
    other.execute("ROLLBACK")
    other.close()
    store.set_note("k", "v", NOW)
    store.close()


def test_opening_waits_for_another_process_that_opens_the_file_first(
    tmp_path: Path,
) -> None:
    """SQLite itself does not wait here: it answers "database is locked" at once."""
    other = sqlite3.connect(
        tmp_path / "t.db", isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.1, other.execute, ["ROLLBACK"])
    release.start()
    open_store(f"sqlite:///{tmp_path}/t.db").close()
    release.join()
    other.close()


def test_opening_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "another process held it" in refused(f"sqlite:///{tmp_path}/t.db")
    other.close()


def test_threads_take_turns_and_do_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.05)
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store._database.write():
            begun.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(30)
    with pytest.raises(StoreUnavailable, match="another thread held it"):
        store.set_note("k", "v", NOW)
    done.set()
    thread.join(30)
    store.set_note("k", "v", NOW)
    store.close()


# ── both engines ─────────────────────────────────────────────────────────────


def test_a_bug_is_not_dressed_up_as_an_unavailable_store(store: Store) -> None:
    with (
        pytest.raises(exc.DBAPIError, match="no_such_column"),
        store._database.read() as connection,
    ):
        connection.execute(sa.text("SELECT no_such_column FROM items"))
    with pytest.raises(exc.IntegrityError):
        store.add_deliveries([delivery(alert_id="alr_unknown")])


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(exc.StatementError, match="without a time zone"):
        store.add_feed(FEED, NOW.replace(tzinfo=None))


def test_two_programs_use_one_database_at_once(
    open_again: Callable[[], Store],
) -> None:
    daemon, command = open_again(), open_again()
    daemon.add_feed(FEED, NOW)
    (lease,) = daemon.lease_feeds(NOW, NOW, 1, "daemon")
    with daemon.poll(lease) as poll:
        poll.add_items([item()])
        assert list(command.items()) == []
        assert command.feeds()[0].items == 0
    assert list(command.items()) == [item()]
    command.set_note("k", "from the command", NOW)
    note = daemon.note("k")
    assert note is not None
    assert note.value == "from the command"


@pytest.mark.postgres
def test_a_store_recovers_when_the_server_has_dropped_it(
    postgres_server: postgres.Server, postgres_tables: str
) -> None:
    store = open_store(postgres_tables)

    def be_dropped() -> None:
        with store._database.read() as connection:
            own = connection.scalar(sa.text("SELECT pg_backend_pid()"))
            postgres_server.run(f"SELECT pg_terminate_backend({own})")
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(StoreUnavailable, match="SQLSTATE 57P01"):
        be_dropped()
    assert store.feeds() == []
    store.close()


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_named(
    postgres_server: postgres.Server,
) -> None:
    said = refused(postgres_server.url("nowhere"))
    assert 'database "nowhere" does not exist: make it (CREATE DATABASE nowhere' in said


@pytest.mark.postgres
def test_a_user_without_rights_is_told_which(
    postgres_server: postgres.Server, postgres_tables: str
) -> None:
    postgres_server.run("CREATE ROLE guest LOGIN")
    empty = postgres_server.new_database()
    for url in (empty, postgres_tables):
        said = refused(url.replace("//postgres@", "//guest@"))
        assert "permission denied for " in said
        assert " OWNER TO guest)" in said
        assert "\n" not in said


@pytest.mark.postgres
def test_a_database_that_may_only_be_read_is_told(
    postgres_server: postgres.Server,
) -> None:
    url = postgres_server.new_database()
    name = url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "name the primary in store.url" in refused(url)


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_language_is_refused(
    postgres_server: postgres.Server, encoding: str
) -> None:
    """It would take the first headline in another alphabet for a fault, for ever."""
    name = encoding.lower()
    postgres_server.run(
        f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0"
    )
    said = refused(postgres_server.url(name))
    assert f"it is encoded in {encoding}" in said
    assert "ENCODING 'UTF8'" in said


@pytest.mark.postgres
def test_what_names_no_schema_is_told(postgres_server: postgres.Server) -> None:
    url = f"{postgres_server.new_database()}&options=-csearch_path%3Dnowhere"
    assert "make the schema that search_path names" in refused(url)


def test_a_password_with_a_slash_and_an_at_is_asked_to_be_encoded() -> None:
    said = refused("postgresql://tocsin:ge@heim/nis@127.0.0.1/db")
    assert "percent-encode the password in it (/ as %2F, @ as %40)" in said
    assert "heim" not in said
    assert "nis" not in said


AT = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
LET_IN = "let tocsin in from this machine in the server's pg_hba.conf"
START = "start PostgreSQL, or mend host and port in store.url"


@pytest.mark.parametrize(
    ("said", "chatter", "mend"),
    [
        (
            "the database system is not yet accepting connections",
            "\nDETAIL:  Consistent recovery state has not been yet reached.",
            "it is tried again by itself",
        ),
        (
            "server closed the connection unexpectedly",
            "\n\tThis probably means the server terminated abnormally\n\tbefore the request.",
            "it is tried again by itself",
        ),
        (
            "Connection refused",
            "\n\tIs the server running on that host and accepting TCP/IP connections?",
            f"nothing listens there; {START}",
        ),
        ('no pg_hba.conf entry for host "10.0.0.9", user "tocsin"', "", LET_IN),
        (
            'invalid connection option "sslmod"',
            "",
            "mend what follows the ? in store.url",
        ),
        (
            "ungewohnt",
            "",
            "is the server running, and are the parts of store.url right?",
        ),
    ],
)
@pytest.mark.parametrize("before", ["", AT, f"{AT}FATAL:  ", "FATAL:  "])
def test_what_the_server_says_is_told_without_its_chatter_and_with_the_mend(
    before: str, said: str, chatter: str, mend: str
) -> None:
    error = exc.OperationalError(None, None, Exception(f"{before}{said}{chatter}"))
    told = faults.sentence(error, make_url("postgresql://tocsin@h/db"))
    assert told == f"{said}: {mend}"
