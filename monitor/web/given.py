"""What a request of the interface for programs may hold; the rest is refused, not passed over.

A filter with a slip in its name would else choose everything, and a field with one would
be a wish that nobody heard.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request

LARGEST_BODY = 64 * 1024

KINDS: dict[str, tuple[type, str, dict[str, Any]]] = {
    "matchers": (
        list,
        'a list such as ["theme=wagner"]',
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
    ),
    "until_news": (bool, "true or false", {"type": "boolean"}),
    "anyway": (bool, "true or false", {"type": "boolean"}),
}
"""Fields that hold no text: their type, what it is called, and its JSON Schema."""
_TEXT: tuple[type, str, dict[str, Any]] = (str, "a text", {"type": "string"})


class Refused(Exception):
    """A request that is answered with a problem document."""

    def __init__(self, status: int, detail: str) -> None:
        """Say what is wrong and what to do."""
        super().__init__(detail)
        self.status = status
        self.detail = detail


def schema_of(field: str) -> dict[str, Any]:
    """Return the JSON Schema of a field of a body."""
    return KINDS.get(field, _TEXT)[2]


def checked_query(given: Sequence[tuple[str, str]], known: Collection[str]) -> None:
    """Refuse parameters that there are not, or that are given twice."""
    names = [name for name, _ in given]
    _refuse_others(names, known, "parameter")
    for name in names:
        if names.count(name) > 1:
            raise Refused(400, f"{name}: it is given more than once; ask once for each")


def checked_body(body: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse fields that there are not, or that hold something else than they should."""
    _refuse_others(body, [name.rstrip("*") for name in known], "field")
    for name, value in body.items():
        kind, said, _ = KINDS.get(name, _TEXT)
        if not isinstance(value, kind):
            raise Refused(400, f"{name}: write {said}")


def _refuse_others(given: Collection[str], known: Collection[str], what: str) -> None:
    for name in given:
        if name not in known:
            mend = f"there are {', '.join(known)}" if known else "there is none"
            raise Refused(400, f"{name[:100]}: there is no such {what} here; {mend}")


async def read_body(request: Request) -> dict[str, Any]:
    """Read the JSON object that a request holds; an empty one where it holds nothing."""
    read = b""
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > LARGEST_BODY:
                raise Refused(413, f"the body has more than {LARGEST_BODY} bytes")
    except ClientDisconnect:
        raise Refused(400, "the request broke off") from None
    found = _json_of(read) if read.strip() else {}
    if not isinstance(found, dict):
        raise Refused(400, "the body is no JSON object")
    return {name: value for name, value in found.items() if value is not None}


def _json_of(read: bytes) -> Any:
    try:
        found = json.loads(read, parse_constant=_no_number)
        written = json.dumps(found, ensure_ascii=False)
        written.encode()
    except UnicodeEncodeError:
        raise Refused(400, "the body has half a character, such as \\ud800") from None
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if "\\u0000" in written.replace("\\\\", ""):
        raise Refused(400, "the body has a NUL (\\u0000); no name has one")
    return found


def _no_number(written: str) -> None:
    raise ValueError(f"{written} is no JSON")
