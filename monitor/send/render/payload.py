"""The JSON that webhooks and files receive; pure.

The shape is published in `monitor/send/schema/webhook.json` and explained in
`docs/webhook.md`. Within schema_version 1 fields are only ever added.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from monitor.model import Change, Kind, Notice, Remark, Report, Rule, Span, Story
from monitor.send.render.clean import Clean, clean, cut, line, link
from monitor.send.render.evidence import field_of
from monitor.send.render.wire import Json, encoded, moment
from monitor.send.render.worth import later

TARGET = 20_000
"""Bytes a payload should stay under (Standard Webhooks 1.0, "Payload size")."""
HARD_CAP = 65_536
"""Bytes no payload exceeds."""

SCHEMA_VERSION = 1
_TITLE = 300
_NAME = 100
_DETAIL = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of a notice is told."""

    items: int = 10
    summary: int = 1000
    """Code points of each summary."""
    matched: int = 20
    """Pieces of evidence of each item."""
    names: int = 50
    """Outlets of the story, tags of the rule."""


_ROOMS = (
    Room(),
    Room(summary=500),
    Room(summary=250),
    Room(summary=100),
    Room(summary=100, items=6),
    Room(summary=100, items=3),
    Room(summary=100, items=1),
    Room(summary=0, items=1, matched=5, names=10),
)
"""From all there is to the least that is still worth sending: first shorter
summaries, then fewer items."""


def payload(notice: Notice, delivery_id: str, silence: str = "") -> bytes:
    """Return a notice as one line of JSON, UTF-8.

    `silence` is the address of the page that silences the alert; "" for none.

    Where it would exceed `TARGET`, summaries are shortened first, then items
    are left out; the `truncated_` fields count what is missing. The last resort
    fits into `HARD_CAP` whatever the texts are.
    """
    content = b""
    for room in _ROOMS:
        content = encoded(_event(notice, delivery_id, room, silence))
        if len(content) <= TARGET:
            break
    return content


def event(notice: Notice, delivery_id: str) -> Json:
    """Return the same as `payload`, decoded."""
    decoded: Json = json.loads(payload(notice, delivery_id))
    return decoded


def ping(receiver: str, delivery_id: str, now: datetime) -> bytes:
    """Return the payload of a test message, of type `test.ping`."""
    return encoded(
        {
            "id": delivery_id,
            "type": "test.ping",
            "timestamp": moment(now),
            "data": {
                "schema_version": SCHEMA_VERSION,
                "receiver": receiver,
                "message": "A test message. Nothing has happened.",
            },
        }
    )


def remark(said: Remark, delivery_id: str, now: datetime) -> bytes:
    """Return the payload of a remark about Tocsin's own work (`source.failing` ...)."""
    return encoded(
        {
            "id": delivery_id,
            "type": said.kind,
            "timestamp": moment(now),
            "data": {
                "schema_version": SCHEMA_VERSION,
                "title": line(said.title, _TITLE),
                "message": line(said.text, _DETAIL),
                "facts": {name: line(v, _DETAIL) for name, v in said.facts.items()},
            },
        }
    )


def _event(notice: Notice, delivery_id: str, room: Room, silence: str) -> Json:
    return {
        "id": delivery_id,
        "type": TYPES[notice.kind],
        "timestamp": moment(notice.at),
        "data": {
            "schema_version": SCHEMA_VERSION,
            **told(notice, room),
            "silence_url": silence,
        },
    }


def told(notice: Notice, room: Room) -> Json:
    """Return what is told of one alert, as far as there is room."""
    alert = notice.alert
    reports = notice.reports[: room.items]
    return {
        "alert_id": alert.id,
        "sequence": notice.sequence,
        "rule": _rule(alert.rule, room),
        "reason": {"code": notice.reason, "detail": line(notice.detail, _DETAIL)},
        "story": _story(notice.story, room),
        "items": [_item(report, notice, room) for report in reports],
        "truncated_items": notice.omitted + len(notice.reports) - len(reports),
        "changes": [_change(one, room) for one in notice.changes],
        "assessment": _assessment(notice, room),
    }


def _change(change: Change, room: Room) -> Json:
    return {
        "sentence": line(change.sentence, max(room.summary, _NAME)),
        "field": change.field,
        "facts": [line(fact, _TITLE) for fact in change.facts],
    }


def _assessment(notice: Notice, room: Room) -> Json | None:
    made = notice.assessment
    if made is None:
        return None
    lag = later(notice)
    return {
        "grade": made.grade,
        "because": line(made.because, _DETAIL),
        "voices": [line(one, _NAME) for one in made.voices[: room.names]],
        "first_by": line(made.first_by, _NAME),
        "first_at": moment(made.first_at) if made.first_at else None,
        "lag_seconds": None if lag is None else lag.total_seconds(),
        "state_reports": made.state,
        "other_reports": made.others,
        "state_lag_seconds": None
        if made.state_lag is None
        else made.state_lag.total_seconds(),
    }


TYPES = {
    Kind.NEW: "alert.matched",
    Kind.UPDATE: "alert.updated",
    Kind.CORRECTION: "alert.corrected",
    Kind.CLOSED: "alert.resolved",
}


def _rule(rule: Rule, room: Room) -> Json:
    return {
        "id": rule.id,
        "title": line(rule.title, _TITLE),
        "version": rule.version,
        "theme": line(rule.theme, _NAME),
        "severity": rule.severity.value,
        "tags": [line(tag, _NAME) for tag in rule.tags[: room.names]],
    }


def _story(story: Story, room: Room) -> Json:
    sources = story.sources[: room.names]
    return {
        "id": story.id,
        "title": line(story.title, _TITLE),
        "first_seen": moment(story.first_seen),
        "last_seen": moment(story.last_seen),
        "items": story.items,
        "sources": [line(source, _NAME) for source in sources],
        "truncated_sources": len(story.sources) - len(sources),
    }


def _item(report: Report, notice: Notice, room: Room) -> Json:
    item = report.item
    texts = {name: clean(field_of(item, name)) for name in ("title", "summary")}
    summary = texts["summary"].text
    shown = cut(summary, room.summary)
    evidence = report.evidence[: room.matched]
    return {
        "id": item.id,
        "title": cut(texts["title"].text.replace("\n", " "), _TITLE),
        "url": link(item.url),
        "source": line(item.source, _NAME),
        "country": line(item.country, 10),
        "feed": {
            "url": link(item.feed),
            "name": line(notice.feed_names.get(item.feed, ""), _NAME),
        },
        "published": moment(item.published) if item.published else None,
        "first_seen": moment(item.first_seen) if item.first_seen else None,
        "lang": line(item.lang, 20),
        "summary": shown,
        "truncated_summary": max(0, len(summary) - room.summary),
        "matched": [_matched(span, texts) for span in evidence],
        "truncated_matched": len(report.evidence) - len(evidence),
    }


def _matched(span: Span, texts: dict[str, Clean]) -> Json:
    """Return evidence with its place in the cleaned text, as a receiver has it."""
    text = texts.get(span.field)
    return {
        "field": span.field,
        "text": line(span.text, _NAME),
        "clause": line(span.clause, _NAME * 2),
        "start": text.at(span.start) if text else span.start,
        "end": text.at(span.end) if text else span.end,
    }
