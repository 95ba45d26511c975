"""The Store: the verbs of the domain, one transaction each.

    collect   sync_feeds · lease_feeds · poll ── one poll is one transaction
    send      lease_deliveries · notice · save_body · record
    look      items · alerts · deliveries · story · explained ...
    keep      retain · counts · note

It is synchronous and safe to share between threads. Every method may raise
StoreUnavailable.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.errors import LeaseLost, StoreUnavailable
from monitor.model import (
    Attempt,
    Body,
    Bundle,
    Circuit,
    Decision,
    Delivery,
    DeliveryState,
    Feed,
    FeedLease,
    Finished,
    Item,
    Notice,
    Polled,
    Settled,
    Silence,
    Standing,
    Story,
)
from monitor.store import (
    alerts,
    batches,
    corrections,
    deliveries,
    exchanges,
    feeds,
    figures,
    gathering,
    items,
    leases,
    lifecycle,
    notices,
    retention,
    silences,
    subscriptions,
    tokens,
)
from monitor.store import migrate as migrations
from monitor.store.database import Database, open_database
from monitor.store.hubs import Hubs
from monitor.store.ledger import Ledger
from monitor.store.polls import Poll
from monitor.store.schema import REVISION
from monitor.store.statements import CHUNK
from monitor.store.views import (
    AlertFilter,
    AlertView,
    AuditLine,
    Correction,
    DeliveryFilter,
    DeliveryView,
    Explained,
    FeedRow,
    FeedSync,
    Grouped,
    ItemFilter,
    ItemRow,
    Matched,
    Note,
    Politeness,
    ReceiverRow,
    StoryFilter,
    StoryView,
    Token,
    Unsubscribed,
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


def upgrade_store(url: str) -> tuple[str, str]:
    """Migrate the database at `url`; return the revisions before and after."""
    database = open_database(url)
    try:
        return migrations.upgrade(database)
    finally:
        database.close()


def _bring_up(database: Database, revision: str, *, migrate: bool) -> None:
    migrations.check_known(revision, database.place)
    if not migrate:
        message = (
            f"{database.place}: its tables are of revision {revision or 'none'}, "
            f"this version of Tocsin needs {REVISION}: run tocsin db upgrade"
        )
        raise StoreUnavailable(message)
    migrations.upgrade(database)


class Store:
    """What lasts."""

    def __init__(self, database: Database) -> None:
        """Work on a database whose tables are of this version's revision."""
        self._database = database
        self.ledger = Ledger(database)
        self.hubs = Hubs(database)
        """What was recorded, hash-chained."""

    @property
    def shown_url(self) -> str:
        """Where it is, for people: its URL without the password."""
        return self._database.shown_url

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def ping(self) -> None:
        """Ask the database for a sign of life."""
        with self._database.read() as connection:
            connection.execute(sa.text("SELECT 1"))

    # ── feeds ────────────────────────────────────────────────────────────────

    def sync_feeds(self, wanted: Sequence[Feed], now: datetime) -> FeedSync:
        """Bring the feeds of the files in line; those added by command stay."""
        with self._database.write() as connection:
            return feeds.sync(connection, wanted, now)

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

    def feeds_after(self, number: int, limit: int) -> list[FeedRow]:
        """Return the next feeds that are polled, as added; their items are not counted."""
        with self._database.read() as connection:
            return feeds.after(connection, number, limit)

    def polled_of(
        self, rows: Sequence[FeedRow], since: datetime
    ) -> Mapping[str, Sequence[Polled]]:
        """Return the polls of these feeds by their addresses, the newest first."""
        with self._database.read() as connection:
            return exchanges.of_feeds(connection, [row.number for row in rows], since)

    def polled(self, url: str, limit: int = 50) -> list[Polled]:
        """Return a feed's last polls, the newest first."""
        with self._database.read() as connection:
            return exchanges.of_feed(connection, url, limit)

    def polled_since(self, since: datetime) -> Mapping[str, Sequence[Polled]]:
        """Return the polls of every feed by its address, the newest first."""
        with self._database.read() as connection:
            return exchanges.all_since(connection, since)

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
            return feeds.make_due(connection, urls, now, welcome=welcome)

    def next_feed_due(self) -> datetime | None:
        """Return when the next feed can be leased; None where there is none."""
        with self._database.read() as connection:
            return feeds.next_due(connection)

    def lease_feeds(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> Sequence[FeedLease]:
        """Lease due feeds, the longest overdue first, at most two a host."""
        with self._database.write() as connection:
            return feeds.lease(connection, now, until, limit, owner)

    def release_feeds(self, held: Iterable[FeedLease]) -> None:
        """Give back leases whose feeds were not polled; they stay due."""
        with self._database.write() as connection:
            feeds.release(connection, held)

    def free_leases(self, is_gone: Callable[[str], bool]) -> int:
        """End the leases of owners that are gone; return how many."""
        with self._database.write() as connection:
            return leases.free(connection, is_gone)

    def renew_feeds(self, held: Iterable[FeedLease], until: datetime) -> None:
        """Let leases that are still held last until then."""
        with self._database.write() as connection:
            feeds.renew(connection, held, until)

    def finish(self, finished: Sequence[Finished]) -> Collection[str]:
        """Write down polls that changed nothing but their feeds, in one transaction.

        Return the addresses whose leases were lost; of these nothing is stored.
        """
        with self._database.write() as connection:
            return batches.finish(connection, finished)

    @contextmanager
    def poll(self, lease: FeedLease) -> Iterator[Poll]:
        """Begin the one transaction of a poll; raise LeaseLost if too late."""
        with self._database.write() as connection:
            yield Poll(connection, lease)

    # ── deliveries ───────────────────────────────────────────────────────────

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store deliveries outside any poll, such as test messages."""
        with self._database.write() as connection:
            deliveries.add(connection, pending)

    def next_delivery_due(self) -> datetime | None:
        """Return when the next delivery can be leased; None where none waits."""
        with self._database.read() as connection:
            return deliveries.next_due(connection)

    def lease_deliveries(  # noqa: PLR0913 - what a lease is made of
        self,
        now: datetime,
        until: datetime,
        limit: int,
        owner: str,
        skip: Collection[str] = (),
        *,
        ordered: Collection[str] = (),
        held: Collection[str] = (),
    ) -> Sequence[Delivery]:
        """Lease due deliveries of receivers that are not disabled, oldest first.

        Receivers named in `skip` have enough in hand already; to those named in
        `ordered` nothing goes before what is older. Those in `held` the caller has in
        hand still, although their leases have run out.
        """
        with self._database.write() as connection:
            due = deliveries.choose(
                connection, now, limit, deliveries.Apart(skip, ordered, held)
            )
            return deliveries.lease(connection, due, until, owner)

    def release_deliveries(self, held: Iterable[Delivery]) -> None:
        """Give back deliveries that were not attempted; they stay due."""
        with self._database.write() as connection:
            deliveries.release(connection, held)

    def notice(self, delivery: Delivery) -> Notice:
        """Return what a delivery's message is rendered from, as of now.

        KeyError where it belongs to no alert, as a test message does.
        """
        with self._database.read() as connection:
            return notices.notice(connection, delivery)

    def bundle(self, delivery: Delivery) -> Bundle:
        """Return what a delivery that tells of several messages is rendered from."""
        with self._database.read() as connection:
            return notices.bundle(connection, delivery)

    def gathering_needed(
        self, now: datetime, expiries: Mapping[str, timedelta], digests: Collection[str]
    ) -> bool:
        """Say whether anything that is due waits at a gate; see `store/gathering.py`."""
        with self._database.read() as connection:
            return gathering.is_needed(connection, now, expiries, digests)

    @contextmanager
    def gathering(self) -> Iterator[gathering.Gathering]:
        """Begin the transaction in which it is decided what goes as one message."""
        with self._database.write() as connection:
            yield gathering.Gathering(connection)

    def save_body(self, delivery: Delivery, body: Body) -> None:
        """Store a rendered message before its first attempt (fence checked)."""
        with self._database.write() as connection:
            if not deliveries.save_body(connection, delivery, body):
                raise deliveries.late(delivery)

    def record(
        self,
        delivery: Delivery,
        attempt: Attempt,
        state: DeliveryState,
        due: datetime,
        disable: str = "",
    ) -> None:
        """Store an attempt's outcome and end the lease; raise LeaseLost if late.

        `disable` is the reason to send this receiver nothing more until a person
        enables it; "" leaves it enabled.
        """
        settled = Settled(
            delivery=delivery, attempt=attempt, state=state, due=due, disable=disable
        )
        (late,) = self.settle([settled])
        if late is not None:
            raise late

    def settle(self, batch: Sequence[Settled]) -> list[LeaseLost | None]:
        """Store outcomes in one transaction and end the leases.

        Return, in the same order, None or the LeaseLost of one that came too late.
        """
        with self._database.write() as connection:
            return [deliveries.settle(connection, one) for one in batch]

    def save_bodies(self, made: Sequence[tuple[Delivery, Body]]) -> frozenset[str]:
        """Store rendered messages; return the ids whose leases are no longer ours."""
        with self._database.write() as connection:
            return frozenset(
                delivery.id
                for delivery, body in made
                if not deliveries.save_body(connection, delivery, body)
            )

    def replay(
        self,
        which: DeliveryFilter,
        due: datetime,
        *,
        spacing: timedelta = timedelta(),
        dry_run: bool = False,
    ) -> list[Delivery]:
        """Make delivered or dead deliveries pending again, under the same id.

        The first is due at `due`, each further one `spacing` later. Return them
        (without bodies) as they then stand; `dry_run` returns them as they are.
        """
        with self._database.write() as connection:
            found = deliveries.over(connection, which)
            if dry_run:
                return found
            return deliveries.replay(connection, found, due, spacing)

    def circuits(self, receivers: Collection[str]) -> Mapping[str, Circuit]:
        """Return how receivers fare."""
        with self._database.read() as connection:
            return deliveries.circuits_of(connection, receivers)

    def circuit(self, receiver: str) -> Circuit:
        """Return how a receiver fares."""
        with self._database.read() as connection:
            return deliveries.circuits_of(connection, [receiver])[receiver]

    def waiting(self, receiver: str, until: datetime) -> Sequence[Delivery]:
        """Return what waits for a receiver and was created until then."""
        which = DeliveryFilter(
            states=(DeliveryState.PENDING,),
            receiver=receiver,
            until=until + timedelta(microseconds=1),
        )
        return self.deliveries(which)

    def set_circuit(self, receiver: str, circuit: Circuit) -> None:
        """Store how a receiver fares now."""
        with self._database.write() as connection:
            deliveries.set_circuit(connection, receiver, circuit)

    def disable_receiver(self, name: str, reason: str, now: datetime) -> None:
        """Send a receiver nothing more; what is due for it stays pending."""
        with self._database.write() as connection:
            deliveries.disable(connection, name, reason, now)

    def enable_receiver(self, name: str) -> bool:
        """Send to it again; False where it was not disabled."""
        with self._database.write() as connection:
            return deliveries.enable(connection, name)

    def receivers(self) -> list[ReceiverRow]:
        """Return every receiver that has deliveries or was ever disabled."""
        with self._database.read() as connection:
            return deliveries.list_receivers(connection)

    # ── looking ──────────────────────────────────────────────────────────────

    def item(self, item_id: str) -> ItemRow | None:
        """Return an item by its whole id."""
        with self._database.read() as connection:
            return items.one(connection, item_id)

    def find_items(self, text: str, limit: int = 20) -> list[ItemRow]:
        """Return items by the beginning of an id, or by address, newest first."""
        with self._database.read() as connection:
            return items.find(connection, text, limit)

    def items(self, which: ItemFilter | None = None) -> Iterator[Item]:
        """Yield items, the newest first; it reads page by page, however many."""
        wanted = which or ItemFilter()
        left = wanted.limit
        before = None
        while left is None or left > 0:
            with self._database.read() as connection:
                page, before = items.page(connection, wanted, before, left or CHUNK)
            yield from page
            left = None if left is None else left - len(page)
            if before is None:
                return

    def matches_of(self, item_id: str) -> list[Matched]:
        """Return the rules that fired on an item, with the evidence."""
        with self._database.read() as connection:
            return items.matches_of(connection, item_id)

    def last_match(self, rule_id: str) -> datetime | None:
        """Return when a rule last fired on anything."""
        with self._database.read() as connection:
            return items.last_match(connection, rule_id)

    def oldest_item(self) -> datetime | None:
        """Return when the oldest item that is kept was first seen."""
        with self._database.read() as connection:
            return items.oldest(connection)

    def decisions_of(self, item_id: str) -> list[Decision]:
        """Return what was decided on an item, in order."""
        with self._database.read() as connection:
            return items.decisions_of(connection, item_id)

    def grouping_of(self, item_id: str) -> Grouped | None:
        """Return which story an item joined and why."""
        with self._database.read() as connection:
            return items.grouping_of(connection, item_id)

    def explained(self, item_id: str) -> Explained:
        """Return all that is recorded on what became of an item.

        KeyError where there is no item of that id.
        """
        with self._database.read() as connection:
            row = items.one(connection, item_id)
            if row is None:
                raise KeyError(item_id)
            grouped = items.grouping_of(connection, item_id)
            return Explained(
                row=row,
                matches=tuple(items.matches_of(connection, item_id)),
                grouping=grouped,
                story_id=corrections.standing(connection, grouped.grouping.story_id).id
                if grouped
                else "",
                decisions=tuple(items.decisions_of(connection, item_id)),
            )

    def story(self, story_id: str) -> StoryView | None:
        """Return a story with its items and alerts."""
        with self._database.read() as connection:
            return items.story(connection, story_id)

    def stories(self, which: StoryFilter | None = None) -> list[Story]:
        """Return stories that stand by themselves, the last told of first."""
        with self._database.read() as connection:
            return items.find_stories(connection, which or StoryFilter())

    def merge_stories(self, one: str, into: str, note: corrections.Note) -> Story:
        """Let a story take in another one; KeyError where one is not there."""
        with self._database.write() as connection:
            corrections.lock(connection)
            return corrections.merge(connection, one, into, note)

    def split_item(self, item_id: str, note: corrections.Note) -> Story:
        """Give an item a story of its own; KeyError where it is in none."""
        with self._database.write() as connection:
            corrections.lock(connection)
            return corrections.split(connection, item_id, note)

    def link_stories(self, one: str, other: str, note: corrections.Note) -> None:
        """Remember that two stories belong together; KeyError where one is missing."""
        with self._database.write() as connection:
            corrections.link(connection, one, other, note)

    def corrections(self) -> list[Correction]:
        """Return what people corrected in the grouping, in order."""
        with self._database.read() as connection:
            return corrections.every(connection)

    def alerts(self, which: AlertFilter | None = None) -> list[AlertView]:
        """Return alerts, the last updated first."""
        with self._database.read() as connection:
            return alerts.matching(connection, which or AlertFilter())

    def alert(self, alert_id: str) -> AlertView | None:
        """Return an alert with its messages and deliveries."""
        with self._database.read() as connection:
            return alerts.one(connection, alert_id)

    def deliveries(self, which: DeliveryFilter | None = None) -> list[Delivery]:
        """Return deliveries without their bodies, the newest first."""
        with self._database.read() as connection:
            return alerts.matching_deliveries(connection, which or DeliveryFilter())

    def delivery(self, delivery_id: str) -> DeliveryView | None:
        """Return a delivery with its body and every attempt."""
        with self._database.read() as connection:
            return alerts.delivery(connection, delivery_id)

    def open_alerts(self, quiet_since: datetime) -> list[str]:
        """Return the ids of open alerts that nothing was told of since."""
        with self._database.read() as connection:
            return lifecycle.open_since(connection, quiet_since)

    def standing(self, alert_id: str) -> Standing | None:
        """Return an alert with all that its lifecycle is decided on."""
        with self._database.read() as connection:
            return lifecycle.standing(connection, alert_id)

    @contextmanager
    def lifecycle(self) -> Iterator[lifecycle.Lifecycle]:
        """Begin the transaction in which alerts are closed or repeated."""
        with self._database.write() as connection:
            yield lifecycle.Lifecycle(connection)

    # ── silences ─────────────────────────────────────────────────────────────

    def add_silence(self, silence: Silence) -> None:
        """Store a silence."""
        with self._database.write() as connection:
            silences.add(connection, silence)

    def silences(self, after: datetime | None) -> list[Silence]:
        """Return the silences that had not ended then (None: all), newest first."""
        with self._database.read() as connection:
            return silences.since(connection, after)

    def expire_silence(self, silence_id: str, now: datetime) -> bool:
        """End a silence now; False where none of that id is in force."""
        with self._database.write() as connection:
            return silences.expire(connection, silence_id, now)

    # ── subscriptions ────────────────────────────────────────────────────────

    def unsubscribe(self, receiver: str, recipient: str, now: datetime) -> bool:
        """End what a recipient gets from a receiver; False where it had ended."""
        with self._database.write() as connection:
            return subscriptions.end(connection, receiver, recipient, now)

    def resubscribe(self, receiver: str, recipient: str) -> bool:
        """Let a recipient have mail again; False where it had never ended."""
        with self._database.write() as connection:
            return subscriptions.begin(connection, receiver, recipient)

    def unsubscribed(self) -> list[Unsubscribed]:
        """Return who has unsubscribed, the latest first."""
        with self._database.read() as connection:
            return subscriptions.every(connection)

    def held_back(self, since: datetime, limit: int | None = None) -> list[Decision]:
        """Return decisions to hold an alert back, the newest first."""
        with self._database.read() as connection:
            return items.held_back(connection, since, limit)

    # ── the interface for programs ───────────────────────────────────────────

    def add_token(self, name: str, scope: str, now: datetime) -> str:
        """Make a token and return it, this once; only its hash is kept."""
        with self._database.write() as connection:
            return tokens.add(connection, name, scope, now)

    def use_token(self, token: str, now: datetime) -> Token | None:
        """Return a token that is in force, None for any other text."""
        with self._database.write() as connection:
            return tokens.find(connection, token, now)

    def tokens(self) -> list[Token]:
        """Return all tokens without their secrets, the newest first."""
        with self._database.read() as connection:
            return tokens.every(connection)

    def revoke_token(self, which: str, now: datetime) -> int:
        """Revoke tokens by id or name; return how many were in force."""
        with self._database.write() as connection:
            return tokens.revoke(connection, which, now)

    def together(self) -> AbstractContextManager[None]:
        """Let what this thread does with the store in a block be one transaction."""
        return self._database.together()

    def answer(self, token_id: str, key: str, now: datetime) -> str | None:
        """Return what a token's request under an Idempotency-Key was answered with."""
        with self._database.read() as connection:
            return tokens.answer(connection, token_id, key, now)

    def keep_answer(self, token_id: str, key: str, answer: str, now: datetime) -> None:
        """Keep an answer for a day, for the case that the request is repeated."""
        with self._database.write() as connection:
            tokens.keep_answer(connection, (token_id, key), answer, now)

    def audit(self, line: AuditLine) -> None:
        """Record a change."""
        with self._database.write() as connection:
            tokens.note(connection, line)

    def audited(self, limit: int) -> list[AuditLine]:
        """Return what was changed, the newest first."""
        with self._database.read() as connection:
            return tokens.noted(connection, limit)

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
        for name, forget, before in (
            ("items", retention.forget_items, now - items_for),
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
