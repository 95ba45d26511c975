"""Whose turn it is: feeds that are due, and who may poll which of them now."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import BY_HAND, FeedLease
from monitor.store.columns import digest
from monitor.store.locks import Lock, hold
from monitor.store.rows import FEED_AND_STATE, to_feed_and_state
from monitor.store.schema import feeds
from monitor.store.statements import CHUNK, chunks

MOST_PER_HOST = 2
"""How many feeds of one host may be leased at any one time, over all replicas."""


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
        hold_in_order(connection, scope & (feeds.c.poll_after > now))
        found.extend(connection.scalars(sa.select(feeds.c.url).where(scope)))
        connection.execute(
            sa.update(feeds)
            .where(scope, feeds.c.poll_after > now)
            .values(poll_after=now, reason=BY_HAND)
        )
    return sorted(found)


def hold_in_order(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Hold feeds in the order in which batches hold theirs.

    Who holds several in another order may wait for a batch that waits for it.
    """
    query = sa.select(feeds.c.id).where(which).order_by(feeds.c.id)
    if connection.dialect.name != "sqlite":  # where every writer is alone anyway
        connection.execute(query.with_for_update())


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
    for chunk in chunks(row["held"] for row in rows):
        hold_in_order(connection, feeds.c.url_digest.in_(chunk))
    if rows:
        connection.execute(
            sa.update(feeds).where(
                feeds.c.url_digest == sa.bindparam("held"),
                feeds.c.fence == sa.bindparam("under"),
                feeds.c.lease_until.is_not(None),
            ),
            rows,
        )
