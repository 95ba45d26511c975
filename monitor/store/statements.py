"""Statements that both engines understand, and how much one may name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[Any, Any]
Values = dict[str, Any]

_T = TypeVar("_T")

CHUNK = 500
"""How many values one statement names: SQLite takes 32,766, and plans get slow."""


def chunks(values: Iterable[_T]) -> Iterator[list[_T]]:
    """Cut into lists of at most `CHUNK`."""
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def insert_new(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Values],
    keys: Sequence[sa.Column[Any]] = (),
) -> set[tuple[Any, ...]]:
    """Insert rows; one that is already there is left as it is.

    Return the given columns of those that are new.
    """
    if not rows:
        return set()
    insert = _insert(connection, table).on_conflict_do_nothing()
    if not keys:
        connection.execute(insert, rows)
        return set()
    told = insert.returning(*keys)
    return {tuple(row) for row in connection.execute(told, rows)}


def insert_one(connection: sa.Connection, table: sa.Table, row: Values) -> int:
    """Insert a row and return the number that the database gave it."""
    (column,) = table.primary_key
    insert = sa.insert(table).values(row).returning(column)
    return int(connection.execute(insert).scalar_one())


def upsert(
    connection: sa.Connection, table: sa.Table, row: Values, keys: Sequence[str]
) -> None:
    """Insert a row, or give the one with these keys the new values."""
    statement = _insert(connection, table).values(row)
    update = {name: statement.excluded[name] for name in row if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(keys), set_=update)
    )


def _insert(
    connection: sa.Connection, table: sa.Table
) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
