"""The interface for programs: `/api/v1`, what the commands do, by the same code.

Every path needs a bearer token of a scope; what changes something needs `write` and is
recorded. Errors are problem documents (RFC 9457). Lists come in pages: `next` is the
cursor of the page after. The table of operations is also the OpenAPI document.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor import __version__
from monitor.clock import Clock
from monitor.documents import parse_duration
from monitor.errors import StoreUnavailable
from monitor.model import Alert, DeliveryState, Silence, stable_id
from monitor.notify.silences import read_matcher
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.lifecycle import Note as By
from monitor.store.corrections import Note
from monitor.store.records import Store
from monitor.store.views import (
    AlertFilter,
    AuditLine,
    DeliveryFilter,
    ItemFilter,
    StoryFilter,
    Token,
)
from monitor.web.pages import BadCursor, page
from monitor.web.plain import jsonable

LARGEST_BODY = 64 * 1024
MOST_ROWS = 500
_Row = TypeVar("_Row")


class Refused(Exception):
    """A request that is answered with a problem document."""

    def __init__(self, status: int, detail: str) -> None:
        """Say what is wrong and what to do."""
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in."""

    request: Request
    store: Store
    now: datetime
    token: Token
    body: dict[str, Any]
    lifecycles: Lifecycles

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
        except ValueError:
            detail = f"{name}: write a moment such as 2026-05-04T12:00:00Z, or 24h"
            raise Refused(400, detail) from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def limit(self) -> int:
        """Return how many rows are wanted: 1 to 500, 50 where nothing is said."""
        text = self.text("limit") or "50"
        if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= MOST_ROWS:
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


def routes(store: Store, clock: Clock, lifecycles: Lifecycles) -> list[Route]:
    """Return the paths below /api/v1."""
    return [
        Route(one.path, _endpoint(one, store, clock, lifecycles), methods=[one.method])
        for one in OPERATIONS
    ]


def _endpoint(
    operation: Operation, store: Store, clock: Clock, lifecycles: Lifecycles
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request) if operation.method == "POST" else {}
            return await run_in_threadpool(answer, request, body)
        except Refused as refused:
            return _problem(refused.status, refused.detail)
        except StoreUnavailable as problem:
            return _problem(503, str(problem))

    def answer(request: Request, body: dict[str, Any]) -> Response:
        now = clock.now()
        token = _let_in(request, store, operation.scope, now)
        call = Call(request, store, now, token, body, lifecycles)
        try:
            done = operation.do(call)
        except KeyError as missing:
            raise Refused(404, f"there is no {missing.args[0]!r}") from None
        except BadCursor as bad:
            raise Refused(400, f"cursor: {bad}") from None
        if operation.scope == "write":
            detail = json.dumps({**request.path_params, **body}, ensure_ascii=False)
            action = f"{operation.method} {operation.path}"
            store.audit(
                AuditLine(at=now, who=token.name, action=action, detail=detail[:2000])
            )
        return JSONResponse(jsonable(done))

    return endpoint


async def _body(request: Request) -> dict[str, Any]:
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST_BODY:
            raise Refused(413, f"the body has more than {LARGEST_BODY} bytes")
    if not read.strip():
        return {}
    try:
        found = json.loads(read)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise Refused(400, "the body is no JSON object")
    return found


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
    409: "It cannot be done now",
    413: "Too large",
    503: "The store cannot be used now",
}


def _problem(status: int, detail: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004
    said = {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
    }
    return JSONResponse(
        said, status, headers=headers, media_type="application/problem+json"
    )


# ── what can be asked ────────────────────────────────────────────────────────


def _listed(
    call: Call,
    fetch: Callable[[datetime | None, int], Sequence[_Row]],
    key: Callable[[_Row], tuple[datetime, str]],
) -> dict[str, Any]:
    found = page(fetch, key, call.limit(), call.text("cursor"))
    return {"data": found.rows, "next": found.cursor or None}


def _alerts(call: Call) -> Any:
    since, rule, theme = call.moment("since"), call.text("rule"), call.text("theme")
    return _listed(
        call,
        lambda until, n: call.store.alerts(
            AlertFilter(since=since, until=until, rule=rule, theme=theme, limit=n)
        ),
        lambda row: (row.alert.updated, row.alert.id),
    )


def _alert(call: Call) -> Any:
    return _there(call.store.alert(call.path("id")), call.path("id"))


def _there(found: _Row | None, name: str) -> _Row:
    if found is None:
        raise KeyError(name)
    return found


def _stories(call: Call) -> Any:
    since, text = call.moment("since"), call.text("text")
    return _listed(
        call,
        lambda until, n: call.store.stories(
            StoryFilter(since=since, until=until, text=text, limit=n)
        ),
        lambda row: (row.last_seen, row.id),
    )


def _story(call: Call) -> Any:
    # A story that was merged is answered by the one that took it in.
    found = _there(call.store.story(call.path("id")), call.path("id"))
    if not found.merged_into:
        return found
    taker = _there(call.store.story(found.merged_into), found.merged_into)
    return replace(taker, merged_into=found.merged_into)


def _merge(call: Call) -> Any:
    into = _wanted(call, "into")
    return call.store.merge_stories(call.path("id"), into, _note(call))


def _split(call: Call) -> Any:
    return call.store.split_item(call.path("id"), _note(call))


def _note(call: Call) -> Note:
    comment = str(call.body.get("comment", ""))[:1000]
    return Note(at=call.now, author=call.token.name, comment=comment)


def _wanted(call: Call, name: str) -> str:
    value = call.body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"{name}: it must be given, as a text")
    return value


def _items(call: Call) -> Any:
    since, source = call.moment("since"), call.text("source")
    lang, feed = call.text("lang"), call.text("feed")
    return _listed(
        call,
        lambda until, n: list(
            call.store.items(
                ItemFilter(
                    since=since,
                    until=until,
                    source=source,
                    lang=lang,
                    feed=feed,
                    limit=n,
                )
            )
        ),
        lambda row: (row.first_seen or call.now, row.id),
    )


def _item(call: Call) -> Any:
    return call.store.explained(call.path("id"))


def _deliveries(call: Call) -> Any:
    since, receiver = call.moment("since"), call.text("receiver")
    wanted = call.text("state")
    try:
        states = (DeliveryState(wanted),) if wanted else ()
    except ValueError:
        known = ", ".join(DeliveryState)
        raise Refused(400, f"state: one of {known}") from None
    return _listed(
        call,
        lambda until, n: call.store.deliveries(
            DeliveryFilter(
                since=since, until=until, receiver=receiver, states=states, limit=n
            )
        ),
        lambda row: (row.created, row.id),
    )


def _delivery(call: Call) -> Any:
    return _there(call.store.delivery(call.path("id")), call.path("id"))


def _replay(call: Call) -> Any:
    which = call.path("id")
    _there(call.store.delivery(which), which)
    again = call.store.replay(DeliveryFilter(ids=(which,)), call.now)
    return {"replayed": [one.id for one in again]}


def _feeds(call: Call) -> Any:
    return {"data": call.store.feeds(), "next": None}


def _receivers(call: Call) -> Any:
    return {"data": call.store.receivers(), "next": None}


def _enable(call: Call) -> Any:
    return {"enabled": call.path("name"), "was_disabled": _set(call, enabled=True)}


def _disable(call: Call) -> Any:
    _set(call, enabled=False)
    return {"disabled": call.path("name")}


def _set(call: Call, *, enabled: bool) -> bool:
    name = call.path("name")
    if name not in {row.name for row in call.store.receivers()}:
        raise KeyError(name)
    if enabled:
        return call.store.enable_receiver(name)
    reason = str(call.body.get("reason") or f"disabled by {call.token.name}")
    call.store.disable_receiver(name, reason[:500], call.now)
    return False


def _close(call: Call) -> Any:
    return _changed(call, call.lifecycles.close)


def _acknowledge(call: Call) -> Any:
    return _changed(call, call.lifecycles.acknowledge)


def _changed(call: Call, change: Callable[[str, By, datetime], Alert | None]) -> Any:
    """Change an alert for a person; the second time it is as it was."""
    which = call.path("id")
    comment = str(call.body.get("comment", ""))[:1000]
    done = change(which, By(by=call.token.name, comment=comment), call.now)
    if done is not None:
        return done
    found = call.store.alert(which)
    if found is None:
        raise KeyError(which)
    return found.alert


def _silences(call: Call) -> Any:
    after = None if call.text("all") else call.now
    return {"data": call.store.silences(after), "next": None}


def _silence(call: Call) -> Any:
    """Make a silence; the same Idempotency-Key makes it once."""
    written = call.body.get("matchers")
    if not isinstance(written, list) or not written:
        raise Refused(400, 'matchers: a list such as ["theme=wagner"]')
    try:
        matchers = tuple(read_matcher(str(text)) for text in written)
        lasts: timedelta = parse_duration(_wanted(call, "for"))
    except ValueError as wrong:
        raise Refused(400, str(wrong)) from None
    once = call.request.headers.get("idempotency-key", "")
    unique = [once, call.token.id] if once else [call.now.isoformat(), str(written)]
    made = Silence(
        id=stable_id("sil", *unique),
        matchers=matchers,
        starts=call.now,
        ends=call.now + lasts,
        created=call.now,
        author=call.token.name,
        comment=str(call.body.get("comment", ""))[:1000],
        until_news=call.body.get("until_news") is True,
    )
    known = {one.id: one for one in call.store.silences(None)}
    if made.id in known:
        return known[made.id]
    call.store.add_silence(made)
    return made


def _expire(call: Call) -> Any:
    which = call.path("id")
    if which not in {one.id for one in call.store.silences(None)}:
        raise KeyError(which)
    return {
        "expired": which,
        "was_in_force": call.store.expire_silence(which, call.now),
    }


def _audit(call: Call) -> Any:
    return {"data": call.store.audited(call.limit()), "next": None}


def _openapi(call: Call) -> Any:
    del call
    return document()


_PAGED = ("limit", "cursor")
_BASE = "/api/v1"
OPERATIONS = (
    Operation(
        method="GET",
        path=f"{_BASE}/alerts",
        summary="Alerts, the last told of first.",
        do=_alerts,
        query=("since", "rule", "theme", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/alerts/{{id}}",
        summary="An alert with its story, messages and deliveries.",
        do=_alert,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/alerts/{{id}}/close",
        summary="Close an alert: it is over. Only news opens it again.",
        do=_close,
        body=("comment",),
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/alerts/{{id}}/acknowledge",
        summary="Note that somebody knows of an alert: it is not repeated.",
        do=_acknowledge,
        body=("comment",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/stories",
        summary="Stories, the last reported of first.",
        do=_stories,
        query=("since", "text", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/stories/{{id}}",
        summary="A story with its reports, why they belong there, and its alerts.",
        do=_story,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/stories/{{id}}/merge",
        summary="Let another story take this one in.",
        do=_merge,
        body=("into*", "comment"),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/items",
        summary="Items, the last seen first.",
        do=_items,
        query=("since", "source", "lang", "feed", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/items/{{id}}",
        summary="An item, and what became of it: matches, story, decisions.",
        do=_item,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/items/{{id}}/split",
        summary="Give an item a story of its own.",
        do=_split,
        body=("comment",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/deliveries",
        summary="Deliveries, the newest first.",
        do=_deliveries,
        query=("since", "receiver", "state", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/deliveries/{{id}}",
        summary="A delivery with its body and every attempt.",
        do=_delivery,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/deliveries/{{id}}/replay",
        summary="Send a delivery again, under its id.",
        do=_replay,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/silences",
        summary="Silences in force; with all=1 those that have ended too.",
        do=_silences,
        query=("all",),
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/silences",
        summary="Silence what fits all matchers. Idempotency-Key makes it once.",
        do=_silence,
        body=("matchers*", "for*", "comment", "until_news"),
    ),
    Operation(
        method="DELETE",
        path=f"{_BASE}/silences/{{id}}",
        summary="End a silence now.",
        do=_expire,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/feeds",
        summary="What is polled, with its state.",
        do=_feeds,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/receivers",
        summary="Who is told, and how they fare.",
        do=_receivers,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/receivers/{{name}}/enable",
        summary="Send to a receiver again.",
        do=_enable,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/receivers/{{name}}/disable",
        summary="Send a receiver nothing; what is due waits.",
        do=_disable,
        body=("reason",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/audit",
        summary="What was changed through this interface, by whom.",
        do=_audit,
        query=("limit",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/openapi.json",
        summary="This document.",
        do=_openapi,
    ),
)


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the operations."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one)
    problem = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tocsin", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"problem": problem},
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    names = [p[1:-1] for p in operation.path.split("/") if p.startswith("{")]
    inside = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
        for n in names
    ]
    asked = [
        {"name": n, "in": "query", "schema": {"type": "string"}}
        for n in operation.query
    ]
    schema = {"$ref": "#/components/schemas/problem"}
    wrong = {"content": {"application/problem+json": {"schema": schema}}}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": f"Needs a token of scope {operation.scope}.",
        "parameters": [*inside, *asked],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {}}},
            "default": {"description": "What is wrong.", **wrong},
        },
    }
    if operation.body:
        fields: dict[str, Any] = {n.rstrip("*"): {} for n in operation.body}
        required = [n[:-1] for n in operation.body if n.endswith("*")]
        shape = {"type": "object", "properties": fields, "required": required}
        content = {"application/json": {"schema": shape}}
        described["requestBody"] = {"content": content}
    return described
