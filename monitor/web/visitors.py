"""Who may read: a token of the interface for programs, however a reader can hand it over.

Programs send it in the header; browsers and feed readers ask for a user and a password, of
which the password is the token; readers that know neither have it in the address.
"""

import base64
import binascii
from datetime import datetime

from starlette.requests import Request

from monitor.store.records import Store

CHALLENGE = 'Basic realm="Tocsin", charset="UTF-8"'
"""What makes a browser ask for user and password (RFC 7617)."""


def may_read(request: Request, store: Store, now: datetime) -> bool:
    """Whether the request names a token that is in force."""
    # A proxy's own login comes in the header, too, and is no token of ours.
    named = (_in_header(request), request.query_params.get("token", ""))
    return any(one and store.use_token(one, now) is not None for one in named)


def _in_header(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            return _password(value.strip())
        case _:
            return ""


def _password(encoded: str) -> str:
    try:
        pair = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]
