"""Which feeds there are, as people listed and changed them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import Feed, FeedState
from monitor.store.columns import digest
from monitor.store.locks import Lock, hold
from monitor.store.rows import (
    FEED_AND_STATE,
    feed_identity,
    feed_settings,
    feed_state,
    to_feed,
    to_feed_and_state,
    to_feed_state,
)
from monitor.store.schema import feeds, items
from monitor.store.statements import Row, Values, chunks
from monitor.store.views import FeedRow, FeedSync

_NEW = {**feed_state(FeedState()), "retired": None, "carried": None}
_SETTINGS = ("name", "source", "lang", "every", "backfill", "origin")
_KNOWN = ("id", "url", "url_digest", "retired", "poll_after", "asked_until", *_SETTINGS)


def sync(connection: sa.Connection, wanted: Sequence[Feed], now: datetime) -> FeedSync:
    """Bring the feeds of the files in line; those added by command stay.

    One that is no longer listed is retired: its history stays, it is not polled.
    """
    hold(connection, Lock.FEEDS)
    edits = _edits(connection, wanted)
    for feed, row in edits.changed:
        _change(connection, feed, row, now)
    _begin(connection, edits.added, edits.known, now)
    for chunk in chunks(row["id"] for row in edits.removed):
        retire = sa.update(feeds).where(feeds.c.id.in_(chunk)).values(retired=now)
        connection.execute(retire)
    return edits.summary


def compare(connection: sa.Connection, wanted: Sequence[Feed]) -> FeedSync:
    """Return what bringing the feeds of the files in line would change."""
    return _edits(connection, wanted).summary


@dataclass(frozen=True, slots=True)
class _Edits:
    """What the files say otherwise than the store."""

    added: Sequence[Feed]
    changed: Sequence[tuple[Feed, Row]]
    removed: Sequence[Row]
    known: Mapping[str, Row]

    @property
    def summary(self) -> FeedSync:
        return FeedSync(
            added=tuple(feed.url for feed in self.added),
            removed=tuple(row["url"] for row in self.removed),
            changed=tuple(feed.url for feed, _ in self.changed),
        )


def _edits(connection: sa.Connection, wanted: Sequence[Feed]) -> _Edits:
    listed = {digest(feed.url): feed for feed in wanted}
    known = _known(connection, listed)
    added: list[Feed] = []
    changed: list[tuple[Feed, Row]] = []
    for key, feed in listed.items():
        row = known.get(key)
        if row is None or row["retired"] is not None:
            added.append(feed)
        elif any(row[name] != value for name, value in feed_settings(feed).items()):
            changed.append((feed, row))
    removed = [
        row
        for key, row in known.items()
        if key not in listed and row["origin"] == "config" and row["retired"] is None
    ]
    return _Edits(added, changed, removed, known)


def _known(connection: sa.Connection, listed: Iterable[str]) -> dict[str, Row]:
    """Return those that the files listed before or list now, by digest.

    Those that were added by command, which may be very many, are left alone.
    """
    query = _all().where(feeds.c.origin == "config")
    known: dict[str, Row] = {
        row["url_digest"]: row for row in connection.execute(query).mappings()
    }
    for chunk in chunks(key for key in listed if key not in known):
        query = _all().where(feeds.c.url_digest.in_(chunk))
        known |= {r["url_digest"]: r for r in connection.execute(query).mappings()}
    return known


def add(connection: sa.Connection, feed: Feed, now: datetime) -> bool:
    """Add a feed, due at once; False where it is already polled."""
    hold(connection, Lock.FEEDS)
    row = _one(connection, feed.url)
    if row is not None and row["retired"] is None:
        return False
    _begin(connection, [feed], {} if row is None else {row["url_digest"]: row}, now)
    return True


def remove(connection: sa.Connection, url: str, now: datetime) -> bool:
    """Retire a feed; False where there is none of that address."""
    hold(connection, Lock.FEEDS)
    row = _one(connection, url)
    if row is None or row["retired"] is not None:
        return False
    connection.execute(
        sa.update(feeds).where(feeds.c.id == row["id"]).values(retired=now)
    )
    return True


def list_all(connection: sa.Connection, *, retired: bool) -> list[FeedRow]:
    """Return the feeds by address, those that are retired only if wanted."""
    query = _rows().order_by(feeds.c.url)
    if not retired:
        query = query.where(feeds.c.retired.is_(None))
    return [_to_row(row) for row in connection.execute(query).mappings()]


def by_address(connection: sa.Connection, after: str, limit: int) -> list[FeedRow]:
    """Return the next feeds that are polled whose addresses come after this one."""
    address = _in_bytes(connection)  # since cursors have to last
    # Chosen first: the items of those that are not on the page need not be counted.
    page = sa.select(feeds.c.id).where(feeds.c.retired.is_(None), address > after)
    page = page.order_by(address).limit(limit)
    query = _rows().where(feeds.c.id.in_(page.scalar_subquery())).order_by(address)
    return [_to_row(row) for row in connection.execute(query).mappings()]


def numbers_by_address(connection: sa.Connection) -> list[int]:
    """Return the numbers of the feeds that are polled, in the order of addresses."""
    query = sa.select(feeds.c.id).where(feeds.c.retired.is_(None))
    return list(connection.scalars(query.order_by(_in_bytes(connection))))


def numbered(connection: sa.Connection, numbers: Sequence[int]) -> list[FeedRow]:
    """Return the feeds that have these numbers and are polled, by address."""
    found: list[FeedRow] = []
    for chunk in chunks(numbers):
        query = _rows().where(feeds.c.id.in_(chunk), feeds.c.retired.is_(None))
        query = query.order_by(_in_bytes(connection))
        found += [_to_row(row) for row in connection.execute(query).mappings()]
    return found


def _in_bytes(connection: sa.Connection) -> sa.ColumnElement[str]:
    """Return addresses compared byte by byte: databases know other orders."""
    return feeds.c.url.collate("BINARY" if connection.dialect.name == "sqlite" else "C")


def one(connection: sa.Connection, url: str) -> FeedRow | None:
    """Return the feed of an address, retired or not."""
    query = _rows().where(feeds.c.url_digest == digest(url))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _to_row(row)


def _rows() -> sa.Select[Any]:
    kept = sa.select(sa.func.count()).where(items.c.feed_id == feeds.c.id)
    return sa.select(feeds, kept.correlate(feeds).scalar_subquery().label("number"))


def _to_row(row: Row) -> FeedRow:
    return FeedRow(
        feed=to_feed(row),
        state=to_feed_state(row),
        retired=row["retired"],
        items=row["number"],
        number=row["id"],
    )


def after(connection: sa.Connection, number: int, limit: int) -> list[FeedRow]:
    """Return the next feeds that are polled, as added; their items are not counted."""
    query = (
        sa.select(*FEED_AND_STATE, feeds.c.id)
        .where(feeds.c.retired.is_(None), feeds.c.id > number)
        .order_by(feeds.c.id)
        .limit(limit)
    )
    found = []
    for row in connection.execute(query):
        feed, state = to_feed_and_state(row)
        found.append(
            FeedRow(feed=feed, state=state, retired=None, items=0, number=row[-1])
        )
    return found


def outlets(connection: sa.Connection) -> list[str]:
    """Return the names of the outlets whose feeds are polled."""
    query = sa.select(feeds.c.source).where(feeds.c.retired.is_(None)).distinct()
    return list(connection.scalars(query))


def _begin(
    connection: sa.Connection,
    wanted: Sequence[Feed],
    known: Mapping[str, Row],
    now: datetime,
) -> None:
    """Insert feeds, or take retired ones up again as if they were new.

    What they published meanwhile is a first poll's backfill, not a flood of news.
    """
    new: list[Values] = []
    for feed in wanted:
        values = {**_NEW, **feed_settings(feed), "poll_after": now}
        row = known.get(digest(feed.url))
        if row is None:
            new.append({**values, **feed_identity(feed), "created": now})
        else:
            old = sa.update(feeds).where(feeds.c.id == row["id"])
            connection.execute(old.values(values))
    for chunk in chunks(new):
        connection.execute(sa.insert(feeds), chunk)


def _change(connection: sa.Connection, feed: Feed, row: Row, now: datetime) -> None:
    values = feed_settings(feed)
    if feed.every != row["every"]:
        # A feed that is to be polled more often should not sleep out its old wait.
        # What the publisher asked for stays a floor.
        sooner = max(now + feed.every, row["asked_until"] or now)
        values["poll_after"] = min(row["poll_after"], sooner)
    connection.execute(sa.update(feeds).where(feeds.c.id == row["id"]).values(values))


def _all() -> sa.Select[Any]:
    return sa.select(*(feeds.c[name] for name in _KNOWN))


def _one(connection: sa.Connection, url: str) -> Row | None:
    query = _all().where(feeds.c.url_digest == digest(url))
    return connection.execute(query).mappings().one_or_none()
