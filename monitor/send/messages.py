"""What a message says, before its form: the event, and the same for people; pure.

tocsin        the event as docs/webhook.md describes it
cloudevents   CloudEvents 1.0, structured mode, around the same `data`
stix          STIX 2.1, a bundle of objects
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from monitor.model import Body, Bundle, Notice, Remark
from monitor.send import render
from monitor.send.render import stix
from monitor.send.render.wire import encoded

Format = Literal["tocsin", "cloudevents", "stix"]

SOURCE = "urn:tocsin"
"""The `source` of CloudEvents where no public address is configured."""
_SPEC = "1.0"


def values_of_notice(
    notice: Notice, delivery_id: str, silence: str = ""
) -> Mapping[str, Any]:
    """Return what templates see of an alert; `silence` as in `render.payload`."""
    return {
        **json.loads(render.payload(notice, delivery_id, silence)),
        "subject": render.subject(notice),
        "text": render.text(notice),
    }


def values_of_bundle(bundle: Bundle, delivery_id: str) -> Mapping[str, Any]:
    """Return what templates see of several alerts in one message."""
    return {
        **json.loads(render.bundle_payload(bundle, delivery_id)),
        "subject": render.bundle_subject(bundle),
        "text": render.bundle_text(bundle),
    }


def values_of_ping(receiver: str, delivery_id: str, now: datetime) -> Mapping[str, Any]:
    """Return what templates see of a test message."""
    return {
        **json.loads(render.ping(receiver, delivery_id, now)),
        "subject": f"Test message for {render.line(receiver)}",
        "text": render.ping_text(receiver),
    }


def values_of_remark(
    remark: Remark, delivery_id: str, now: datetime
) -> Mapping[str, Any]:
    """Return what templates see of a remark about Tocsin's own work."""
    return {
        **json.loads(render.remark(remark, delivery_id, now)),
        "subject": render.line(remark.title, 150),
        "text": render.remark_text(remark),
    }


def body_of(form: Format, payload: bytes, notices: Sequence[Notice] = ()) -> Body:
    """Return a message in one of the formats; `notices` are the alerts in it."""
    match form:
        case "tocsin":
            return Body(content_type="application/json", content=payload)
        case "cloudevents":
            kind = "application/cloudevents+json; charset=utf-8"
            return Body(content_type=kind, content=cloudevent(payload))
        case "stix":
            return Body(content_type=stix.CONTENT_TYPE, content=_stix(payload, notices))


def _stix(payload: bytes, notices: Sequence[Notice]) -> bytes:
    if not notices:
        event = json.loads(payload)
        data = event["data"]
        subject = data.get("title") or event["type"]
        at = datetime.fromisoformat(event["timestamp"])
        return encoded(stix.note(subject, data["message"], event["id"], at))
    for reports in (10, 3, 1, 0):
        shown = [replace(one, reports=one.reports[:reports]) for one in notices]
        content = encoded(stix.bundle(shown))
        if len(content) <= stix.LIMIT:
            return content
    return _gravest([replace(one, reports=()) for one in notices])


def _gravest(notices: Sequence[Notice]) -> bytes:
    """Return as many alerts as there is room for, and the names of all others."""
    content = encoded(stix.bundle((), notices))
    least, most = 1, len(notices)
    while least < most:
        number = (least + most) // 2
        made = encoded(stix.bundle(notices[:number], notices[number:]))
        if len(made) <= stix.LIMIT:
            content, least = made, number + 1
        else:
            most = number
    return content


def cloudevent(payload: bytes, source: str = SOURCE) -> bytes:
    """Return an event as a CloudEvent; its id is the delivery's, over all attempts."""
    event = json.loads(payload)
    data = event["data"]
    made = {
        "specversion": _SPEC,
        "id": event["id"],
        "source": source,
        "type": f"tocsin.{event['type']}",
        "time": event["timestamp"],
        "datacontenttype": "application/json",
        "data": data,
    }
    subject = data.get("alert_id") or data.get("receiver")
    if subject:
        made["subject"] = subject
    return encoded(made)
