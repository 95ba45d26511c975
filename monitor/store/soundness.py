"""Whether a SQLite file is sound: looked at before the work begins, and when asked.

A damaged page is noticed by itself only when something reads it, maybe weeks later.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy import exc

from monitor.errors import StoreUnavailable
from monitor.store.database import Database, open_database
from monitor.store.faults import DAMAGED
from monitor.store.migrate import revision_of

AT_THE_START = 2.0
"""Seconds that the start may take for it; about two gigabytes from a fast disk."""
_MOST_FINDINGS = 20
_FIRST_DAMAGE = "PRAGMA quick_check(1)"
_STEPS = 1000
"""SQLite's steps between two looks at the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """What a look at the file found."""

    findings: tuple[str, ...] = ()
    """What is damaged, in SQLite's words."""
    whole: bool = True
    """Whether all of the file was looked at."""
    empty: bool = False
    """Whether it holds no tables of Tocsin, as where nothing was saved of a damaged one."""


def ensure_sound(
    database: Database,
    seconds: float = AT_THE_START,
    monotonic: Callable[[], float] = time.monotonic,
) -> bool:
    """Look for damage for so long; return whether all was looked at.

    Raise StoreUnavailable, with the mend, where there is damage.
    """
    end = monotonic() + seconds
    found = _ask(database, _FIRST_DAMAGE, lambda: monotonic() >= end)
    if found.findings:
        raise StoreUnavailable(f"{database.place}: {found.findings[0]}: {DAMAGED}")
    return found.whole


def soundness(url: str) -> Soundness:
    """Look at all of the database at `url`, its indexes too, however long it takes."""
    database = open_database(url)
    try:
        # At damaged pages the second may stop and name none.
        found = _ask(database, _FIRST_DAMAGE, None)
        if found.findings:
            return found
        found = _ask(database, f"PRAGMA integrity_check({_MOST_FINDINGS})", None)
        return replace(found, empty=not found.findings and not revision_of(database))
    finally:
        database.close()


def _ask(
    database: Database, statement: str, is_late: Callable[[], bool] | None
) -> Soundness:
    if not database.is_sqlite:
        return Soundness()  # the server looks after its files
    found: list[str] = []
    try:
        with database.read() as connection:
            whole = _look(connection, statement, is_late, found)
    except StoreUnavailable:
        # With damage found, SQLite may refuse even to end the transaction.
        if not found:
            raise
        whole = False
    return Soundness(findings=tuple(found[:_MOST_FINDINGS]), whole=whole)


def _look(
    connection: sa.Connection,
    statement: str,
    is_late: Callable[[], bool] | None,
    found: list[str],
) -> bool:
    """Add to `found` what SQLite finds; return whether it was not too late for all."""
    raw = connection.connection.driver_connection
    if is_late and isinstance(raw, sqlite3.Connection):
        raw.set_progress_handler(is_late, _STEPS)
    try:
        for told in connection.exec_driver_sql(statement).scalars():
            found += (line for line in str(told).splitlines() if _is_finding(line))
    except exc.OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
            raise
        return False
    finally:
        if isinstance(raw, sqlite3.Connection):
            raw.set_progress_handler(None, 0)
    return True


def _is_finding(line: str) -> bool:
    """Say whether a line tells of damage, not of which database it is about."""
    return line != "ok" and not line.startswith("***")
