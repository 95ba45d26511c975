"""Deliveries and their receivers: leased, rendered, attempted, replayed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType

from monitor.errors import LeaseLost
from monitor.model import (
    Apart,
    Body,
    Bundle,
    Circuit,
    Delivery,
    Notice,
    Settled,
    Stranded,
)
from monitor.store import alerts, deliveries, fallbacks, gathering, notices, replays
from monitor.store.receivers import (
    ailing,
    circuits_of,
    disable,
    enable,
    list_receivers,
    unwell,
    was_tried,
)
from monitor.store.verbs.base import Verbs
from monitor.store.views import DeliveryFilter, DeliveryView, ReceiverRow

_NOTHING = Apart()
_NONE: Mapping[str, Body] = MappingProxyType({})


class DeliveryVerbs(Verbs):
    """Deliveries and their receivers: leased, rendered, attempted, replayed."""

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store deliveries outside any poll, such as test messages."""
        with self._database.write() as connection:
            deliveries.add(connection, pending)

    def due_deliveries(
        self, now: datetime, limit: int, apart: Apart
    ) -> Sequence[Delivery]:
        """Return what `lease_deliveries` would lease now, as it stands."""
        with self._database.read() as connection:
            return deliveries.due(connection, now, limit, apart)

    def postpone(self, these: Iterable[Delivery], now: datetime) -> None:
        """Store until when deliveries wait that nobody has leased, and why."""
        with self._database.write() as connection:
            deliveries.postpone(connection, these, now)

    def lease_deliveries(  # noqa: PLR0913 - what a lease is made of
        self,
        now: datetime,
        until: datetime,
        limit: int,
        owner: str,
        apart: Apart = _NOTHING,
        *,
        drafts: Mapping[str, Body] = _NONE,
    ) -> Sequence[Delivery]:
        """Lease due deliveries of receivers that are not disabled, oldest first.

        Those that have no body yet get the one that `drafts` has under their ids, in
        the same transaction.
        """
        with self._database.write() as connection:
            due = deliveries.choose(connection, now, limit, apart)
            leased = deliveries.lease(connection, due, until, owner)
            return deliveries.save_drafts(connection, leased, drafts)

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
        self,
        now: datetime,
        expiries: Mapping[str, timedelta],
        digests: Mapping[str, datetime] | None,
    ) -> bool:
        """Say whether anything that is due waits at a gate; see `store/gathering.py`."""
        with self._database.read() as connection:
            return gathering.is_needed(connection, now, expiries, digests)

    @contextmanager
    def gathering(self) -> Iterator[gathering.Gathering]:
        """Begin the transaction in which it is decided what goes as one message."""
        with self._database.write() as connection:
            yield gathering.Gathering(connection)

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
            found = replays.over(connection, which)
            if dry_run:
                return found
            return replays.replay(connection, found, due, spacing)

    def hurry(
        self, which: DeliveryFilter, now: datetime, *, dry_run: bool = False
    ) -> list[Delivery]:
        """Make what waits for its next attempt due at once, though its receiver rests.

        Return what is due now; `dry_run` returns it as it is.
        """
        if dry_run:
            with self._database.read() as connection:
                return replays.waiting_for_attempt(connection, which, now)
        with self._database.write() as connection:
            return replays.hurry(connection, which, now)

    def circuits(self, receivers: Collection[str]) -> Mapping[str, Circuit]:
        """Return how receivers fare."""
        with self._database.read() as connection:
            return circuits_of(connection, receivers)

    def unwell(self, receivers: Collection[str]) -> frozenset[str]:
        """Return those of them that failed last or are disabled."""
        with self._database.read() as connection:
            return unwell(connection, receivers)

    def tried_at(self, delivery: Delivery) -> Sequence[datetime]:
        """Return when a delivery was attempted, from its first attempt on."""
        with self._database.read() as connection:
            return deliveries.tried_at(connection, delivery)

    def was_tried(self, receiver: str, since: datetime, until: datetime) -> bool:
        """Say whether anything was attempted for a receiver between two moments."""
        with self._database.read() as connection:
            return was_tried(connection, receiver, since, until)

    def is_told(self, given_up: Delivery, instead: str) -> bool:
        """Say whether another receiver has, or had, a delivery of the same message."""
        with self._database.read() as connection:
            return fallbacks.is_told(connection, given_up, instead)

    def stranded(
        self, which: Stranded, after: Delivery | None = None, limit: int = 200
    ) -> list[Delivery]:
        """Return what waits in vain, without bodies, in the order in which it is due.

        The next ones after a delivery.
        """
        with self._database.read() as connection:
            return fallbacks.stranded(connection, which, after, limit)

    def disable_receiver(self, name: str, reason: str, now: datetime) -> None:
        """Send a receiver nothing more; what is due for it stays pending."""
        with self._database.write() as connection:
            disable(connection, name, reason, now)

    def enable_receiver(self, name: str) -> bool:
        """Send to it again; False where it was not disabled."""
        with self._database.write() as connection:
            return enable(connection, name)

    def receivers(self) -> list[ReceiverRow]:
        """Return every receiver that has deliveries or was ever disabled."""
        with self._database.read() as connection:
            return list_receivers(connection)

    def ailing_receivers(self) -> list[ReceiverRow]:
        """Return those that are disabled or failed last, with what waits; asked often."""
        with self._database.read() as connection:
            return ailing(connection)

    def deliveries(self, which: DeliveryFilter | None = None) -> list[Delivery]:
        """Return deliveries without their bodies, the newest first."""
        with self._database.read() as connection:
            return alerts.matching_deliveries(connection, which or DeliveryFilter())

    def delivery(self, delivery_id: str) -> DeliveryView | None:
        """Return a delivery with its body and every attempt."""
        with self._database.read() as connection:
            return alerts.delivery(connection, delivery_id)
