"""The one transaction of a poll: all of it is kept, or none of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from monitor.errors import LeaseLost
from monitor.model import (
    Alert,
    Decision,
    Delivery,
    DeliveryState,
    FeedLease,
    FeedState,
    GroupedItem,
    Grouping,
    Happening,
    Item,
    KnownItem,
    Match,
    Message,
    Polled,
    Silence,
    Story,
)
from monitor.store import chain, corrections, gathering, lifecycle
from monitor.store import deliveries as outbox
from monitor.store import exchanges as exchanges_of
from monitor.store import hubs as hubs_of
from monitor.store import items as items_of
from monitor.store import silences as silences_of
from monitor.store.columns import clean, digest, shard_of
from monitor.store.outbox_rows import alert_row, message_row, to_alert
from monitor.store.rows import (
    ITEMS,
    STORY_OF,
    decision_row,
    feed_state,
    grouping_row,
    host_of,
    in_story,
    item_text,
    match_row,
    story_row,
    to_item,
    twin_keys,
)
from monitor.store.schema import (
    alerts,
    decisions,
    deliveries,
    feeds,
    items,
    matches,
    messages,
    stories,
    story_items,
)
from monitor.store.statements import Values, chunks, insert_new, upsert

_CARRIED_STEP = timedelta(days=1)
"""How exactly `items.carried` is kept: one write an item and day, not one a poll."""


class Poll:
    """One poll's transaction; it belongs to the thread that began it."""

    def __init__(self, connection: sa.Connection, lease: FeedLease) -> None:
        """Take hold of the feed; raise LeaseLost where somebody else has it."""
        self._connection = connection
        self._feed = lease.feed
        self._shard = shard_of(lease.feed.url)
        self._feed_id = _hold(connection, lease)
        self._listed: set[str] = set()
        self._locked = False

    # ── items ────────────────────────────────────────────────────────────────

    def known(self, keys: Collection[str]) -> Mapping[str, KnownItem]:
        """Return which of these keys the feed has already brought, by key."""
        by_digest = {digest(key): key for key in keys}
        self._listed.update(by_digest)
        found: dict[str, KnownItem] = {}
        for chunk in chunks(by_digest):
            query = sa.select(items).where(
                items.c.feed_id == self._feed_id, items.c.key_digest.in_(chunk)
            )
            for row in self._connection.execute(query.order_by(items.c.seq)):
                known = KnownItem(
                    id=row.id,
                    content_hash=row.content_hash,
                    revisions=row.revisions,
                    first_seen=row.first_seen,
                )
                found.setdefault(by_digest[row.key_digest], known)
        return found

    def twins(self, new: Sequence[Item]) -> Mapping[str, str]:
        """Return for each item that is an exact copy the earlier item's id."""
        keys = {item.id: _tokens(twin_keys(item)) for item in new}
        first = self._first_with({token for found in keys.values() for token in found})
        places = self._places(keys)
        twins: dict[str, str] = {}
        for number, item in enumerate(new):
            # Not stored yet: later than all that is, in the order handed in.
            place = places.get(item.id, (1, number))
            known = [first[token] for token in keys[item.id] if token in first]
            earlier = [(seq, twin) for seq, twin in known if seq < place]
            if earlier:
                twins[item.id] = min(earlier)[1]
            for token in keys[item.id]:
                first.setdefault(token, (place, item.id))
        return twins

    def _first_with(
        self, tokens: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[tuple[int, int], str]]:
        """Return for each token the first stored item that has it."""
        found = {}
        for name in ("canonical_digest", "guid_digest", "copy_hash"):
            column = items.c[name]
            wanted = (value for kind, value in tokens if kind == name)
            for chunk in chunks(wanted):
                first = (
                    sa.select(column, sa.func.min(items.c.seq).label("seq"))
                    .where(column.in_(chunk))
                    .group_by(column)
                    .subquery()
                )
                query = sa.select(first.c[name], items.c.seq, items.c.id).join(
                    first, first.c.seq == items.c.seq
                )
                for value, seq, item_id in self._connection.execute(query):
                    found[name, value] = ((0, seq), item_id)
        return found

    def _places(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        found = {}
        for chunk in chunks(ids):
            query = sa.select(items.c.id, items.c.seq).where(items.c.id.in_(chunk))
            for item_id, seq in self._connection.execute(query):
                found[item_id] = (0, seq)
        return found

    def add_items(self, new: Sequence[Item]) -> None:
        """Store new items."""
        rows: list[Values] = [
            {
                **item_text(item),
                "id": item.id,
                "feed_id": self._feed_id,
                "shard": self._shard,
                "key": item.key,
                "key_digest": digest(item.key),
                "first_seen": item.first_seen,
                "carried": item.first_seen,
            }
            for item in new
        ]
        for chunk in chunks(rows):
            self._connection.execute(sa.insert(items), chunk)

    def revise_items(self, revised: Sequence[Item], at: datetime) -> None:
        """Store the new text of known items and count the revision."""
        told = self._told(item.id for item in revised)
        for item in revised:
            self._connection.execute(
                sa.update(items)
                .where(items.c.id == item.id)
                .values(**item_text(item), revisions=items.c.revisions + 1, revised=at)
            )
        chain.append_stored(self._connection, "item", told)

    def _told(self, item_ids: Iterable[str]) -> set[str]:
        """Return those of the items that the ledger tells of: a rule fired on them."""
        found: set[str] = set()
        for chunk in chunks(item_ids):
            query = sa.select(matches.c.item_id).where(matches.c.item_id.in_(chunk))
            found.update(self._connection.scalars(query))
        return found

    # ── matches ──────────────────────────────────────────────────────────────

    def matched(self, item_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return the ids of the rules that have already fired on each item."""
        found: dict[str, set[str]] = {item_id: set() for item_id in item_ids}
        for chunk in chunks(found):
            query = sa.select(matches.c.item_id, matches.c.rule_id)
            rows = self._connection.execute(query.where(matches.c.item_id.in_(chunk)))
            for item_id, rule_id in rows:
                found[item_id].add(rule_id)
        return {item_id: frozenset(rules) for item_id, rules in found.items()}

    def add_matches(self, found: Sequence[Match], at: datetime) -> None:
        """Store matches; one that is already there is left as it is."""
        rows = [{**match_row(match), "at": at} for match in found]
        ids = {match.item_id for match in found}
        first = ids - self._told(ids)
        added = insert_new(
            self._connection, matches, rows, (matches.c.item_id, matches.c.rule_id)
        )
        chain.append_stored(self._connection, "item", first)
        new = [row for row in rows if (row["item_id"], row["rule_id"]) in added]
        chain.append(self._connection, "match", new)

    # ── stories ──────────────────────────────────────────────────────────────

    def lock_stories(self) -> None:
        """Let no other replica group items until this transaction ends.

        So cursors become visible in their order: a reader that has seen one has
        seen all before it. In SQLite every writer is alone anyway.
        """
        if not self._locked and self._connection.dialect.name != "sqlite":
            corrections.lock(self._connection)
        self._locked = True

    def grouped_since(self, cursor: int, horizon: datetime) -> Sequence[GroupedItem]:
        """Return items that joined stories after `cursor` and since `horizon`."""
        query = (
            ITEMS.join(story_items, story_items.c.item_id == items.c.id)
            .join(stories, stories.c.id == story_items.c.story_id)
            .add_columns(
                story_items.c.cursor,
                story_items.c.related_to,
                STORY_OF.label("story_id"),
            )
            .where(story_items.c.cursor > cursor, story_items.c.at >= horizon)
            .order_by(story_items.c.cursor)
        )
        return [
            GroupedItem(
                cursor=row["cursor"],
                story_id=row["story_id"],
                item=to_item(row),
                related_to=row["related_to"],
            )
            for row in self._connection.execute(query).mappings()
        ]

    def story_of(self, item_ids: Collection[str]) -> Mapping[str, str]:
        """Return the story of each item that has one (merges followed)."""
        found: dict[str, str] = {}
        for chunk in chunks(item_ids):
            query = (
                sa.select(story_items.c.item_id, STORY_OF)
                .join(stories, stories.c.id == story_items.c.story_id)
                .where(story_items.c.item_id.in_(chunk))
            )
            found.update(_pairs(self._connection.execute(query)))
        return found

    def story(self, story_id: str) -> Story:
        """Return a story, merges followed; KeyError if there is none."""
        return corrections.standing(self._connection, story_id)

    def family(self, story_id: str) -> frozenset[str]:
        """Return the ids that lead to a story, its own included."""
        return corrections.family(self._connection, story_id)

    def kept_apart(self, one: str, other: str) -> bool:
        """Say whether a person decided that two stories are two."""
        return corrections.kept_apart(self._connection, one, other)

    def merge(self, taken: Story, taker: Story) -> Story:
        """Let a story lead on to another one, which takes its reports in."""
        return corrections.join(self._connection, taken, taker)

    def save_story(self, story: Story) -> None:
        """Open a story, or store its new counts."""
        upsert(self._connection, stories, story_row(story), ["id"])

    def save_grouping(self, grouping: Grouping, at: datetime) -> int:
        """Store which story an item joined and why; return its cursor.

        An item that is grouped anew leaves its old story and gets a new cursor.
        """
        self.lock_stories()
        self._connection.execute(
            sa.delete(story_items).where(story_items.c.item_id == grouping.item_id)
        )
        row = {**grouping_row(grouping), "at": at}
        result = self._connection.execute(
            sa.insert(story_items).values(row).returning(story_items.c.cursor)
        )
        chain.append(self._connection, "grouping", [row])
        return int(result.scalar_one())

    # ── alerts ───────────────────────────────────────────────────────────────

    def alert(self, rule_id: str, story_id: str) -> Alert | None:
        """Return the first alert of a rule for a story or one that it took in."""
        query = (
            sa.select(alerts)
            .join(stories, stories.c.id == alerts.c.story_id)
            .where(alerts.c.rule_id == rule_id, in_story(story_id))
            .order_by(alerts.c.opened, alerts.c.id)
            .limit(1)
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else to_alert(row)

    def told(self, rule_id: str, story_id: str) -> frozenset[str] | None:
        """Return the facts that a rule's alerts for a story have told.

        Those of stories that it took in too; None where that was not kept.
        """
        query = (
            sa.select(alerts.c.told)
            .join(stories, stories.c.id == alerts.c.story_id)
            .where(
                alerts.c.rule_id == rule_id,
                in_story(story_id),
                alerts.c.told.is_not(None),
            )
        )
        kept = self._connection.scalars(query).all()
        return frozenset(fact for facts in kept for fact in facts) if kept else None

    def save_told(self, alert_id: str, facts: Collection[str]) -> None:
        """Keep which facts an alert's messages have told."""
        self._connection.execute(
            sa.update(alerts)
            .where(alerts.c.id == alert_id)
            .values(told=[clean(fact) for fact in sorted(facts)])
        )

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return the silences that have not ended."""
        return silences_of.since(self._connection, now)

    def alerts_of(self, story_id: str) -> Sequence[Alert]:
        """Return the alerts of a story and of those that it took in."""
        return lifecycle.of_story(self._connection, story_id)

    def lift_silence(self, silence: Silence, why: str, now: datetime) -> None:
        """End a silence that waited for news, and note what lifted it."""
        lifecycle.lift(self._connection, silence, why, now)

    def alerts_since(self, moment: datetime) -> Sequence[Alert]:
        """Return the alerts that something was told of since."""
        query = sa.select(alerts).where(alerts.c.updated >= moment)
        return [to_alert(row) for row in self._connection.execute(query).mappings()]

    def history(self, rule_id: str, since: datetime) -> Sequence[Happening]:
        """Return what a rule fired on since, in order."""
        query = (
            sa.select(
                matches.c.at,
                matches.c.item_id,
                matches.c.evidence,
                items.c.source,
                items.c.country,
                items.c.lang,
                story_items.c.story_id,
            )
            .join(items, items.c.id == matches.c.item_id)
            .outerjoin(story_items, story_items.c.item_id == matches.c.item_id)
            .where(matches.c.rule_id == rule_id, matches.c.at >= since)
            .order_by(matches.c.at, items.c.seq)
        )
        return [
            Happening(
                at=row["at"],
                item_id=row["item_id"],
                story_id=row["story_id"] or "",
                source=row["source"],
                country=row["country"],
                lang=row["lang"],
                terms=frozenset(span["clause"] for span in row["evidence"]),
            )
            for row in self._connection.execute(query).mappings()
        ]

    def reports_until(self, story_id: str, moment: datetime) -> Sequence[Item]:
        """Return the reports of a story that had joined it at a moment, the first 50."""
        query = (
            ITEMS.join(story_items, story_items.c.item_id == items.c.id)
            .join(stories, stories.c.id == story_items.c.story_id)
            .where(in_story(story_id), story_items.c.at <= moment)
            .order_by(story_items.c.cursor)
            .limit(50)
        )
        return [to_item(row) for row in self._connection.execute(query).mappings()]

    def messages_since(self, alert_id: str, moment: datetime) -> int:
        """Return how many messages about an alert there were since.

        What was folded into a later one is no message of its own.
        """
        folded = sa.exists().where(
            deliveries.c.alert_id == messages.c.alert_id,
            deliveries.c.sequence == messages.c.sequence,
            deliveries.c.state == DeliveryState.FOLDED.value,
        )
        query = sa.select(sa.func.count()).where(
            messages.c.alert_id == alert_id, messages.c.at > moment, ~folded
        )
        return int(self._connection.scalar(query) or 0)

    def last_alert(self, rule_id: str) -> datetime | None:
        """Return when a rule last raised an alert."""
        query = sa.select(sa.func.max(alerts.c.opened, type_=alerts.c.opened.type))
        found: datetime | None = self._connection.scalar(
            query.where(alerts.c.rule_id == rule_id)
        )
        return found

    def oldest_item(self) -> datetime | None:
        """Return when the oldest item that is kept was first seen."""
        return items_of.oldest(self._connection)

    def save_alert(self, alert: Alert, message: Message) -> None:
        """Open or update an alert together with its numbered message."""
        upsert(self._connection, alerts, alert_row(alert), ["id"])
        self._connection.execute(sa.insert(messages).values(message_row(message)))
        chain.append(self._connection, "alert", [alert_row(alert)])
        chain.append(self._connection, "message", [message_row(message)])

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store pending deliveries; one that is already there is left as it is."""
        outbox.add(self._connection, pending, self._shard)

    def unsent(self, alert_id: str, now: datetime) -> Sequence[Delivery]:
        """Return the deliveries of an alert that nobody has begun to send."""
        return gathering.unsent(self._connection, alert_id, now)

    def fold(self, earlier: Sequence[Delivery], into: Delivery, now: datetime) -> None:
        """Let a new delivery tell what earlier ones would have told."""
        gathering.fold(self._connection, earlier, into, now)

    def add_decisions(self, made: Sequence[Decision]) -> None:
        """Record decisions with their reasons."""
        rows = [decision_row(decision) for decision in made]
        if not rows:
            return
        insert = sa.insert(decisions).returning(
            decisions.c.id, sort_by_parameter_order=True
        )
        ids = self._connection.scalars(insert, rows)
        told = [{**row, "id": number} for row, number in zip(rows, ids, strict=True)]
        chain.append(self._connection, "decision", told)

    # ── the end ──────────────────────────────────────────────────────────────

    def pause_host(self, until: datetime, reason: str) -> None:
        """Poll no feed of the feed's host before; those that wait longer stay."""
        self._connection.execute(
            sa.update(feeds)
            .where(feeds.c.host == host_of(self._feed.url), feeds.c.poll_after < until)
            .values(poll_after=until, asked_until=until, reason=reason)
        )

    def remember(self, polled: Polled) -> None:
        """Store what we asked and what came of it."""
        exchanges_of.remember(self._connection, self._feed_id, polled)

    def offer_hubs(self, hubs: Sequence[str], topic: str, now: datetime) -> None:
        """Keep in mind which hubs the feed names now, if any."""
        hubs_of.offer(self._connection, self._feed_id, (hubs, topic), now)

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
            values["carried"] = state.last_polled - _CARRIED_STEP
            self._note_carried(state.last_polled)
        self._connection.execute(
            sa.update(feeds).where(feeds.c.id == self._feed_id).values(values)
        )

    def _note_carried(self, at: datetime) -> None:
        for chunk in chunks(self._listed):
            self._connection.execute(
                sa.update(items)
                .where(
                    items.c.feed_id == self._feed_id,
                    items.c.key_digest.in_(chunk),
                    items.c.carried < at - _CARRIED_STEP,
                )
                .values(carried=at)
            )


def _hold(connection: sa.Connection, lease: FeedLease) -> int:
    query = (
        sa.select(feeds.c.id, feeds.c.fence, feeds.c.lease_until)
        .where(feeds.c.url_digest == digest(lease.feed.url))
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.fence != lease.fence or row.lease_until is None:
        message = f"the lease on {clean(lease.feed.url)} ran out and was taken over"
        raise LeaseLost(message)
    return int(row.id)


def _tokens(keys: Values) -> list[tuple[str, str]]:
    return [(name, value) for name, value in keys.items() if value is not None]


def _pairs(rows: Iterable[Any]) -> Iterator[tuple[str, str]]:
    return ((first, second) for first, second in rows)
