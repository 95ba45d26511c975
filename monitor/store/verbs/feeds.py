"""Feeds: which there are, whose turn it is, and what a poll left behind."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from monitor.model import Feed, FeedLease, Finished, Polled
from monitor.store import batches, exchanges, feeds, leases, turns
from monitor.store.polls import Poll
from monitor.store.verbs.base import Verbs
from monitor.store.views import FeedRow, FeedSync, Politeness


class FeedVerbs(Verbs):
    """Feeds: which there are, whose turn it is, and what a poll left behind."""

    def sync_feeds(self, wanted: Sequence[Feed], now: datetime) -> FeedSync:
        """Bring the feeds of the files in line; those added by command stay."""
        with self._database.write() as connection:
            return feeds.sync(connection, wanted, now)

    def compare_feeds(self, wanted: Sequence[Feed]) -> FeedSync:
        """Return what `sync_feeds` would change; change nothing."""
        with self._database.read() as connection:
            return feeds.compare(connection, wanted)

    def add_feed(self, feed: Feed, now: datetime) -> bool:
        """Add a feed, due at once; False where it is already polled."""
        with self._database.write() as connection:
            return feeds.add(connection, feed, now)

    def remove_feed(self, url: str, now: datetime) -> bool:
        """Retire a feed, its history stays; False where none has that address."""
        with self._database.write() as connection:
            return feeds.remove(connection, url, now)

    def feeds(self, *, retired: bool = False) -> list[FeedRow]:
        """Return the feeds by address, those that are retired only if wanted."""
        with self._database.read() as connection:
            return feeds.list_all(connection, retired=retired)

    def feeds_by_address(self, after: str, limit: int) -> list[FeedRow]:
        """Return the next feeds that are polled whose addresses come after this one."""
        with self._database.read() as connection:
            return feeds.by_address(connection, after, limit)

    def feed_numbers(self) -> list[int]:
        """Return the numbers of the feeds that are polled, in the order of addresses."""
        with self._database.read() as connection:
            return feeds.numbers_by_address(connection)

    def feeds_numbered(self, numbers: Sequence[int]) -> list[FeedRow]:
        """Return those of them that are polled still, as numbered by `feed_numbers`."""
        with self._database.read() as connection:
            return feeds.numbered(connection, numbers)

    def feed(self, url: str) -> FeedRow | None:
        """Return the feed of an address, retired or not; None where there is none."""
        with self._database.read() as connection:
            return feeds.one(connection, url)

    def outlets(self) -> list[str]:
        """Return the names of the outlets whose feeds are polled."""
        with self._database.read() as connection:
            return feeds.outlets(connection)

    def feeds_after(self, number: int, limit: int) -> list[FeedRow]:
        """Return the next feeds that are polled, as added; their items are not counted."""
        with self._database.read() as connection:
            return feeds.after(connection, number, limit)

    def polled_of(
        self, rows: Sequence[FeedRow], since: datetime
    ) -> Mapping[str, Sequence[Polled]]:
        """Return the polls of these feeds by their addresses, the newest first."""
        with self._database.read() as connection:
            numbers = {row.number: row.feed.url for row in rows}
            return exchanges.of_feeds(connection, numbers, since)

    def polled(self, url: str, limit: int = 50) -> list[Polled]:
        """Return a feed's last polls, the newest first."""
        with self._database.read() as connection:
            return exchanges.of_feed(connection, url, limit)

    def politeness(self, since: datetime) -> list[Politeness]:
        """Return for each host what we asked of it, and what it asked of us."""
        with self._database.read() as connection:
            return exchanges.politeness(connection, since)

    def make_due(
        self, urls: Collection[str] | None, now: datetime, *, welcome: bool = False
    ) -> list[str]:
        """Make these feeds (None: all) due; return those that are polled at all.

        `welcome` leaves out those whose publishers ask to be left alone for longer.
        """
        with self._database.write() as connection:
            return turns.make_due(connection, urls, now, welcome=welcome)

    def lease_feeds(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> Sequence[FeedLease]:
        """Lease due feeds, the longest overdue first, at most two a host."""
        with self._database.write() as connection:
            return turns.lease(connection, now, until, limit, owner)

    def release_feeds(self, held: Iterable[FeedLease]) -> None:
        """Give back leases whose feeds were not polled; they stay due."""
        with self._database.write() as connection:
            turns.release(connection, held)

    def free_leases(self, is_gone: Callable[[str], bool]) -> int:
        """End the leases of owners that are gone; return how many."""
        with self._database.write() as connection:
            return leases.free(connection, is_gone)

    def renew_feeds(self, held: Iterable[FeedLease], until: datetime) -> None:
        """Let leases that are still held last until then."""
        with self._database.write() as connection:
            turns.renew(connection, held, until)

    def finish(self, finished: Sequence[Finished]) -> Collection[str]:
        """Write down polls that changed nothing but their feeds, in one transaction.

        Return the addresses whose leases were lost; of these nothing is stored.
        """
        with self._database.write() as connection:
            return batches.finish(connection, finished)

    @contextmanager
    def poll(self, lease: FeedLease, beside: str = "") -> Iterator[Poll]:
        """Begin the one transaction of a poll; raise LeaseLost if too late.

        `beside` is an address whose host is to be paused in it.
        """
        with self._database.write() as connection:
            yield Poll(connection, lease, beside)
