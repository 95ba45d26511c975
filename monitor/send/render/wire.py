"""JSON as it is sent: on one line, in UTF-8, its moments as RFC 3339 has them; pure."""

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def encoded(value: Json | list[Json] | str) -> bytes:
    """Return a message, or a text in it, as the bytes that are sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def moment(when: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds."""
    text = when.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
