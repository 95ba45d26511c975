"""Alerts and deliveries: rows into values and values into rows."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from monitor.model import (
    Alert,
    Attempt,
    Body,
    Corroboration,
    Delivery,
    DeliveryState,
    Escalation,
    Kind,
    Message,
    Rule,
    Severity,
    Trigger,
    Updates,
    Way,
)
from monitor.store.news_rows import (
    assessment_document,
    changes_document,
    to_assessment,
    to_changes,
)
from monitor.store.statements import Row, Values

# ── alerts ───────────────────────────────────────────────────────────────────


def rule_document(rule: Rule) -> Values:
    """Return a rule as JSON, for the snapshot that an alert keeps."""
    corroboration = rule.corroboration
    return {
        **{field.name: getattr(rule, field.name) for field in fields(Rule)},
        "severity": rule.severity.value,
        "updates": rule.updates.value,
        "tags": list(rule.tags),
        "receivers": list(rule.receivers),
        "corroboration": corroboration
        and {
            "sources": corroboration.sources,
            "within_seconds": corroboration.within.total_seconds(),
            "grade": corroboration.grade,
        },
        "trigger": {
            "type": rule.trigger.type,
            "timeframe_seconds": rule.trigger.timeframe.total_seconds(),
            "count": rule.trigger.count,
            "field": rule.trigger.field,
            "false_alerts_seconds": rule.trigger.false_alerts.total_seconds(),
            "after": list(rule.trigger.after),
        },
        "escalate": rule.escalate
        and {"sources": rule.escalate.sources, "grade": rule.escalate.grade},
        "resolve_after": None
        if rule.resolve_after is None
        else rule.resolve_after.total_seconds(),
    }


def to_rule(document: Mapping[str, Any]) -> Rule:
    """Read a snapshot; a field that this version does not know is left out."""
    known = {field.name for field in fields(Rule)}
    values = {name: value for name, value in document.items() if name in known}
    corroboration = values.get("corroboration")
    return Rule(
        **{
            **values,
            "severity": Severity(values["severity"]),
            "updates": Updates(values["updates"]),
            "tags": tuple(values["tags"]),
            "receivers": tuple(values["receivers"]),
            "corroboration": corroboration
            and Corroboration(
                sources=corroboration["sources"],
                within=timedelta(seconds=corroboration["within_seconds"]),
                grade=corroboration.get("grade", ""),
            ),
            "trigger": _to_trigger(values.get("trigger")),
            "escalate": Escalation(**values["escalate"])
            if values.get("escalate")
            else None,
            "resolve_after": None
            if values.get("resolve_after") is None
            else timedelta(seconds=values["resolve_after"]),
        }
    )


def _to_trigger(document: Mapping[str, Any] | None) -> Trigger:
    """Read a trigger; alerts of older versions have none."""
    if document is None:
        return Trigger()
    return Trigger(
        type=document["type"],
        timeframe=timedelta(seconds=document["timeframe_seconds"]),
        count=document["count"],
        field=document["field"],
        false_alerts=timedelta(seconds=document["false_alerts_seconds"]),
        after=tuple(document["after"]),
    )


def alert_row(alert: Alert) -> Values:
    """Return a row of `alerts`."""
    return {
        "id": alert.id,
        "rule_id": alert.rule.id,
        "theme": alert.rule.theme,
        "rule": rule_document(alert.rule),
        "story_id": alert.story_id,
        "opened": alert.opened,
        "updated": alert.updated,
        "sequence": alert.sequence,
        "closed": alert.closed,
        "closed_by": alert.closed_by,
        "acknowledged": alert.acknowledged,
        "escalated": list(alert.escalated),
    }


def to_alert(row: Row) -> Alert:
    """Read a row of `alerts`."""
    return Alert(
        id=row["id"],
        rule=to_rule(row["rule"]),
        story_id=row["story_id"],
        opened=row["opened"],
        updated=row["updated"],
        sequence=row["sequence"],
        closed=row["closed"],
        closed_by=row["closed_by"],
        acknowledged=row["acknowledged"],
        escalated=tuple(row["escalated"]),
    )


def message_row(message: Message) -> Values:
    """Return a row of `messages`."""
    return {
        "alert_id": message.alert_id,
        "sequence": message.sequence,
        "kind": message.kind.value,
        "item_id": message.item_id,
        "reason": message.reason,
        "detail": message.detail,
        "at": message.at,
        "changes": changes_document(message.changes),
        "assessment": assessment_document(message.assessment),
    }


def to_message(row: Row) -> Message:
    """Read a row of `messages`."""
    return Message(
        alert_id=row["alert_id"],
        sequence=row["sequence"],
        kind=Kind(row["kind"]),
        item_id=row["item_id"],
        reason=row["reason"],
        detail=row["detail"],
        at=row["at"],
        changes=to_changes(row["changes"]),
        assessment=to_assessment(row["assessment"]),
    )


# ── deliveries ───────────────────────────────────────────────────────────────


def delivery_row(delivery: Delivery, shard: int) -> Values:
    """Return a row of `deliveries` that nobody has leased."""
    body = delivery.body
    return {
        "id": delivery.id,
        "shard": shard,
        "alert_id": delivery.alert_id or None,
        "sequence": delivery.sequence,
        "receiver": delivery.receiver,
        "recipient": delivery.recipient,
        "state": delivery.state.value,
        "due": delivery.due,
        "created": delivery.created,
        "attempts": delivery.attempts,
        "first_attempt": delivery.first_attempt,
        "delivered": delivery.delivered,
        "status": delivery.status,
        "problem": delivery.problem,
        "content_type": body.content_type if body else "",
        "content": body.content if body else None,
        "headers": written_headers(body) if body else "",
        "replays": delivery.replays,
        "way": delivery.way.value,
        "group_key": delivery.group,
        "rank": delivery.rank,
        "released": delivery.released,
        "gathered": delivery.gathered,
        "carries": delivery.carries,
        "folded_into": delivery.folded_into,
        "note": delivery.note,
    }


def to_delivery(row: Row) -> Delivery:
    """Read a row of `deliveries`."""
    content = row["content"]
    return Delivery(
        id=row["id"],
        alert_id=row["alert_id"] or "",
        sequence=row["sequence"],
        receiver=row["receiver"],
        recipient=row["recipient"],
        state=DeliveryState(row["state"]),
        due=row["due"],
        created=row["created"],
        attempts=row["attempts"],
        first_attempt=row["first_attempt"],
        delivered=row["delivered"],
        status=row["status"],
        problem=row["problem"],
        body=None
        if content is None
        else Body(
            content_type=row["content_type"],
            content=bytes(content),
            headers=_to_headers(row["headers"]),
        ),
        replays=row["replays"],
        fence=row["fence"],
        way=Way(row["way"]),
        group=row["group_key"],
        rank=row["rank"],
        released=row["released"],
        gathered=row["gathered"],
        carries=row["carries"],
        folded_into=row["folded_into"],
        note=row["note"],
    )


def written_headers(body: Body) -> str:
    """Return a body's headers as they are stored."""
    return json.dumps(body.headers) if body.headers else ""


def _to_headers(written: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(written or "[]"))


def attempt_row(attempt: Attempt) -> Values:
    """Return a row of `attempts`."""
    return {
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "at": attempt.at,
        "took": attempt.took,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "problem": attempt.problem,
        "response": attempt.response,
    }


def to_attempt(row: Row) -> Attempt:
    """Read a row of `attempts`."""
    return Attempt(
        delivery_id=row["delivery_id"],
        number=row["number"],
        at=row["at"],
        took=row["took"],
        outcome=row["outcome"],
        status=row["status"],
        problem=row["problem"],
        response=row["response"],
    )
