"""Looking at alerts, their messages and deliveries; nothing here changes anything."""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from monitor.model import (
    Alert,
    Delivery,
    Message,
    Notice,
    Report,
    Story,
)
from monitor.store.outbox_rows import to_alert, to_attempt, to_delivery, to_message
from monitor.store.rows import ITEMS, STORY_OF, in_story, to_item, to_spans, to_story
from monitor.store.schema import (
    alerts,
    attempts,
    deliveries,
    feeds,
    items,
    matches,
    messages,
    stories,
    story_items,
)
from monitor.store.selections import WITHOUT_BODY, chosen
from monitor.store.statements import chunks
from monitor.store.views import AlertFilter, AlertView, DeliveryFilter, DeliveryView

MOST_REPORTS = 10
"""How many reports of a story one message shows."""


def matching(connection: sa.Connection, which: AlertFilter) -> list[AlertView]:
    """Return alerts, the last updated first; their deliveries without bodies."""
    column = alerts.c
    query = sa.select(alerts).order_by(column.updated.desc(), column.id)
    if which.rule:
        query = query.where(column.rule_id == which.rule)
    if which.theme:
        query = query.where(column.theme == which.theme)
    if which.severities:
        wanted = [one.value for one in which.severities]
        query = query.where(column.rule["severity"].as_string().in_(wanted))
    if which.since is not None:
        query = query.where(column.updated >= which.since)
    if which.until is not None:
        query = query.where(column.updated < which.until)
    rows = connection.execute(query.limit(which.limit)).mappings()
    return _views(connection, [to_alert(row) for row in rows])


def one(connection: sa.Connection, alert_id: str) -> AlertView | None:
    """Return an alert with its messages and deliveries (without bodies)."""
    query = sa.select(alerts).where(alerts.c.id == alert_id)
    rows = connection.execute(query).mappings()
    views = _views(connection, [to_alert(row) for row in rows])
    return views[0] if views else None


def _views(connection: sa.Connection, found: Sequence[Alert]) -> list[AlertView]:
    told = {one: _story(connection, one) for one in {a.story_id for a in found}}
    said: dict[str, list[Message]] = defaultdict(list)
    sent: dict[str, list[Delivery]] = defaultdict(list)
    for chunk in chunks(alert.id for alert in found):
        for message in _messages(connection, chunk):
            said[message.alert_id].append(message)
        for delivery in _deliveries(connection, chunk):
            sent[delivery.alert_id].append(delivery)
    return [
        AlertView(
            alert=alert,
            story=told[alert.story_id],
            messages=tuple(said[alert.id]),
            deliveries=tuple(sent[alert.id]),
        )
        for alert in found
    ]


def _messages(connection: sa.Connection, ids: Sequence[str]) -> list[Message]:
    query = (
        sa.select(messages)
        .where(messages.c.alert_id.in_(ids))
        .order_by(messages.c.sequence)
    )
    return [to_message(row) for row in connection.execute(query).mappings()]


def _deliveries(connection: sa.Connection, ids: Sequence[str]) -> list[Delivery]:
    query = WITHOUT_BODY.where(deliveries.c.alert_id.in_(ids)).order_by(
        deliveries.c.sequence,
        deliveries.c.receiver,
        deliveries.c.recipient,
        deliveries.c.id,
    )
    return [to_delivery(row) for row in connection.execute(query).mappings()]


def delivery(connection: sa.Connection, delivery_id: str) -> DeliveryView | None:
    """Return a delivery with its body and every attempt, replays included."""
    query = sa.select(deliveries).where(deliveries.c.id == delivery_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    tried = (
        sa.select(attempts)
        .where(attempts.c.delivery_id == delivery_id)
        .order_by(attempts.c.id)
    )
    return DeliveryView(
        delivery=to_delivery(row),
        closed=row["closed"],
        attempts=tuple(
            to_attempt(each) for each in connection.execute(tried).mappings()
        ),
    )


def matching_deliveries(
    connection: sa.Connection, which: DeliveryFilter
) -> list[Delivery]:
    """Return deliveries without their bodies, the newest first."""
    rows = connection.execute(chosen(which)).mappings()
    return [to_delivery(row) for row in rows]


# ── what a message is rendered from ──────────────────────────────────────────


def notice(connection: sa.Connection, wanted: Delivery) -> Notice:
    """Return what a delivery's message is rendered from, as of now.

    KeyError where it belongs to no alert, as a test message does.
    """
    query = (
        sa.select(alerts)
        .join(messages, messages.c.alert_id == alerts.c.id)
        .add_columns(*(messages.c[name].label(f"message_{name}") for name in _SAID))
        .where(alerts.c.id == wanted.alert_id, messages.c.sequence == wanted.sequence)
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise KeyError(wanted.id)
    alert = to_alert(row)
    message = to_message(
        {"alert_id": alert.id, **{name: row[f"message_{name}"] for name in _SAID}}
    )
    story = _story(connection, alert.story_id)
    reports, names = _reports(connection, alert, story.id, message.item_id)
    return Notice(
        alert=alert,
        kind=message.kind,
        sequence=message.sequence,
        reason=message.reason,
        detail=message.detail,
        at=message.at,
        story=story,
        reports=reports,
        feed_names=names,
        changes=message.changes,
        assessment=message.assessment,
    )


_SAID = (
    "sequence",
    "kind",
    "item_id",
    "reason",
    "detail",
    "at",
    "changes",
    "assessment",
)


def _story(connection: sa.Connection, story_id: str) -> Story:
    """Return the story that now stands for this one."""
    stands = sa.select(STORY_OF).where(stories.c.id == story_id).scalar_subquery()
    query = sa.select(stories).where(stories.c.id == stands)
    return to_story(connection.execute(query).mappings().one())


def _reports(
    connection: sa.Connection, alert: Alert, story_id: str, cause: str
) -> tuple[tuple[Report, ...], dict[str, str]]:
    moment = sa.func.coalesce(items.c.published, items.c.first_seen)
    told_of = (
        sa.select(story_items.c.item_id)
        .join(stories, stories.c.id == story_items.c.story_id)
        .where(in_story(story_id))
    )
    query = (
        ITEMS.add_columns(feeds.c.name.label("feed_name"), matches.c.evidence)
        .outerjoin(
            matches,
            sa.and_(
                matches.c.item_id == items.c.id, matches.c.rule_id == alert.rule.id
            ),
        )
        .where(sa.or_(items.c.id == cause, items.c.id.in_(told_of)))
        .order_by((items.c.id == cause).desc(), moment.desc(), items.c.seq.desc())
        .limit(MOST_REPORTS)
    )
    rows = connection.execute(query).mappings().all()
    reports = tuple(
        Report(item=to_item(row), evidence=to_spans(row["evidence"] or ()))
        for row in rows
    )
    return reports, {row["feed_url"]: row["feed_name"] for row in rows}
