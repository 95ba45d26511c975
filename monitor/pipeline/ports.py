"""What the pipeline needs of the world, as protocols.

`app.py` hands it the real ones, tests hand it fakes. Rules common to the store:
every method may raise StoreUnavailable; every moment is aware and in UTC; a
method is one transaction unless it belongs to `PollTransaction`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from monitor.model import (
    Alert,
    Apart,
    Body,
    Bundle,
    Circuit,
    Decision,
    Delivery,
    Exchange,
    Feed,
    FeedLease,
    FeedState,
    Finished,
    GroupedItem,
    Grouping,
    Happening,
    Item,
    KnownItem,
    Match,
    Message,
    NamedItem,
    Notice,
    Polled,
    Push,
    Rule,
    Settled,
    Silence,
    Story,
    Stranded,
    Subscription,
)


class Rules(Protocol):
    """The rules in force: one immutable set, replaced whole on reload."""

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules by id."""
        ...

    def match_all(self, items: Sequence[Item]) -> Sequence[tuple[Match, ...]]:
        """Return for each item the rules that fire on it, with the evidence."""
        ...


class Fetcher(Protocol):
    """Makes one conditional, bounded, guarded GET."""

    async def fetch(self, feed: Feed, state: FeedState) -> Exchange:
        """Fetch the feed; a failure is an Exchange too, never an exception."""
        ...


class PollTransaction(Protocol):
    """All that one poll changes; it commits together or not at all."""

    def known(self, keys: Collection[str]) -> Mapping[str, KnownItem]:
        """Return which of these keys the feed has already brought, by key."""
        ...

    def unlisted(self, items: Sequence[Item]) -> Sequence[NamedItem]:
        """Return what the feed brought with these items' addresses or texts before.

        Under other keys, which the feed does not list now; the latest first.
        """
        ...

    def still_listed(self, keys: Collection[str]) -> None:
        """Note that the feed lists known items, though under other keys."""
        ...

    def twins(self, items: Sequence[Item]) -> Mapping[str, str]:
        """Return for each item that is an exact copy the earlier item's id.

        A copy has the same canonical address as an item of another feed, or the same
        guid at the same outlet, or the same content hash (given a text of some
        length), including items added earlier in this transaction. A home page is the
        address of no item. What was published a day later is no copy: the same words
        can be said of another event.
        """
        ...

    def add_items(self, items: Sequence[Item]) -> None:
        """Store new items."""
        ...

    def revise_items(self, items: Sequence[Item], at: datetime) -> None:
        """Store the new text of known items and count the revision.

        `first_seen` and the id stay as they were.
        """
        ...

    def matched(self, item_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return the ids of the rules that have already fired on each item."""
        ...

    def add_matches(self, matches: Sequence[Match], at: datetime) -> None:
        """Store matches; one that is already there is left as it is."""
        ...

    def lock_stories(self) -> None:
        """Let no other replica group items until this transaction ends."""
        ...

    def grouped_since(self, cursor: int, horizon: datetime) -> Sequence[GroupedItem]:
        """Return items that joined stories after `cursor` and since `horizon`."""
        ...

    def story_of(self, item_ids: Collection[str]) -> Mapping[str, str]:
        """Return the story of each item that has one (merges followed)."""
        ...

    def story(self, story_id: str) -> Story:
        """Return a story, merges followed, as this transaction sees it."""
        ...

    def family(self, story_id: str) -> frozenset[str]:
        """Return the ids that lead to a story, its own included."""
        ...

    def kept_apart(self, one: str, other: str) -> bool:
        """Say whether a person decided that two stories are two."""
        ...

    def merge(self, taken: Story, taker: Story) -> Story:
        """Let a story lead on to another one, which takes its reports in."""
        ...

    def save_story(self, story: Story) -> None:
        """Open a story, or store its new counts."""
        ...

    def save_grouping(self, grouping: Grouping, at: datetime) -> int:
        """Store which story an item joined and why; return its cursor."""
        ...

    def alert(self, rule_id: str, story_id: str) -> Alert | None:
        """Return the alert of a rule for a story."""
        ...

    def told(self, rule_id: str, story_id: str) -> frozenset[str] | None:
        """Return the facts that a rule's alerts for a story have told, if kept."""
        ...

    def save_told(self, alert_id: str, facts: Collection[str]) -> None:
        """Keep which facts an alert's messages have told."""
        ...

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return the silences that have not ended."""
        ...

    def alerts_of(self, story_id: str) -> Sequence[Alert]:
        """Return the alerts of a story and of those that it took in."""
        ...

    def lift_silence(self, silence: Silence, why: str, now: datetime) -> None:
        """End a silence that waited for news, and note what lifted it."""
        ...

    def alerts_since(self, moment: datetime) -> Sequence[Alert]:
        """Return the alerts that something was told of since."""
        ...

    def history(self, rule_id: str, since: datetime) -> Sequence[Happening]:
        """Return what a rule fired on since, in order."""
        ...

    def reports_until(self, story_id: str, moment: datetime) -> Sequence[Item]:
        """Return the reports of a story that had joined it at a moment."""
        ...

    def messages_since(self, alert_id: str, moment: datetime) -> int:
        """Return how many messages about an alert there were since."""
        ...

    def last_alert(self, rule_id: str) -> datetime | None:
        """Return when a rule last raised an alert."""
        ...

    def oldest_item(self) -> datetime | None:
        """Return when the oldest item that is kept was first seen."""
        ...

    def save_alert(self, alert: Alert, message: Message) -> None:
        """Open or update an alert together with its numbered message."""
        ...

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Store pending deliveries; one that is already there is left as it is."""
        ...

    def unsent(self, alert_id: str, now: datetime) -> Sequence[Delivery]:
        """Return the deliveries of an alert that nobody has begun to send."""
        ...

    def fold(self, earlier: Sequence[Delivery], into: Delivery, now: datetime) -> None:
        """Let a new delivery tell what earlier ones would have told."""
        ...

    def add_decisions(self, decisions: Sequence[Decision]) -> None:
        """Record decisions with their reasons."""
        ...

    def pause_host(self, until: datetime, reason: str) -> None:
        """Poll no feed of the feed's host before; those that wait longer stay."""
        ...

    def remember(self, polled: Polled) -> None:
        """Store what we asked and what came of it."""
        ...

    def offer_hubs(self, hubs: Sequence[str], topic: str, now: datetime) -> None:
        """Keep in mind which hubs the feed names now, if any."""
        ...

    def missed_push(self, now: datetime) -> None:
        """Note that the feed's hub did not push what a poll found."""
        ...

    def take_push(self, push_id: int) -> None:
        """Forget a push that was read."""
        ...

    def finish(self, state: FeedState) -> None:
        """Store the feed's new state and end the lease."""
        ...


class KnownHubs(Protocol):
    """What a poll needs to know of the feed's hub (WebSub)."""

    def knows(self, feed: str) -> bool:
        """Return whether the feed has named a hub before."""
        ...

    def relied_until(self, feed: str) -> datetime | None:
        """Return until when a hub tells of the feed's news; None where none does."""
        ...

    def distrust(self, feed: str) -> None:
        """Rely on the feed's hub no more."""
        ...


class HubAsker(Protocol):
    """Posts to hubs."""

    async def ask(self, hub: str, form: Mapping[str, str]) -> str:
        """Post the form; return "" where the hub took it, else why not."""
        ...


class HubRecords(Protocol):
    """The subscriptions at hubs, and what hubs pushed."""

    def all(self, feed: str = "") -> Sequence[Subscription]:
        """Return the subscriptions, of one feed or of all, that are not over."""
        ...

    def claim_due(
        self, now: datetime, until: datetime, limit: int
    ) -> Sequence[Subscription]:
        """Return what is due; nobody else gets it before `until`."""
        ...

    def update(
        self, number: int, change: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        """Change a subscription as it stands now; None where it stays or is gone."""
        ...

    def forget(self, number: int) -> None:
        """Delete a subscription that is over."""
        ...

    def resume(self, feed: str, now: datetime, reason: str) -> None:
        """Poll a feed at once: its hub does not tell of its news any more."""
        ...

    def lease_pushed(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> Sequence[tuple[FeedLease, Push]]:
        """Lease feeds that were pushed to and are not being polled."""
        ...


class HubStore(Protocol):
    """A store that keeps subscriptions at hubs."""

    @property
    def hubs(self) -> HubRecords:
        """The subscriptions."""
        ...


class FeedFacts(Protocol):
    """A feed with its state."""

    @property
    def feed(self) -> Feed:
        """What is watched."""
        ...

    @property
    def state(self) -> FeedState:
        """What the last polls left behind."""
        ...

    @property
    def number(self) -> int:
        """Its place in the order of all feeds."""
        ...


class Noted(Protocol):
    """A remark that one process left for another."""

    @property
    def value(self) -> str:
        """What it says."""
        ...


class ReceiverFacts(Protocol):
    """A receiver as the store knows it."""

    @property
    def name(self) -> str:
        """As configured."""
        ...

    @property
    def disabled(self) -> datetime | None:
        """Since when it is sent nothing."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


class HealthStore(Protocol):
    """What the watch over sources and silent rules needs of the store."""

    def last_match(self, rule_id: str) -> datetime | None:
        """Return when a rule last fired on anything."""
        ...

    def oldest_item(self) -> datetime | None:
        """Return when the oldest item that is kept was first seen."""
        ...

    def receivers(self) -> Sequence[ReceiverFacts]:
        """Return every receiver that has deliveries or was ever disabled."""
        ...

    def feeds_after(self, number: int, limit: int) -> Sequence[FeedFacts]:
        """Return the next feeds that are polled, in the order of their numbers."""
        ...

    def polled_of(
        self, rows: Sequence[Any], since: datetime
    ) -> Mapping[str, Sequence[Polled]]:
        """Return the polls of these feeds by their addresses, the newest first."""
        ...

    def note(self, key: str) -> Noted | None:
        """Return the last remark that any process left under this key."""
        ...

    def set_note(self, key: str, value: str, now: datetime) -> None:
        """Leave a remark for other processes."""
        ...

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store deliveries outside any poll."""
        ...


class Store(Protocol):
    """What lasts."""

    def lease_feeds(
        self, now: datetime, until: datetime, limit: int, owner: str
    ) -> Sequence[FeedLease]:
        """Lease due feeds, the longest overdue first, at most two a host."""
        ...

    def free_leases(self, is_gone: Callable[[str], bool]) -> int:
        """End the leases of owners that are gone; return how many."""
        ...

    def release_feeds(self, leases: Iterable[FeedLease]) -> None:
        """Give back leases whose feeds were not polled; they stay due."""
        ...

    def finish(self, finished: Sequence[Finished]) -> Collection[str]:
        """Write down polls that changed nothing but their feeds, in one transaction.

        Return the addresses whose leases were lost; of these nothing is stored.
        """
        ...

    def renew_feeds(self, leases: Iterable[FeedLease], until: datetime) -> None:
        """Let leases that are still held last until then."""
        ...

    def poll(self, lease: FeedLease) -> AbstractContextManager[PollTransaction]:
        """Begin the one transaction of a poll; raise LeaseLost if too late."""
        ...

    def due_deliveries(
        self, now: datetime, limit: int, apart: Apart
    ) -> Sequence[Delivery]:
        """Return what `lease_deliveries` would lease now, as it stands."""
        ...

    def lease_deliveries(  # noqa: PLR0913 - what a lease is made of
        self,
        now: datetime,
        until: datetime,
        limit: int,
        owner: str,
        apart: Apart,
        *,
        drafts: Mapping[str, Body],
    ) -> Sequence[Delivery]:
        """Lease due deliveries of receivers that are not disabled, oldest first.

        Those that have no body yet get the one that `drafts` has under their ids, in
        the same transaction.
        """
        ...

    def release_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Give back deliveries that were not attempted; they stay due."""
        ...

    def notice(self, delivery: Delivery) -> Notice:
        """Return what a delivery's message is rendered from, as of now."""
        ...

    def bundle(self, delivery: Delivery) -> Bundle:
        """Return what a delivery that tells of several messages is rendered from."""
        ...

    def save_bodies(self, made: Sequence[tuple[Delivery, Body]]) -> frozenset[str]:
        """Store rendered messages before their first attempt (fences checked).

        Return the ids of the deliveries whose leases are no longer ours.
        """
        ...

    def settle(self, batch: Sequence[Settled]) -> Sequence[Exception | None]:
        """Store outcomes in one transaction and end the leases.

        Return, in the same order, None or the LeaseLost of one that came too late.
        """
        ...

    def circuits(self, receivers: Collection[str]) -> Mapping[str, Circuit]:
        """Return how receivers fare."""
        ...

    def unwell(self, receivers: Collection[str]) -> Collection[str]:
        """Return those of them that failed last or are disabled."""
        ...

    def stranded(
        self, which: Stranded, after: Delivery | None, limit: int
    ) -> Sequence[Delivery]:
        """Return what waits in vain, in the order in which it is due.

        The next ones after a delivery.
        """
        ...

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store deliveries outside any poll; one that is there is left as it is."""
        ...
