"""What one poll needs: rules, a fetcher, and the transaction that keeps what it found."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from monitor.model import (
    Alert,
    Decision,
    Delivery,
    Exchange,
    Feed,
    FeedState,
    GroupedItem,
    Grouping,
    Happening,
    Item,
    KnownItem,
    Match,
    Message,
    NamedItem,
    Polled,
    Rule,
    Silence,
    Story,
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

    def named(self, keys: Collection[str]) -> Sequence[NamedItem]:
        """Return what is stored under these keys."""
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

    def reports_until(
        self, story_id: str, moment: datetime, since: datetime | None = None
    ) -> Sequence[Item]:
        """Return the reports of a story that had joined it at a moment, at most 50.

        The first of each outlet go before its further ones; `since` leaves out what was
        first seen before.
        """
        ...

    def messages_between(self, alert_id: str, since: datetime, until: datetime) -> int:
        """Return how many messages about an alert there were after `since`."""
        ...

    def last_alert(self, rule_id: str, until: datetime) -> datetime | None:
        """Return when a rule last raised an alert, up to a moment."""
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

    def pause_host(self, url: str, until: datetime, reason: str) -> None:
        """Poll no feed of the address's host before; those that wait longer stay."""
        ...

    def remember(self, polled: Polled) -> None:
        """Store what we asked and what came of it."""
        ...

    def offer_hubs(self, hubs: Sequence[str], topic: str, now: datetime) -> bool:
        """Keep in mind which hubs the feed names now, if any.

        Return whether a subscription ends by that.
        """
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
