"""Brings a database to the tables that this version of Tocsin works with."""

from pathlib import Path

import sqlalchemy as sa

from monitor.errors import StoreUnavailable
from monitor.store.database import Database
from monitor.store.locks import Lock, hold
from monitor.store.schema import REVISION, VERSION_TABLE, metadata

_version = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))


def revision_of(database: Database) -> str:
    """Return the database's revision; "" where it holds no tables of Tocsin yet.

    Raise StoreUnavailable where tables of the same names belong to another
    program.
    """
    with database.read() as connection:
        return _revision(connection, database.place)


def upgrade(database: Database) -> tuple[str, str]:
    """Migrate to `REVISION`; return the revisions before and after.

    Several replicas may call it at once: one works, the others wait and find it
    done. It is one transaction: a crash leaves the old tables.
    """
    with database.write() as connection:
        hold(connection, Lock.MIGRATE)
        before = _revision(connection, database.place)
        if before == REVISION:
            return before, before
        check_known(before, database.place)
        _run(connection)
        return before, _revision(connection, database.place)


def check_known(revision: str, place: str) -> None:
    """Raise StoreUnavailable where the database is newer than the program."""
    if revision and revision not in _known():
        message = (
            f"{place}: its tables are of revision {revision}, which this version of "
            f"Tocsin (up to {REVISION}) does not know: a newer Tocsin has upgraded "
            "it. Run that version, or restore the backup made before the upgrade"
        )
        raise StoreUnavailable(message)


def _revision(connection: sa.Connection, place: str) -> str:
    names = set(sa.inspect(connection).get_table_names())
    foreign = sorted(names & set(metadata.tables))
    if VERSION_TABLE in names:
        revision = connection.scalar(sa.select(_version.c.version_num)) or ""
        if foreign and not revision:
            message = (
                f"{place}: its tables do not say of which revision they are, as where "  # noqa: S608 - for a person
                "not all of a damaged database was saved: restore a backup, or, if "
                f"this version of Tocsin used it last, INSERT INTO {VERSION_TABLE} "
                f"VALUES ('{REVISION}')"
            )
            raise StoreUnavailable(message)
        return revision
    if foreign:
        message = (
            f"{place}: it already has tables named {', '.join(foreign[:3])} that are "
            "not Tocsin's: give Tocsin a database of its own in store.url"
        )
        raise StoreUnavailable(message)
    return ""


# Alembic takes a while to import and is needed only when there is work for it.


def _known() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    script = ScriptDirectory(str(_scripts()))
    return {revision.revision for revision in script.walk_revisions()}


def _run(connection: sa.Connection, to: str = "head") -> None:
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _scripts() -> Path:
    return Path(__file__).parent / "migrations"
