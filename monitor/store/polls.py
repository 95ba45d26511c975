"""The one transaction of a poll: all of it is kept, or none of it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from monitor.errors import LeaseLost
from monitor.model import FeedLease, FeedState, Polled
from monitor.store import exchanges as exchanges_of
from monitor.store import hubs as hubs_of
from monitor.store.columns import clean, digest, shard_of
from monitor.store.polled_alerts import PolledAlerts
from monitor.store.polled_items import PolledItems
from monitor.store.polled_stories import PolledStories
from monitor.store.rows import feed_state, host_of
from monitor.store.schema import feeds
from monitor.store.statements import Values
from monitor.store.turns import hold_in_order

# Built once: every changed feed needs them.
_HOLD = (
    sa.select(feeds.c.id, feeds.c.fence, feeds.c.lease_until)
    .where(feeds.c.url_digest == sa.bindparam("held"))
    .with_for_update()
)
_FINISH = sa.update(feeds).where(feeds.c.id == sa.bindparam("feed"))


class Poll(PolledItems, PolledStories, PolledAlerts):
    """One poll's transaction; it belongs to the thread that began it."""

    def __init__(
        self, connection: sa.Connection, lease: FeedLease, beside: str = ""
    ) -> None:
        """Take hold of the feed; raise LeaseLost where somebody else has it.

        Of the feeds of the host of the address `beside` too, which is to be paused.
        """
        self._connection = connection
        if beside:
            own = feeds.c.url_digest == digest(lease.feed.url)
            hold_in_order(connection, own | (feeds.c.host == host_of(beside)))
        self._feed = lease.feed
        self._shard = shard_of(lease.feed.url)
        self._feed_id = _hold(connection, lease)
        self._listed: set[str] = set()
        self._unlisted: dict[str, datetime] = {}
        self._carried: dict[str, datetime] = {}
        self._locked = False

    # ── the end ──────────────────────────────────────────────────────────────

    def pause_host(self, url: str, until: datetime, reason: str) -> None:
        """Poll no feed of the address's host before; those that wait longer stay.

        The poll holds them all: it was begun beside this address.
        """
        self._connection.execute(
            sa.update(feeds)
            .where(feeds.c.host == host_of(url), feeds.c.poll_after < until)
            .values(poll_after=until, asked_until=until, reason=reason)
        )

    def remember(self, polled: Polled) -> None:
        """Store what we asked and what came of it."""
        exchanges_of.remember(self._connection, self._feed_id, polled)

    def offer_hubs(self, hubs: Sequence[str], topic: str, now: datetime) -> bool:
        """Keep in mind which hubs the feed names now; whether a subscription ends."""
        return hubs_of.offer(self._connection, self._feed_id, (hubs, topic), now)

    def missed_push(self, now: datetime) -> None:
        """Note that the feed's hub did not push what a poll found."""
        hubs_of.missed(self._connection, self._feed_id, now)

    def take_push(self, push_id: int) -> None:
        """Forget a push that was read."""
        hubs_of.taken(self._connection, push_id)

    def finish(self, state: FeedState) -> None:
        """Store the feed's new state and end the lease."""
        if state.poll_after is None:
            message = f"a finished poll has no next one: {self._feed.url}"
            raise ValueError(message)
        values: Values = {**feed_state(state), "lease_until": None, "lease_owner": ""}
        if self._listed and state.last_polled is not None:
            carried = self._carry(state.last_polled)
            # A part of the feed says nothing of what it does not list.
            if state.last_full == state.last_polled:
                values["carried"] = carried
        self._connection.execute(_FINISH, {"feed": self._feed_id, **values})


def _hold(connection: sa.Connection, lease: FeedLease) -> int:
    found = connection.execute(_HOLD, {"held": digest(lease.feed.url)})
    row = found.one_or_none()
    if row is None or row.fence != lease.fence or row.lease_until is None:
        message = f"the lease on {clean(lease.feed.url)} ran out and was taken over"
        raise LeaseLost(message)
    return int(row.id)
