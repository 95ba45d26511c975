"""Which feeds there are, and who may poll which of them now."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import BY_HAND, Feed, FeedLease, FeedState
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
from monitor.store.statements import CHUNK, Row, Values, chunks
from monitor.store.views import FeedRow, FeedSync

MOST_PER_HOST = 2
"""How many feeds of one host may be leased at any one time, over all replicas."""

_NEW = {**feed_state(FeedState()), "retired": None, "carried": None}
_SETTINGS = ("name", "source", "lang", "every", "backfill", "origin")
_KNOWN = ("id", "url", "url_digest", "retired", "poll_after", "asked_until", *_SETTINGS)


# ── which there are ──────────────────────────────────────────────────────────


def sync(connection: sa.Connection, wanted: Sequence[Feed], now: datetime) -> FeedSync:
    """Bring the feeds of the files in line; those added by command stay.

    One that is no longer listed is retired: its history stays, it is not polled.
    """
    hold(connection, Lock.FEEDS)
    listed = {digest(feed.url): feed for feed in wanted}
    known = _known(connection, listed)
    added: list[Feed] = []
    changed: list[str] = []
    for key, feed in listed.items():
        row = known.get(key)
        if row is None or row["retired"] is not None:
            added.append(feed)
        elif any(row[name] != value for name, value in feed_settings(feed).items()):
            _change(connection, feed, row, now)
            changed.append(feed.url)
    _begin(connection, added, known, now)
    removed = [
        row
        for key, row in known.items()
        if key not in listed and row["origin"] == "config" and row["retired"] is None
    ]
    for chunk in chunks(row["id"] for row in removed):
        retire = sa.update(feeds).where(feeds.c.id.in_(chunk)).values(retired=now)
        connection.execute(retire)
    return FeedSync(
        added=tuple(feed.url for feed in added),
        removed=tuple(row["url"] for row in removed),
        changed=tuple(changed),
    )


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


# ── when they are due ────────────────────────────────────────────────────────


def make_due(
    connection: sa.Connection,
    urls: Collection[str] | None,
    now: datetime,
    *,
    welcome: bool = False,
) -> list[str]:
    """Make these feeds (None: all) due; return those that are polled at all.

    `welcome` leaves out those whose publishers ask to be left alone for longer.
    """
    hold(connection, Lock.FEEDS)
    live: sa.ColumnElement[bool] = feeds.c.retired.is_(None)
    if welcome:
        asked = feeds.c.asked_until
        live &= sa.or_(asked.is_(None), asked <= now)
    found: list[str] = []
    scopes = (
        [live]
        if urls is None
        else [
            live & feeds.c.url_digest.in_(chunk)
            for chunk in chunks({digest(url) for url in urls})
        ]
    )
    for scope in scopes:
        found.extend(connection.scalars(sa.select(feeds.c.url).where(scope)))
        connection.execute(
            sa.update(feeds)
            .where(scope, feeds.c.poll_after > now)
            .values(poll_after=now, reason=BY_HAND)
        )
    return sorted(found)


def next_due(connection: sa.Connection) -> datetime | None:
    """Return when the next feed can be leased; None where there is none."""
    free = _min(connection, feeds.c.poll_after, feeds.c.lease_until.is_(None))
    held = _min(connection, feeds.c.lease_until, feeds.c.lease_until.is_not(None))
    return min((at for at in (free, held) if at is not None), default=None)


def _min(
    connection: sa.Connection,
    column: sa.Column[Any],
    condition: sa.ColumnElement[bool],
) -> datetime | None:
    query = sa.select(sa.func.min(column, type_=column.type))
    found: datetime | None = connection.scalar(
        query.where(feeds.c.retired.is_(None), condition)
    )
    return found


# ── leases ───────────────────────────────────────────────────────────────────


def lease(
    connection: sa.Connection, now: datetime, until: datetime, limit: int, owner: str
) -> list[FeedLease]:
    """Lease due feeds, the longest overdue first, at most two a host."""
    hold(connection, Lock.FEEDS)
    chosen = _choose(connection, now, limit)
    # A row whose poll is being written down right now is not waited for.
    query = (
        sa.select(*FEED_AND_STATE, feeds.c.id, feeds.c.fence)
        .where(feeds.c.id.in_(chosen), *_leasable(now))
        .order_by(feeds.c.poll_after, feeds.c.id)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(query).all()
    connection.execute(
        sa.update(feeds)
        .where(feeds.c.id.in_([row[-2] for row in rows]))
        .values(fence=feeds.c.fence + 1, lease_until=until, lease_owner=owner)
    )
    leases = []
    for row in rows:
        feed, state = to_feed_and_state(row)
        leases.append(FeedLease(feed=feed, state=state, fence=row[-1] + 1, until=until))
    return leases


def _leasable(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        feeds.c.retired.is_(None),
        feeds.c.poll_after <= now,
        sa.or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now),
    )


def _choose(connection: sa.Connection, now: datetime, limit: int) -> list[int]:
    """Walk the due feeds page by page, so that a million due ones are not sorted."""
    taken = _busy_hosts(connection, now)
    chosen: list[int] = []
    after: tuple[datetime, int] | None = None
    size = min(CHUNK, 2 * limit)
    while len(chosen) < limit:
        page = connection.execute(_page(now, taken, after).limit(size)).all()
        for number, host, _ in page:
            if len(chosen) < limit and taken[host] < MOST_PER_HOST:
                taken[host] += 1
                chosen.append(number)
        if len(page) < size:
            break
        after, size = (page[-1].poll_after, page[-1].id), CHUNK
    return chosen


def _page(
    now: datetime, taken: Counter[str], after: tuple[datetime, int] | None
) -> sa.Select[Any]:
    full = [host for host, number in taken.items() if number >= MOST_PER_HOST]
    query = (
        sa.select(feeds.c.id, feeds.c.host, feeds.c.poll_after)
        .where(*_leasable(now))
        .order_by(feeds.c.poll_after, feeds.c.id)
    )
    if full:
        query = query.where(feeds.c.host.not_in(full[: CHUNK * 4]))
    if after is not None:
        query = query.where(
            sa.or_(
                feeds.c.poll_after > after[0],
                sa.and_(feeds.c.poll_after == after[0], feeds.c.id > after[1]),
            )
        )
    return query


def _busy_hosts(connection: sa.Connection, now: datetime) -> Counter[str]:
    # Counted here: grouped by host, SQLite would walk all feeds in their order.
    query = sa.select(feeds.c.host).where(feeds.c.lease_until > now)
    return Counter(connection.scalars(query))


def release(connection: sa.Connection, leases: Iterable[FeedLease]) -> None:
    """Give back leases that are still held; the feeds stay due."""
    for held in leases:
        connection.execute(
            sa.update(feeds)
            .where(
                feeds.c.url_digest == digest(held.feed.url),
                feeds.c.fence == held.fence,
            )
            .values(lease_until=None, lease_owner="")
        )


def renew(
    connection: sa.Connection, leases: Iterable[FeedLease], until: datetime
) -> None:
    """Let leases that are still held last until then."""
    rows = [
        {"held": digest(one.feed.url), "under": one.fence, "lease_until": until}
        for one in leases
    ]
    if rows:
        connection.execute(
            sa.update(feeds).where(
                feeds.c.url_digest == sa.bindparam("held"),
                feeds.c.fence == sa.bindparam("under"),
                feeds.c.lease_until.is_not(None),
            ),
            rows,
        )
