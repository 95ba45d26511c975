"""Alerts after their first message: which are open, and what a person or time changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import (
    Alert,
    Assessment,
    Decision,
    Delivery,
    DeliveryState,
    Message,
    Silence,
    Standing,
)
from monitor.store import chain, corrections, gathering
from monitor.store import deliveries as outbox
from monitor.store import silences as silences_of
from monitor.store.locks import Lock, hold
from monitor.store.news_rows import to_assessment
from monitor.store.outbox_rows import alert_row, message_row, to_alert
from monitor.store.rows import ITEMS, decision_row, in_story, to_item
from monitor.store.schema import alerts, decisions, deliveries, items, messages, stories
from monitor.store.selections import PENDING
from monitor.store.statements import insert_one, upsert


class Lifecycle:
    """One transaction in which alerts are closed, acknowledged or repeated.

    No poll and no other replica writes meanwhile.
    """

    def __init__(self, connection: sa.Connection) -> None:
        """Lock out the others."""
        hold(connection, Lock.STORIES)
        self._connection = connection

    def standing(self, alert_id: str) -> Standing | None:
        """Return an alert as it now stands; None where there is none of that id."""
        return standing(self._connection, alert_id)

    def family(self, story_id: str) -> frozenset[str]:
        """Return the ids that lead to a story, its own included."""
        return corrections.family(self._connection, story_id)

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return the silences that have not ended."""
        return silences_of.since(self._connection, now)

    def keep(self, alert: Alert, decision: Decision) -> None:
        """Store a change of an alert that nobody is told of, and why."""
        upsert(self._connection, alerts, alert_row(alert), ["id"])
        chain.append(self._connection, "alert", [alert_row(alert)])
        row = decision_row(decision)
        number = insert_one(self._connection, decisions, row)
        chain.append(self._connection, "decision", [{**row, "id": number}])

    def tell(self, alert: Alert, message: Message, decision: Decision) -> None:
        """Store a change of an alert with its numbered message, and why."""
        self.keep(alert, decision)
        self._connection.execute(sa.insert(messages).values(message_row(message)))
        chain.append(self._connection, "message", [message_row(message)])

    def unsent(self, alert_id: str, now: datetime) -> Sequence[Delivery]:
        """Return the deliveries of an alert that nobody has begun to send."""
        return gathering.unsent(self._connection, alert_id, now)

    def add_deliveries(self, pending: Sequence[Delivery]) -> None:
        """Store pending deliveries."""
        outbox.add(self._connection, pending)

    def fold(self, earlier: Sequence[Delivery], into: Delivery, now: datetime) -> None:
        """Let a new delivery tell what earlier ones would have told."""
        gathering.fold(self._connection, earlier, into, now)


def open_since(connection: sa.Connection, quiet_since: datetime) -> list[str]:
    """Return the open alerts that nothing was told of since, the longest first."""
    query = (
        sa.select(alerts.c.id)
        .where(alerts.c.closed.is_(None), alerts.c.updated <= quiet_since)
        .order_by(alerts.c.updated, alerts.c.id)
    )
    return list(connection.scalars(query))


def standing(connection: sa.Connection, alert_id: str) -> Standing | None:
    """Return an alert with all that its lifecycle is decided on."""
    row = (
        connection.execute(sa.select(alerts).where(alerts.c.id == alert_id))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    alert = to_alert(row)
    caused = (
        sa.select(messages.c.item_id)
        .where(messages.c.alert_id == alert_id)
        .order_by(messages.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    item = connection.execute(ITEMS.where(items.c.id == caused)).mappings().one()
    story = corrections.standing(connection, alert.story_id)
    first = connection.execute(first_of(alert.rule.id, story.id)).mappings().one()
    return Standing(
        alert=alert,
        story=story,
        goes_on=first["id"] == alert_id,
        item=to_item(item),
        told=_told(connection, alert_id),
        heard=_heard(connection, alert_id),
        assessment=_assessment(connection, alert_id),
    )


def first_of(rule_id: str, story_id: str) -> sa.Select[Any]:
    """Return what finds the first alert of a rule for a story or one that it took in."""
    return (
        sa.select(alerts)
        .join(stories, stories.c.id == alerts.c.story_id)
        .where(alerts.c.rule_id == rule_id, in_story(story_id))
        .order_by(alerts.c.opened, alerts.c.id)
        .limit(1)
    )


def _assessment(connection: sa.Connection, alert_id: str) -> Assessment | None:
    """Return what the story was worth when it was last told of."""
    query = (
        sa.select(messages.c.assessment)
        .where(messages.c.alert_id == alert_id, messages.c.assessment.is_not(None))
        .order_by(messages.c.sequence.desc())
        .limit(1)
    )
    return to_assessment(connection.scalar(query))


def of_story(connection: sa.Connection, story_id: str) -> list[Alert]:
    """Return the alerts of a story and of those that it took in, the first first."""
    query = (
        sa.select(alerts)
        .join(stories, stories.c.id == alerts.c.story_id)
        .where(in_story(story_id))
        .order_by(alerts.c.opened, alerts.c.id)
    )
    return [to_alert(row) for row in connection.execute(query).mappings()]


def lift(connection: sa.Connection, silence: Silence, why: str, now: datetime) -> None:
    """End a silence that waited for news, and note what lifted it."""
    words = f"{silence.comment}; {why}" if silence.comment else why
    lifted = replace(silence, ends=now, comment=words)
    silences_of.change(connection, lifted)


def _heard(connection: sa.Connection, alert_id: str) -> frozenset[str]:
    column = deliveries.c
    query = sa.select(column.receiver).where(column.alert_id == alert_id).distinct()
    return frozenset(connection.scalars(query))


def _told(connection: sa.Connection, alert_id: str) -> dict[str, datetime]:
    """Return when each receiver had its last message about an alert, who waits left out.

    What was folded into a digest or the like arrives with that one.
    """
    column, whole = deliveries.c, deliveries.alias()
    arrived = sa.func.coalesce(column.delivered, whole.c.delivered, column.created)
    waits = sa.or_(PENDING, whole.c.state == DeliveryState.PENDING.value)
    query = (
        sa.select(
            column.receiver,
            sa.func.max(arrived, type_=column.created.type),
            sa.func.sum(sa.case((waits, 1), else_=0)),
        )
        .outerjoin(whole, whole.c.id == column.folded_into)
        .where(column.alert_id == alert_id)
        .group_by(column.receiver)
    )
    return {name: last for name, last, waits in connection.execute(query) if not waits}
