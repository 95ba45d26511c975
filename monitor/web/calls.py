"""One request of the interface for programs: let in, carried out, recorded, answered.

What a request changes, the line that records it and the answer under its
Idempotency-Key are one transaction: all of it is kept, or none.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.clock import Clock
from monitor.documents import parse_duration
from monitor.errors import CorrectionRefused, StoreUnavailable
from monitor.pipeline.lifecycle import Lifecycles
from monitor.store.records import Store
from monitor.store.views import AuditLine, Token
from monitor.web.given import Refused, checked_body, checked_query, read_body
from monitor.web.pages import BadCursor
from monitor.web.plain import jsonable

MOST_ROWS = 500
MOST_OF_KEY = 200
"""Characters of an Idempotency-Key."""
_MOST_DIGITS = 9

Names = Mapping[str, Collection[str]]
"""The receivers, rules, themes, tags and sources there are, by these words."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in."""

    request: Request
    store: Store
    now: datetime
    token: Token
    body: dict[str, Any]
    lifecycles: Lifecycles
    names: Callable[[], Names]
    """Asks what the configuration and its rules give names to, by kind."""

    def text(self, name: str) -> str:
        """Return a query parameter; "" where it is not given."""
        return self.request.query_params.get(name, "")

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def moment(self, name: str) -> datetime | None:
        """Return a moment that a parameter names: RFC 3339, or how long ago."""
        text = self.text(name)
        if not text:
            return None
        try:
            ago: timedelta = parse_duration(text)
        except ValueError:
            pass
        else:
            return self.now - ago
        try:
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):  # whose UTC leaves the calendar
            detail = f"{name}: write a moment such as 2026-05-04T12:00:00Z, or 24h"
            raise Refused(400, detail) from None

    def limit(self) -> int:
        """Return how many rows are wanted: 1 to 500, 50 where nothing is said."""
        text = self.text("limit") or "50"
        is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
        if not is_number or not 0 < int(text) <= MOST_ROWS:
            raise Refused(400, f"limit: write 1 to {MOST_ROWS}")
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked."""

    method: str
    path: str
    summary: str
    do: Callable[[Call], Any]
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    """Fields of the JSON body; `*` behind those that must be there."""

    @property
    def scope(self) -> str:
        """What a token needs."""
        return "read" if self.method == "GET" else "write"


def endpoint_of(
    operation: Operation,
    store: Store,
    clock: Clock,
    lifecycles: Lifecycles,
    names: Callable[[], Names],
) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers requests for an operation."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await read_body(request) if operation.method == "POST" else {}
            return await run_in_threadpool(answer, request, body)
        except Refused as refused:
            return problem(refused.status, refused.detail)
        except StoreUnavailable as unavailable:
            return problem(503, str(unavailable))

    def answer(request: Request, body: dict[str, Any]) -> Response:
        now = clock.now()
        token = _let_in(request, store, operation.scope, now)
        checked_query(request.query_params.multi_items(), operation.query)
        checked_body(body, operation.body)
        call = Call(request, store, now, token, body, lifecycles, names)
        with _refusing():
            if operation.scope == "read":
                return JSONResponse(jsonable(operation.do(call)))
            with store.together():
                return JSONResponse(_changed(operation, call))

    return endpoint


@contextmanager
def _refusing() -> Iterator[None]:
    """Give what an operation cannot do its status."""
    try:
        yield
    except KeyError as missing:
        raise Refused(404, f"there is no {missing.args[0]!r}") from None
    except CorrectionRefused as refused:
        raise Refused(409, str(refused)) from None
    except BadCursor as bad:
        raise Refused(400, f"cursor: {bad}") from None


def _changed(operation: Operation, call: Call) -> Any:
    """Carry out a change and record it; one under a known Idempotency-Key is not done again."""
    asked = json.dumps(
        [operation.method, operation.path, call.request.path_params, call.body],
        sort_keys=True,
    )
    same = hashlib.sha256(asked.encode()).hexdigest()
    key = call.request.headers.get("idempotency-key", "")
    if len(key) > MOST_OF_KEY:
        wrong = f"Idempotency-Key: it has more than {MOST_OF_KEY} characters"
        raise Refused(400, wrong)
    if key:
        before = call.store.answer(call.token.id, key, call.now)
        if before is not None:
            known, answer = json.loads(before)
            if known != same:
                raise Refused(409, "this Idempotency-Key was used for another request")
            return answer
    done = jsonable(operation.do(call))
    said = {**call.request.path_params, **call.body}
    detail = json.dumps(said, ensure_ascii=False)[:2000]
    action = f"{operation.method} {operation.path}"
    call.store.audit(
        AuditLine(at=call.now, who=call.token.name, action=action, detail=detail)
    )
    if key:
        kept = json.dumps([same, done])
        call.store.keep_answer(call.token.id, key, kept, call.now)
    return done


def _let_in(request: Request, store: Store, scope: str, now: datetime) -> Token:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = None
    if scheme.lower() == "bearer" and given:
        token = store.use_token(given.strip(), now)
    if token is None:
        detail = "a token is needed: Authorization: Bearer; tocsin tokens add NAME"
        raise Refused(401, detail)
    if scope == "write" and token.scope != "write":
        raise Refused(403, f"the token {token.name} may read only")
    return token


_TITLES = {
    400: "The request is wrong",
    401: "No valid token",
    403: "The token may not do this",
    404: "Not there",
    405: "Not done this way",
    409: "It cannot be done now",
    413: "Too large",
    500: "A fault of ours",
    503: "The store cannot be used now",
}


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer that says what is wrong (RFC 9457)."""
    if status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    said = {
        "type": "about:blank",
        "title": _TITLES.get(status, "It was not done"),
        "status": status,
        "detail": detail,
    }
    return JSONResponse(
        said, status, headers=headers, media_type="application/problem+json"
    )
