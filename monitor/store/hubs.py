"""Subscriptions at hubs (WebSub), and what hubs pushed and nobody has read yet."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from monitor.model import Feed, FeedLease, Push, Subscribed, Subscription
from monitor.store.columns import digest
from monitor.store.database import Database
from monitor.store.rows import to_feed, to_feed_state
from monitor.store.schema import feeds, hub_pushes, hub_subscriptions
from monitor.store.statements import Row, Values

MOST_WAITING = 50
"""Pushes of one feed that wait; a hub that sends more is told to come again."""
_OVER = (Subscribed.ENDING.value, Subscribed.ENDED.value)
_KEPT = tuple(
    one.name for one in fields(Subscription) if one.name not in {"id", "feed", "state"}
)
_NEWLY: Values = {
    "state": Subscribed.OFFERED.value,
    "token": "",
    "secret": "",
    "failures": 0,
    "problem": "",
}
_NEW: Values = {**_NEWLY, "pushes": 0, "refused": 0}


def offer(
    connection: sa.Connection,
    feed_id: int,
    offered: tuple[Sequence[str], str],
    now: datetime,
) -> bool:
    """Keep in mind which hubs a feed names now, and as which topic.

    A hub that is known stays while it is named; others are to be ended. Return whether
    one is.
    """
    hubs, topic = offered
    mine = hub_subscriptions.c.feed_id == feed_id
    same = hub_subscriptions.c.hub.in_(hubs) & (hub_subscriptions.c.topic == topic)
    live = hub_subscriptions.c.state.not_in(_OVER)
    ended = connection.execute(
        sa.update(hub_subscriptions)
        .where(mine, live, ~same)
        .values(state=Subscribed.ENDING.value, due=now, failures=0)
    )
    known = sa.select(hub_subscriptions.c.id).where(mine, live)
    if hubs and connection.scalar(known.limit(1)) is None:
        row: Values = {**_NEW, "feed_id": feed_id, "hub": hubs[0], "topic": topic}
        connection.execute(sa.insert(hub_subscriptions).values(**row, due=now))
    return ended.rowcount > 0


def missed(connection: sa.Connection, feed_id: int, now: datetime) -> None:
    """Note that a poll found news that no hub had pushed."""
    connection.execute(
        sa.update(hub_subscriptions)
        .where(
            hub_subscriptions.c.feed_id == feed_id,
            hub_subscriptions.c.state == Subscribed.ACTIVE.value,
        )
        .values(missed=now)
    )


def taken(connection: sa.Connection, push_id: int) -> None:
    """Forget a push that was read; this commits with what it brought."""
    connection.execute(sa.delete(hub_pushes).where(hub_pushes.c.id == push_id))


class Hubs:
    """What the rest of the program does with hubs; may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        """Work on the store's own database."""
        self._database = database

    def all(self, feed: str = "") -> list[Subscription]:
        """Return the subscriptions, of one feed or of all, that are not over."""
        query = _query().where(hub_subscriptions.c.state != Subscribed.ENDED.value)
        if feed:
            query = query.where(feeds.c.url_digest == digest(feed))
        with self._database.read() as connection:
            return [_to_subscription(row) for row in _rows(connection, query)]

    def feeds(self) -> set[str]:
        """Return the feeds that have a subscription that is not over; very many, maybe."""
        query = (
            sa.select(feeds.c.url)
            .join(hub_subscriptions, hub_subscriptions.c.feed_id == feeds.c.id)
            .where(hub_subscriptions.c.state != Subscribed.ENDED.value)
        )
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def pushing(self) -> list[Subscription]:
        """Return the subscriptions in force by which a hub has pushed something."""
        query = _query().where(
            hub_subscriptions.c.state == Subscribed.ACTIVE.value,
            hub_subscriptions.c.last_push.is_not(None),
        )
        with self._database.read() as connection:
            return [_to_subscription(row) for row in _rows(connection, query)]

    def of_token(self, token: str) -> Subscription | None:
        """Return the subscription whose callback ends in this token."""
        query = _query().where(hub_subscriptions.c.token == token)
        with self._database.read() as connection:
            # No database takes all that a path may hold.
            is_one = token.isascii() and token.isprintable() and bool(token)
            found = _rows(connection, query) if is_one else []
        return _to_subscription(found[0]) if found else None

    def claim_due(
        self, now: datetime, until: datetime, limit: int
    ) -> list[Subscription]:
        """Return what is due, the longest first; nobody else gets it before `until`.

        Those of feeds that are not polled any more are to be ended.
        """
        retired = feeds.c.retired.is_not(None) & hub_subscriptions.c.state.not_in(_OVER)
        due = _query().where(sa.or_(hub_subscriptions.c.due <= now, retired)).limit(1)
        with self._database.read() as connection:
            if not _rows(connection, due):
                return []
        with self._database.write() as connection:
            self._end_retired(connection, now)
            query = (
                _query()
                .where(hub_subscriptions.c.due <= now)
                .order_by(hub_subscriptions.c.due, hub_subscriptions.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True, of=hub_subscriptions)
            )
            rows = _rows(connection, query)
            connection.execute(
                sa.update(hub_subscriptions)
                .where(hub_subscriptions.c.id.in_([row["id"] for row in rows]))
                .values(due=until)
            )
        return [_to_subscription({**row, "due": until}) for row in rows]

    def _end_retired(self, connection: sa.Connection, now: datetime) -> None:
        retired = sa.select(feeds.c.id).where(feeds.c.retired.is_not(None))
        connection.execute(
            sa.update(hub_subscriptions)
            .where(
                hub_subscriptions.c.state.not_in(_OVER),
                hub_subscriptions.c.feed_id.in_(retired),
            )
            .values(state=Subscribed.ENDING.value, due=now, failures=0)
        )

    def update(
        self, number: int, change: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        """Change a subscription as it stands now; None where it stays or is gone."""
        with self._database.write() as connection:
            query = _query().where(hub_subscriptions.c.id == number)
            rows = _rows(connection, query.with_for_update(of=hub_subscriptions))
            changed = change(_to_subscription(rows[0])) if rows else None
            if changed is not None:
                values: Values = {name: getattr(changed, name) for name in _KEPT}
                connection.execute(
                    sa.update(hub_subscriptions)
                    .where(hub_subscriptions.c.id == number)
                    .values(**values, state=changed.state.value)
                )
        return changed

    def forget(self, number: int) -> None:
        """Delete a subscription that is over, and what it brought and nobody read."""
        with self._database.write() as connection:
            for table, column in (
                (hub_pushes, hub_pushes.c.subscription_id),
                (hub_subscriptions, hub_subscriptions.c.id),
            ):
                connection.execute(sa.delete(table).where(column == number))

    def resume(self, feed: str, now: datetime, reason: str) -> None:
        """Poll a feed at once: its hub does not tell of its news any more."""
        with self._database.write() as connection:
            _poll_soon(connection, feeds.c.url_digest == digest(feed), now, reason)

    def begin_anew(self, now: datetime, reason: str) -> int:
        """Offer every subscription again, and poll its feed at once; return how many.

        For hubs whose callbacks do not lead here any more.
        """
        live = hub_subscriptions.c.state.not_in(_OVER)
        mine = sa.select(hub_subscriptions.c.feed_id).where(live)
        with self._database.write() as connection:
            _poll_soon(connection, feeds.c.id.in_(mine), now, reason)
            changed = connection.execute(
                sa.update(hub_subscriptions)
                .where(live)
                .values(
                    **_NEWLY, due=now, lease_until=None, last_push=None, missed=None
                )
            )
        return changed.rowcount

    # ── pushes ───────────────────────────────────────────────────────────────

    def add_push(
        self, pushed: Subscription, content_type: str, body: bytes, now: datetime
    ) -> bool:
        """Store what a hub sent; False where too much waits already."""
        mine = hub_pushes.c.subscription_id == pushed.id
        with self._database.write() as connection:
            waiting = sa.select(sa.func.count()).select_from(hub_pushes).where(mine)
            if (connection.scalar(waiting) or 0) >= MOST_WAITING:
                return False
            connection.execute(
                sa.insert(hub_pushes).values(
                    subscription_id=pushed.id,
                    at=now,
                    content_type=content_type,
                    body=body,
                )
            )
            connection.execute(
                sa.update(hub_subscriptions)
                .where(hub_subscriptions.c.id == pushed.id)
                .values(pushes=hub_subscriptions.c.pushes + 1, last_push=now)
            )
        return True

    def count_refused(self, number: int) -> None:
        """Count a push whose signature was wrong."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(hub_subscriptions)
                .where(hub_subscriptions.c.id == number)
                .values(refused=hub_subscriptions.c.refused + 1)
            )

    def lease_pushed(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> list[tuple[FeedLease, Push]]:
        """Lease feeds that were pushed to, each with the oldest push; none being polled."""
        first = (
            sa.select(
                hub_subscriptions.c.feed_id, sa.func.min(hub_pushes.c.id).label("push")
            )
            .join(hub_pushes, hub_pushes.c.subscription_id == hub_subscriptions.c.id)
            .group_by(hub_subscriptions.c.feed_id)
            .subquery()
        )
        free = sa.or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now)
        query = (
            sa.select(feeds, first.c.push)
            .join(first, first.c.feed_id == feeds.c.id)
            .where(feeds.c.retired.is_(None), free)
            .order_by(first.c.push)
            .limit(limit)
            .with_for_update(skip_locked=True, of=feeds)
        )
        with self._database.read() as connection:
            if connection.scalar(sa.select(hub_pushes.c.id).limit(1)) is None:
                return []
        with self._database.write() as connection:
            rows = _rows(connection, query)
            connection.execute(
                sa.update(feeds)
                .where(feeds.c.id.in_([row["id"] for row in rows]))
                .values(fence=feeds.c.fence + 1, lease_until=until, lease_owner=owner)
            )
            return [_leased(connection, row, until) for row in rows]


def _poll_soon(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    now: datetime,
    reason: str,
) -> None:
    """Make feeds due, as soon as their publishers like to be asked."""
    asked = sa.case((feeds.c.asked_until > now, feeds.c.asked_until))
    connection.execute(
        sa.update(feeds)
        .where(which, feeds.c.poll_after > now)
        .values(poll_after=sa.func.coalesce(asked, now), reason=reason)
    )


def _leased(
    connection: sa.Connection, row: Row, until: datetime
) -> tuple[FeedLease, Push]:
    feed = to_feed(row)
    lease = FeedLease(
        feed=feed, state=to_feed_state(row), fence=row["fence"] + 1, until=until
    )
    query = sa.select(hub_pushes).where(hub_pushes.c.id == row["push"])
    return lease, _to_push(connection.execute(query).mappings().one(), feed)


def _query() -> sa.Select[tuple[object, ...]]:
    return sa.select(hub_subscriptions, feeds.c.url).join(
        feeds, feeds.c.id == hub_subscriptions.c.feed_id
    )


def _rows(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]]
) -> Sequence[Row]:
    return connection.execute(query).mappings().all()


def _to_subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        feed=row["url"],
        state=Subscribed(row["state"]),
        **{name: row[name] for name in _KEPT},
    )


def _to_push(row: Row, feed: Feed) -> Push:
    return Push(
        id=row["id"],
        subscription=row["subscription_id"],
        feed=feed.url,
        at=row["at"],
        content_type=row["content_type"],
        body=row["body"],
    )
