"""The alerts, deliveries and decisions that follow from a poll, in its one transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from monitor.model import (
    Alert,
    Decision,
    Delivery,
    DeliveryState,
    Happening,
    Item,
    Message,
    Silence,
)
from monitor.store import chain, gathering, lifecycle
from monitor.store import deliveries as outbox
from monitor.store import items as items_of
from monitor.store import silences as silences_of
from monitor.store.columns import clean
from monitor.store.outbox_rows import alert_row, message_row, to_alert
from monitor.store.rows import ITEMS, decision_row, in_story, to_item
from monitor.store.schema import (
    alerts,
    decisions,
    deliveries,
    items,
    matches,
    messages,
    stories,
    story_items,
)
from monitor.store.statements import upsert

_MOST_REPORTS = 50
"""Reports by which a story is judged."""


class PolledAlerts:
    """Alerts as a poll reads and writes them."""

    _connection: sa.Connection
    _shard: int

    def alert(self, rule_id: str, story_id: str) -> Alert | None:
        """Return the first alert of a rule for a story or one that it took in."""
        query = lifecycle.first_of(rule_id, story_id)
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

    def reports_until(
        self, story_id: str, moment: datetime, since: datetime | None = None
    ) -> Sequence[Item]:
        """Return the reports of a story that had joined it at a moment, in that order.

        At most 50: the first of each outlet go before its further ones, so that a live page
        hides nobody's word. `since` leaves out what was first seen before.
        """
        came = (story_items.c.at, story_items.c.cursor)
        nth = sa.func.row_number().over(partition_by=items.c.source, order_by=came)
        query = (
            ITEMS.join(story_items, story_items.c.item_id == items.c.id)
            .join(stories, stories.c.id == story_items.c.story_id)
            .add_columns(*came)
            .where(in_story(story_id), story_items.c.at <= moment)
            .order_by(nth, *came)
            .limit(_MOST_REPORTS)
        )
        if since is not None:
            query = query.where(items.c.first_seen >= since)
        rows = self._connection.execute(query).mappings().all()
        return [to_item(row) for row in sorted(rows, key=_arrival)]

    def messages_between(self, alert_id: str, since: datetime, until: datetime) -> int:
        """Return how many messages about an alert there were after `since`.

        What was folded into a later one is no message of its own.
        """
        folded = sa.exists().where(
            deliveries.c.alert_id == messages.c.alert_id,
            deliveries.c.sequence == messages.c.sequence,
            deliveries.c.state == DeliveryState.FOLDED.value,
        )
        query = sa.select(sa.func.count()).where(
            messages.c.alert_id == alert_id,
            messages.c.at > since,
            messages.c.at <= until,
            ~folded,
        )
        return int(self._connection.scalar(query) or 0)

    def last_alert(self, rule_id: str, until: datetime) -> datetime | None:
        """Return when a rule last raised an alert, up to a moment."""
        query = sa.select(sa.func.max(alerts.c.opened, type_=alerts.c.opened.type))
        found: datetime | None = self._connection.scalar(
            query.where(alerts.c.rule_id == rule_id, alerts.c.opened <= until)
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


def _arrival(row: sa.RowMapping) -> tuple[datetime, int]:
    """Return what reports are sorted by; a story that is merged gets new cursors."""
    return row["at"], row["cursor"]
