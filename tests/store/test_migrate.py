"""Tables and migrations agree; old, new and foreign databases are told apart."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from monitor.errors import StoreUnavailable
from monitor.store import migrate, schema
from monitor.store.database import Database, open_database
from monitor.store.records import open_store
from monitor.store.rows import feed_identity, feed_settings, feed_state
from monitor.store.schema import REVISION, VERSION_TABLE, feeds, metadata
from tests.store.samples import FEED, NOW, all_at_once, polled


def upgraded(url: str) -> tuple[str, str]:
    database = open_database(url)
    try:
        return migrate.upgrade(database)
    finally:
        database.close()


def test_the_program_is_at_the_latest_revision() -> None:
    assert ScriptDirectory(str(migrate._scripts())).get_heads() == [REVISION]


def test_the_migrations_make_the_tables_that_the_program_works_with(
    empty_url: str,
) -> None:
    assert upgraded(empty_url) == ("", REVISION)
    database = open_database(empty_url)
    options = {"version_table": VERSION_TABLE, "compare_type": True}
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    migrated = definitions(database)
    with database.write() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert definitions(database) == migrated
    database.close()


def definitions(database: Database) -> set[str]:
    """Return how the database itself words its indexes, conditions included."""
    query = (
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if database.is_sqlite
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    with database.read() as connection:
        return set(connection.scalars(sa.text(query)))


def test_what_is_there_already_has_no_notes_after_the_upgrade(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrate._scripts()))
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
        values = {**feed_settings(FEED), **feed_identity(FEED), **feed_state(polled())}
        row = {**values, "created": NOW, "fence": 1, "lease_owner": ""}
        without = {name: value for name, value in row.items() if name != "notes"}
        old = sa.table(
            "feeds", *(sa.column(name, feeds.c[name].type) for name in without)
        )
        connection.execute(sa.insert(old).values(without))
    assert migrate.upgrade(database) == ("0012", REVISION)
    database.close()
    store = open_store(empty_url)
    (row_after,) = store.feeds()
    assert row_after.state == replace(polled(), notes="")
    store.close()


def test_an_upgrade_is_done_once(empty_url: str) -> None:
    assert upgraded(empty_url) == ("", REVISION)
    assert upgraded(empty_url) == (REVISION, REVISION)


def test_replicas_may_start_at_once_on_an_empty_database(empty_url: str) -> None:
    def begin(number: int) -> None:
        store = open_store(empty_url)
        assert store.counts()["feeds"] == 0, number
        store.close()

    all_at_once([partial(begin, number) for number in range(4)])


def test_what_the_oldest_database_holds_is_upgraded_with_it(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.write() as connection:
        migrate._run(connection, "0001")
        for name, given in (("feeds", {"id": 1}), ("items", {"feed_id": 1})):
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(sa.insert(table), anything(table) | given)
    assert migrate.upgrade(database) == ("0001", REVISION)
    with database.read() as connection:
        assert connection.scalar(sa.select(schema.feeds.c.ttl)) == timedelta()
        assert connection.scalar(sa.select(schema.items.c.feed_id)) == 1
    database.close()


def anything(table: sa.Table) -> dict[str, object]:
    """Return a row of what a table asks for."""
    kinds = {int: 1, str: "", datetime: NOW}
    asked = (each for each in table.c if not (each.nullable or each.primary_key))
    return {
        each.name: []
        if isinstance(each.type, sa.JSON)
        else kinds[each.type.python_type]
        for each in asked
    }


def test_opening_can_leave_the_upgrade_to_a_person(empty_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="run tocsin db upgrade"):
        open_store(empty_url, migrate=False)
    upgraded(empty_url)
    open_store(empty_url, migrate=False).close()


@pytest.mark.parametrize("use", [open_store, upgraded])
def test_a_database_of_a_newer_program_is_refused(
    empty_url: str, use: Callable[[str], object]
) -> None:
    upgraded(empty_url)
    database = open_database(empty_url)
    with database.write() as connection:
        version = sa.table(VERSION_TABLE, sa.column("version_num"))
        connection.execute(sa.update(version).values(version_num="9999"))
    database.close()
    with pytest.raises(StoreUnavailable, match=r"9999.*newer Tocsin"):
        use(empty_url)


def test_tables_of_another_program_are_left_alone(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.write() as connection:
        connection.execute(sa.text("CREATE TABLE items (id integer)"))
    with pytest.raises(StoreUnavailable, match="tables named items that are not"):
        open_store(empty_url)
    with database.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["items"]
    database.close()


def test_tables_that_lost_their_revision_are_told_with_the_mend(empty_url: str) -> None:
    upgraded(empty_url)
    database = open_database(empty_url)
    with database.write() as connection:
        connection.execute(sa.text(f"DELETE FROM {VERSION_TABLE}"))
    with pytest.raises(StoreUnavailable) as caught:
        open_store(empty_url)
    mend = str(caught.value).partition("INSERT")
    with database.write() as connection:
        connection.execute(sa.text("".join(mend[1:])))
    database.close()
    open_store(empty_url, migrate=False).close()


def test_an_upgrade_that_breaks_off_leaves_nothing(empty_url: str) -> None:
    database = open_database(empty_url)

    def break_off(_: object, __: object, statement: str, *___: object) -> None:
        if "CREATE TABLE deliveries" in statement:
            raise ZeroDivisionError

    event.listen(database.engine, "before_cursor_execute", break_off)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(database)
    event.remove(database.engine, "before_cursor_execute", break_off)
    with database.read() as connection:
        assert sa.inspect(connection).get_table_names() == []
    assert migrate.upgrade(database) == ("", REVISION)
    database.close()
