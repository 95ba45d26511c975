"""The Store: the verbs of the domain, one transaction each; most stand in `verbs`.

    collect   sync_feeds · lease_feeds · poll ── one poll is one transaction
    send      lease_deliveries · notice · save_body · record
    look      items · alerts · deliveries · story · explained ...
    keep      retain · counts · note

It is synchronous and safe to share between threads. Every method may raise
StoreUnavailable.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.errors import StoreUnavailable
from monitor.store import (
    exchanges,
    figures,
    future,
    retention,
    soundness,
)
from monitor.store import migrate as migrations
from monitor.store.database import Database, open_database
from monitor.store.hubs import Hubs
from monitor.store.ledger import Ledger
from monitor.store.schema import REVISION
from monitor.store.statements import CHUNK, chunks
from monitor.store.verbs.deliveries import DeliveryVerbs
from monitor.store.verbs.feeds import FeedVerbs
from monitor.store.verbs.looking import LookingVerbs
from monitor.store.verbs.people import PeopleVerbs
from monitor.store.views import (
    Note,
)


def open_store(url: str, *, migrate: bool = True) -> "Store":
    """Open the database at `url`, and bring it to this version's tables.

    Where `migrate` is false, one with older tables is refused. Raise
    StoreUnavailable, with what to do, where it cannot be used.
    """
    database = open_database(url)
    try:
        revision = migrations.revision_of(database)
        if revision != REVISION:
            _bring_up(database, revision, migrate=migrate)
    except BaseException:
        database.close()
        raise
    return Store(database)


def _bring_up(database: Database, revision: str, *, migrate: bool) -> None:
    migrations.check_known(revision, database.place)
    if not migrate:
        message = (
            f"{database.place}: its tables are of revision {revision or 'none'}, "
            f"this version of Tocsin needs {REVISION}: run tocsin db upgrade"
        )
        raise StoreUnavailable(message)
    migrations.upgrade(database)


class Store(FeedVerbs, DeliveryVerbs, LookingVerbs, PeopleVerbs):
    """What lasts."""

    def __init__(self, database: Database) -> None:
        """Work on a database whose tables are of this version's revision."""
        super().__init__(database)
        self.ledger = Ledger(database)
        """What was recorded, hash-chained."""
        self.hubs = Hubs(database)

    @property
    def shown_url(self) -> str:
        """Where it is, for people: its URL without the password."""
        return self._database.shown_url

    def wait_no_longer_than(self, seconds: float) -> None:
        """Let no writer wait for SQLite's lock after so many seconds: the program ends."""
        self._database.wait_no_longer_than(seconds)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def ping(self) -> None:
        """Ask the database for a sign of life."""
        with self._database.read() as connection:
            connection.execute(sa.text("SELECT 1"))

    def ensure_sound(self) -> bool:
        """Look for damage, not for long; return whether all was looked at."""
        return soundness.ensure_sound(self._database)

    # ── keeping ──────────────────────────────────────────────────────────────

    def counts(self, now: datetime | None = None) -> Mapping[str, float]:
        """Return figures for gauges and health, by name.

        A `..._timestamp_seconds` is Unix time and is left out where there is
        none; given `now`, there are also `feeds_due`, and the ages `..._seconds`
        of the most overdue feed and the oldest pending delivery.
        """
        with self._database.read() as connection:
            return figures.counts(connection, now)

    def note(self, key: str) -> Note | None:
        """Return the last remark that any process left under this key."""
        with self._database.read() as connection:
            return figures.note(connection, key)

    def set_note(self, key: str, value: str, now: datetime) -> None:
        """Leave a remark for other processes, such as a refused reload."""
        with self._database.write() as connection:
            figures.set_note(connection, key, value, now)

    def change_note(
        self, key: str, before: str | None, value: str, now: datetime
    ) -> bool:
        """Leave a remark where the last one is still `before`; False where it is not."""
        with self._database.write() as connection:
            return figures.change_note(connection, key, (before, value), now)

    def make_due_from_the_future(self, now: datetime) -> tuple[int, int, int]:
        """Make due what was put off by a clock that was ahead.

        Return how many feeds, deliveries and alerts.
        """
        with self._database.write() as connection:
            return future.make_due(connection, now)

    def retain(
        self,
        now: datetime,
        items_for: timedelta,
        dead_for: timedelta,
        batches: int = 20,
    ) -> Mapping[str, int]:
        """Forget old items that nothing needs, and dead deliveries.

        At most `batches` short transactions of each kind; what is left over goes
        the next time. Return how many `items`, `deliveries` and remembered
        `polls` went.
        """
        gone = {"items": 0, "deliveries": 0, "polls": 0}
        long_ago = now - items_for
        with self._database.read() as connection:
            old = retention.old_items(connection, long_ago, batches * CHUNK)
        for chunk in chunks(old):
            with self._database.write() as connection:
                gone["items"] += retention.forget_items(connection, chunk, long_ago)
        for name, forget, before in (
            ("deliveries", retention.forget_dead, now - dead_for),
            ("polls", exchanges.forget, now - exchanges.KEPT),
        ):
            for _ in range(batches):
                with self._database.write() as connection:
                    number = forget(connection, before)
                gone[name] += number
                if number < CHUNK:
                    break
        return gone
