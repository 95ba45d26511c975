"""One database: its address, its connections, its transactions, its failures.

SQLite and PostgreSQL differ here and nowhere else. Only what a user can mend
becomes StoreUnavailable; a bug keeps its own exception.
"""

import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url

from monitor.errors import StoreUnavailable
from monitor.store import faults

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

_SLICE = 0.25
"""Seconds between two looks at whether a writer is to wait on."""

_PAUSE = 0.02
"""Seconds between two tries of what SQLite does not wait for."""

_LOCK_SECONDS = 60
"""How long PostgreSQL lets a transaction wait for a lock."""

_HUNG_SECONDS = 300
"""How long PostgreSQL lets a silent replica keep a transaction open."""


class Database:
    """Hands out transactions; safe to share between threads."""

    def __init__(self, engine: sa.Engine, place: str) -> None:
        """Use `engine`; `place` names it in messages, without any secret."""
        self.engine = engine
        self.place = place
        self.shown_url = _shown(engine.url)
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._give_up = math.inf
        if self.is_sqlite:
            event.listen(engine, "begin", self._begin_sqlite)
        self._writer = engine.execution_options(tocsin_begin="IMMEDIATE")
        # PostgreSQL's own way shows each statement what was committed before it.
        self._reader = (
            engine
            if self.is_sqlite
            else engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._turn = threading.Lock()
        self._joined = threading.local()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Begin a transaction that only reads; it sees one state throughout."""
        joined = self._together()
        if joined is not None:
            yield joined
            return
        with self._translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Begin a transaction that commits when the block ends well.

        In SQLite writers take turns: threads by a lock, processes by the file's.
        Beginning as a writer avoids the deadlock of two readers that both want
        to write.
        """
        joined = self._together()
        if joined is not None:
            yield joined
            return
        with self._my_turn(), self._translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all that this thread reads and writes in the block be one transaction."""
        with self.write() as connection:
            self._joined.connection = connection
            try:
                yield
            finally:
                self._joined.connection = None

    def _together(self) -> sa.Connection | None:
        return getattr(self._joined, "connection", None)

    def wait_no_longer_than(self, seconds: float) -> None:
        """Let no writer wait for SQLite's lock after so many seconds: the program ends."""
        self._give_up = time.monotonic() + seconds

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        waiting = self._waiting()
        while not self._turn.acquire(timeout=min(_SLICE, BUSY_SECONDS)):
            if not waiting():
                message = f"{self.place}: another thread held it for too long"
                raise StoreUnavailable(message)
        try:
            yield
        finally:
            self._turn.release()

    def _waiting(self) -> Callable[[], bool]:
        """Return what says whether a writer that begins to wait now is to wait on."""
        end = time.monotonic() + BUSY_SECONDS
        return lambda: time.monotonic() < min(end, self._give_up)

    def _begin_sqlite(self, connection: sa.Connection) -> None:
        mode = connection.get_execution_options().get("tocsin_begin", "DEFERRED")
        raw = connection.connection.driver_connection
        if mode == "IMMEDIATE" and isinstance(raw, sqlite3.Connection):
            _wait_for_turn(raw, self._waiting())
        else:
            connection.exec_driver_sql(f"BEGIN {mode}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.TimeoutError as error:
            message = f"{self.place}: every connection is in use; try again"
            raise StoreUnavailable(message) from error
        except exc.DBAPIError as error:
            sentence = faults.sentence(error, self.engine.url)
            if sentence is None:
                raise
            message = f"{self.place}: {sentence}"
            raise StoreUnavailable(message) from None


def open_database(url: str) -> Database:
    """Connect; raise StoreUnavailable with the mend in a sentence.

    `url` is `sqlite:///relative.db`, `sqlite:////absolute.db` or
    `postgresql://user:password@host/database`. A SQLite file and its folders are
    made where they are missing, readable by their owner alone.
    """
    parsed = _parsed(url)
    place = _shown(parsed)
    if parsed.get_backend_name() == "sqlite":
        place = f"SQLite file {parsed.database}"
        _prepare_file(Path(parsed.database or ""), place)
        engine = _sqlite_engine(parsed)
    else:
        engine = _postgres_engine(parsed, place)
    database = Database(engine, place)
    try:
        with database.read() as connection:
            connection.execute(sa.text("SELECT 1"))
    except BaseException:
        database.close()
        raise
    return database


# ── addresses ────────────────────────────────────────────────────────────────


class _NoAddress(StoreUnavailable):
    """A URL can be no store's: what is wrong, and the mend."""

    def __init__(self, wrong: str, mend: str) -> None:
        super().__init__(f"the store's URL {wrong}: {mend}")
        self.wrong, self.mend = wrong, mend


def wrong_address(url: str) -> tuple[str, str] | None:
    """Return what is wrong with a URL, and the mend; None where it may be a store's."""
    try:
        _parsed(url)
    except _NoAddress as refused:
        return refused.wrong, refused.mend
    return None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        # Its text may hold a part of the password, so none of it is repeated.
        mend = (
            "write sqlite:///data/tocsin.db or postgresql://user:password@host/database,"
            " with special characters of the password percent-encoded"
        )
        raise _NoAddress("cannot be read", mend) from None
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return _parsed_sqlite(parsed)
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _parsed_postgres(parsed)
    wrong = f"begins with {parsed.drivername}://, which is no store that Tocsin knows"
    raise _NoAddress(wrong, "use sqlite:///file or postgresql://user@host/database")


def _parsed_postgres(parsed: URL) -> URL:
    if "@" in (parsed.database or ""):
        # What stands before it is a part of the password, so none of it is repeated.
        wrong = "has an @ after the slash of the database"
        raise _NoAddress(
            wrong, "percent-encode the password in it (/ as %2F, @ as %40)"
        )
    return parsed.set(drivername="postgresql+psycopg")


def _parsed_sqlite(parsed: URL) -> URL:
    name = parsed.database or ""
    if parsed.host:
        wrong = f"has two slashes before {parsed.host}"
        mend = "a relative file takes three (sqlite:///data/tocsin.db), an absolute one four"
        raise _NoAddress(wrong, mend)
    if name in {"", ":memory:"} or name.startswith("file:"):
        mend = "write sqlite:///data/tocsin.db (memory would forget everything on exit)"
        raise _NoAddress("names no SQLite file", mend)
    if parsed.query:
        wrong = "has options, of which SQLite takes none"
        raise _NoAddress(wrong, "leave out what follows the ?")
    return parsed.set(drivername="sqlite+pysqlite")


def _shown(url: URL) -> str:
    """Return the URL as people write it, the password starred out."""
    plain = url.set(drivername=url.get_backend_name(), query={})
    return plain.render_as_string(hide_password=True)


# ── SQLite ───────────────────────────────────────────────────────────────────


def _prepare_file(path: Path, place: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its -wal and -shm files the mode of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        message = (
            f"{place}: {error.strerror or error}: mend the permissions of the file "
            "and its folder, or name another in store.url"
        )
        raise StoreUnavailable(message) from error


def _sqlite_engine(url: URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_size=8,
        max_overflow=24,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin only before a write, and then as a reader.
    connection.isolation_level = None
    _patiently(connection, "PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement for which SQLite itself does not wait.

    It refuses at once to change the mode of a file that another process is just
    opening for the first time, or closing as the last.
    """
    pause = threading.Event()
    for _ in range(int(BUSY_SECONDS / _PAUSE)):
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            pause.wait(_PAUSE)
        else:
            return
    connection.execute(statement)


def _wait_for_turn(connection: sqlite3.Connection, waiting: Callable[[], bool]) -> None:
    """Begin as a writer; SQLite itself would wait for the whole of its time."""
    connection.execute(f"PRAGMA busy_timeout = {_milliseconds(_SLICE)}")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not (_is_busy(error) and waiting()):
                    raise exc.OperationalError("BEGIN IMMEDIATE", {}, error) from error
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_milliseconds(BUSY_SECONDS)}")


def _milliseconds(seconds: float) -> int:
    return int(min(seconds, BUSY_SECONDS) * 1000)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


# ── PostgreSQL ───────────────────────────────────────────────────────────────


_ENCODING = "UTF8"


def _postgres_engine(url: URL, place: str) -> sa.Engine:
    query = {"application_name": "tocsin", "connect_timeout": "10", **url.query}
    try:
        engine = sa.create_engine(
            url.set(query=query),
            pool_size=8,
            max_overflow=24,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as error:
        message = (
            "the store's URL names PostgreSQL, whose driver is not installed: "
            'run pip install "tocsin[postgres]"'
        )
        raise StoreUnavailable(message) from error

    def connect(dialect: Any, _record: Any, words: Any, options: Any) -> Any:
        connection = dialect.connect(*words, **options)
        if problem := _misfit(connection):
            connection.close()
            raise StoreUnavailable(f"{place}: {problem}")
        return connection

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", _tune_postgres)
    return engine


def _misfit(connection: Any) -> str:
    """Say why a database cannot hold what feeds publish, or nothing."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding == _ENCODING:
        return ""
    return (
        f"it is encoded in {encoding}, which cannot hold every language: make one with "
        "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and name it in store.url"
    )


def _tune_postgres(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_HUNG_SECONDS}s'")
    connection.autocommit = False
