"""Polls that changed nothing but their feeds, written down many at once."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from monitor.model import Finished
from monitor.store.columns import digest
from monitor.store.exchanges import AGAIN, alike
from monitor.store.exchanges import again as counted_up
from monitor.store.rows import EXCHANGE, feed_state
from monitor.store.schema import exchanges, feeds
from monitor.store.statements import Row, Values, chunks

_NEWEST = (
    sa.select(sa.func.max(exchanges.c.id))
    .where(exchanges.c.feed_id == feeds.c.id)
    .correlate(feeds)
    .scalar_subquery()
)
_HELD: sa.Select[Any] = (
    sa.select(
        feeds.c.id.label("feed"),
        feeds.c.url_digest,
        feeds.c.fence,
        feeds.c.lease_until,
        exchanges,
    )
    .outerjoin(exchanges, exchanges.c.id == _NEWEST)
    .order_by(feeds.c.id)
    .with_for_update(of=feeds)
)
_STATE = sa.update(feeds).where(feeds.c.id == sa.bindparam("feed"))
_FREE = {"lease_until": None, "lease_owner": ""}


def finish(connection: sa.Connection, finished: Sequence[Finished]) -> Collection[str]:
    """Store the new states, remember the polls, end the leases.

    Return the addresses whose leases were lost; of these nothing is stored.
    """
    by_digest = {digest(one.lease.feed.url): one for one in finished}
    states: list[Values] = []
    again: list[Values] = []
    new: list[Values] = []
    lost = {one.lease.feed.url for one in finished}
    for row in _held(connection, list(by_digest)):
        one = by_digest[row["url_digest"]]
        if row["fence"] != one.lease.fence or row["lease_until"] is None:
            continue
        lost.discard(one.lease.feed.url)
        states.append({"feed": row["feed"], **feed_state(one.state), **_FREE})
        polled = one.polled
        if row["id"] is not None and alike(row, polled):
            again.append(counted_up(row, polled))
        else:
            found = {name: getattr(polled, name) for name in EXCHANGE}
            new.append({"feed_id": row["feed"], **found})
    for statement, rows in (
        (_STATE, states),
        (AGAIN, again),
        (sa.insert(exchanges), new),
    ):
        if rows:
            connection.execute(statement, rows)
    return lost


def _held(connection: sa.Connection, digests: list[str]) -> Iterator[Row]:
    for chunk in chunks(digests):
        query = _HELD.where(feeds.c.url_digest.in_(chunk))
        yield from connection.execute(query).mappings().all()
