"""The JSON of one message that tells of several alerts; pure."""

from collections.abc import Iterator

from monitor.model import Bundle
from monitor.send.render.payload import (
    HARD_CAP,
    SCHEMA_VERSION,
    TYPES,
    Room,
    told,
)
from monitor.send.render.wire import Json, encoded, moment

_ROOMS = (
    Room(items=3, summary=500),
    Room(items=3, summary=250, matched=5),
    Room(items=1, summary=250, matched=5, names=20),
    Room(items=1, summary=0, matched=0, names=10),
    Room(items=0, summary=0, matched=0, names=3),
)
"""From all that a digest tells of each alert to the least."""
_AROUND = 256
"""Bytes that are left for what another format puts around it."""
_FEWER = (1.0, 0.7, 0.5, 0.3, 0.15, 0.05)
"""The share of the alerts that are told in full where even that is too much."""


def bundle_payload(bundle: Bundle, delivery_id: str) -> bytes:
    """Return several notices as one line of JSON, UTF-8, of type `digest.created`.

    Where it would exceed `HARD_CAP`, less is told of each alert, then some are left to
    `alert_ids`, which always names all of them.
    """
    content = b""
    for room, number in _sizes(len(bundle.notices)):
        content = encoded(_event(bundle, delivery_id, room, number))
        if len(content) <= HARD_CAP - _AROUND:
            break
    return content


def _sizes(number: int) -> Iterator[tuple[Room, int]]:
    for room in _ROOMS:
        yield room, number
    for share in _FEWER:
        yield _ROOMS[-1], int(number * share)
    yield _ROOMS[-1], 0


def _event(bundle: Bundle, delivery_id: str, room: Room, number: int) -> Json:
    notices = bundle.notices[:number]
    return {
        "id": delivery_id,
        "type": "digest.created",
        "timestamp": moment(bundle.at),
        "data": {
            "schema_version": SCHEMA_VERSION,
            "kind": bundle.why.value,
            "severity": bundle.severity.value,
            "since": moment(bundle.since),
            "until": moment(bundle.at),
            "alert_ids": bundle.alert_ids,
            "alerts": [
                {
                    "type": TYPES[one.kind],
                    "timestamp": moment(one.at),
                    **told(one, room),
                }
                for one in notices
            ],
            "truncated_alerts": len(bundle.alert_ids) - len(notices),
        },
    }
