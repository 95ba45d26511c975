"""What the tables' columns are made of: types that both engines keep alike.

Long texts that are looked up (addresses, guids) have a digest column beside them:
an index entry in PostgreSQL holds at most 2.7 kB, and a publisher's guid may be
longer. `shard` is there so that the tables can be distributed one day.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

SHARDS = 256

MICROSECOND = timedelta(microseconds=1)


def digest(*texts: str) -> str:
    """Return 32 hex digits that stand for these texts in an index."""
    joined = "\x1f".join(clean(text) for text in texts)
    return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


def shard_of(text: str) -> int:
    """Return the shard, 0 to 255, that a feed's address (or an id) falls in."""
    encoded = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, digest_size=1).digest()[0] % SHARDS


def clean(text: str) -> str:
    """Replace what no database takes (NUL, lone surrogates) by U+FFFD.

    One for one, so that offsets into the text stay right.
    """
    if text.isascii():
        return text.replace("\x00", "\ufffd")
    if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
        return "".join(
            "\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char
            for char in text
        )
    return text


_Kind = TypeEngine[Any] | type[TypeEngine[Any]]


class Moment(TypeDecorator[datetime]):
    """An aware datetime, UTC on both engines; a naive one is refused."""

    impl: _Kind = sa.DateTime(timezone=True)
    cache_ok: bool | None = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn into UTC; SQLite keeps no zone, so it is taken off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a moment without a time zone: {value!r}"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return it aware and in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class Duration(TypeDecorator[timedelta]):
    """A timedelta, as whole microseconds."""

    impl: _Kind = sa.BigInteger
    cache_ok: bool | None = True

    def process_bind_param(
        self,
        value: timedelta | None,
        dialect: Dialect,  # noqa: ARG002 - the base's
    ) -> int | None:
        """Return the microseconds."""
        return None if value is None else value // MICROSECOND

    def process_result_value(
        self,
        value: int | None,
        dialect: Dialect,  # noqa: ARG002 - the base's
    ) -> timedelta | None:
        """Return the timedelta."""
        return None if value is None else timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """A text that a stranger wrote; what no database takes is replaced."""

    impl: _Kind = sa.Text
    cache_ok: bool | None = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - the base's
    ) -> str | None:
        """Clean it: one bad character must not block its feed for ever."""
        return None if value is None else clean(value)


_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column that is INTEGER to the letter."""


def column(name: str, kind: Any, default: Any = None) -> sa.Column[Any]:
    """Return a column that is never empty."""
    return sa.Column(name, kind, nullable=False, default=default)


def optional(name: str, kind: Any) -> sa.Column[Any]:
    """Return a column that may be NULL."""
    return sa.Column(name, kind, nullable=True)


def serial(name: str) -> sa.Column[int]:
    """Return a key that the database numbers by itself."""
    return sa.Column(name, _Serial, primary_key=True, autoincrement=True)


def lease() -> tuple[sa.Column[Any], ...]:
    """Return the columns of a lease with its fence."""
    return (
        column("fence", sa.BigInteger, 0),
        optional("lease_until", Moment),
        column("lease_owner", sa.Text, ""),
    )


def index(name: str, *columns: str, where: str = "") -> sa.Index:
    """Return an index, over the rows for which `where` holds."""
    partial = sa.text(where) if where else None
    return sa.Index(name, *columns, sqlite_where=partial, postgresql_where=partial)
