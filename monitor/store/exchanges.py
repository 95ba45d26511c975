"""What we asked of feeds lately, and what came of it."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.model import Polled
from monitor.store.columns import digest
from monitor.store.rows import EXCHANGE, to_polled
from monitor.store.schema import exchanges, feeds
from monitor.store.statements import CHUNK, Row, Values
from monitor.store.views import Politeness

KEPT = timedelta(days=15)
"""How long polls are remembered: two weeks show a weekly rhythm."""
_QUIET = timedelta(days=1)
"""A feed without news for so long may be silent."""
_last = sa.func.coalesce(exchanges.c.last, exchanges.c.at)
"""When the last poll of a row was."""
_ALIKE = ("status", "outcome", "problem", "conditional", "whole", "early", "format")


_LAST = (
    sa.select(exchanges)
    .where(exchanges.c.feed_id == sa.bindparam("feed"))
    .order_by(exchanges.c.id.desc())
    .limit(1)
)
AGAIN = (
    sa.update(exchanges)
    .where(exchanges.c.id == sa.bindparam("row"))
    .values(
        times=exchanges.c.times + 1,
        last=sa.bindparam("at_last"),
        took=sa.bindparam("took_last"),
        size=sa.bindparam("size_last"),
        asked=sa.bindparam("asked_last"),
    )
)
"""Counts up a poll that went like the one before; see `again`."""


def remember(connection: sa.Connection, feed_id: int, polled: Polled) -> None:
    """Store a poll; one that went like the one before only counts it up."""
    found = connection.execute(_LAST, {"feed": feed_id})
    before = found.mappings().one_or_none()
    if before is not None and alike(before, polled):
        connection.execute(AGAIN, again(before, polled))
        return
    row = {name: getattr(polled, name) for name in EXCHANGE}
    connection.execute(sa.insert(exchanges), {"feed_id": feed_id, **row})


def again(before: Row, now: Polled) -> Values:
    """Return the values of `AGAIN` for a poll that went like the one in this row."""
    return {
        "row": before["id"],
        "at_last": now.at,
        "took_last": now.took,
        "size_last": now.size,
        "asked_last": now.asked,
    }


def alike(before: Row, now: Polled) -> bool:
    """Say whether a poll went like the one in this row, and neither brought anything."""
    if before["new_items"] or now.new_items:
        return False
    return all(before[name] == getattr(now, name) for name in _ALIKE)


def of_feed(connection: sa.Connection, url: str, limit: int) -> list[Polled]:
    """Return a feed's last polls, the newest first."""
    query = (
        sa.select(exchanges)
        .join(feeds, feeds.c.id == exchanges.c.feed_id)
        .where(feeds.c.url_digest == digest(url))
        .order_by(exchanges.c.id.desc())
        .limit(limit)
    )
    return [to_polled(row) for row in connection.execute(query).mappings()]


def of_feeds(
    connection: sa.Connection, numbers: Mapping[int, str], since: datetime
) -> Mapping[str, Sequence[Polled]]:
    """Return the polls of these feeds by their addresses, the newest first.

    Those that ended since then, and of a feed that is quiet those with news before, by
    which its silence is told.
    """
    wanted = sa.or_(_last >= since, exchanges.c.new_items > 0)
    query = (
        sa.select(exchanges.c.feed_id, *(exchanges.c[name] for name in EXCHANGE))
        .where(exchanges.c.feed_id.in_(numbers), wanted)
        .order_by(exchanges.c.feed_id, exchanges.c.id.desc())
    )
    found: defaultdict[str, list[Polled]] = defaultdict(list)
    for feed, *row in connection.execute(query):
        polled = Polled(**dict(zip(EXCHANGE, row, strict=True)))
        found[numbers[feed]].append(polled)
    return found


_COUNTED: Mapping[str, sa.ColumnElement[int]] = {
    "requests": exchanges.c.times,
    **{
        name: sa.case((condition, exchanges.c.times), else_=0)
        for name, condition in (
            ("conditional", exchanges.c.conditional),
            ("first", exchanges.c.whole),
            ("unchanged", exchanges.c.outcome == "unchanged"),
            ("too_often", exchanges.c.status.in_((429, 503))),
            ("early", exchanges.c.early),
        )
    },
}
"""How many of a row's polls were what."""
_ASKED = sa.func.max(exchanges.c.asked, type_=exchanges.c.asked.type)


def politeness(connection: sa.Connection, since: datetime) -> list[Politeness]:
    """Return for each host what we asked of it, and what it asked of us.

    Of polls that all went alike and began before, the share since then is reckoned: they
    come at even intervals.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    asked: dict[str, timedelta] = {}
    for row in (*_begun_since(connection, since), *_begun_before(connection, since)):
        host = row["host"]
        counts[host].update({name: int(row[name]) for name in _COUNTED})
        asked[host] = max(asked.get(host, timedelta()), row["asked"])
    found = [
        Politeness(host=host, asked=asked[host], **count)
        for host, count in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.requests, one.host))


def _begun_since(connection: sa.Connection, since: datetime) -> Sequence[Row]:
    query = (
        sa.select(
            feeds.c.host,
            _ASKED.label("asked"),
            *(sa.func.sum(what).label(name) for name, what in _COUNTED.items()),
        )
        .join(feeds, feeds.c.id == exchanges.c.feed_id)
        .where(exchanges.c.at >= since)
        .group_by(feeds.c.host)
    )
    return connection.execute(query).mappings().all()


def _begun_before(connection: sa.Connection, since: datetime) -> Iterator[Values]:
    columns = (exchanges.c.at, exchanges.c.last, exchanges.c.asked)
    counted = (what.label(name) for name, what in _COUNTED.items())
    query = (
        sa.select(feeds.c.host, *columns, *counted)
        .join(feeds, feeds.c.id == exchanges.c.feed_id)
        .where(exchanges.c.at < since, exchanges.c.last >= since)
    )
    for row in connection.execute(query).mappings():
        share = (row["last"] - since) / (row["last"] - row["at"])
        within = {name: math.ceil(row[name] * share) for name in _COUNTED}
        yield {"host": row["host"], "asked": row["asked"], **within}


def forget(connection: sa.Connection, before: datetime) -> int:
    """Delete up to one batch of polls that ended before; return how many.

    Those with news stay while their feed is quiet: they show the rhythm that it had.
    """
    quiet = sa.select(feeds.c.id).where(
        feeds.c.retired.is_(None), feeds.c.last_new <= before + KEPT - _QUIET
    )
    needed = (exchanges.c.new_items > 0) & exchanges.c.feed_id.in_(quiet)
    old = (
        sa.select(exchanges.c.id)
        .where(exchanges.c.at < before, _last < before, ~needed)
        .order_by(exchanges.c.at)
        .limit(CHUNK)
    )
    return connection.execute(
        sa.delete(exchanges).where(exchanges.c.id.in_(old.scalar_subquery()))
    ).rowcount
