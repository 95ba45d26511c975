"""Where hubs ask whether we meant a subscription, and where they push (WebSub).

The path ends in a token that nobody can guess; what is pushed must be signed with the
secret of that very subscription. A wrong signature is answered like a right one, as the
specification has it, and counted; nothing of the body is read.
"""

from collections.abc import Callable
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.clock import Clock
from monitor.collect import hubs
from monitor.errors import StoreUnavailable
from monitor.model import Subscription
from monitor.pipeline.websub import heard
from monitor.store.records import Store

PATH = "/websub/"
_NOSNIFF = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_LATER = {"Retry-After": "60"}


def routes(
    store: Store, clock: Clock, largest: int, count: Callable[[str], None]
) -> list[Route]:
    """Return the callback; `largest` bounds a body, `count` hears what became of it."""
    callback = _Callback(store, clock, largest, count)
    path = PATH + "{token}"
    return [
        Route(path, callback.asked, methods=["GET"]),
        Route(path, callback.pushed, methods=["POST"]),
    ]


class _Callback:
    def __init__(
        self, store: Store, clock: Clock, largest: int, count: Callable[[str], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._largest = largest
        self._count = count

    async def asked(self, request: Request) -> Response:
        """Answer a hub that verifies our intent, or says that it denies."""
        try:
            answer = await run_in_threadpool(self._heard, request)
        except StoreUnavailable:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "later")
        if answer is None:
            return _said(HTTPStatus.NOT_FOUND, "this was not asked for")
        return PlainTextResponse(answer, headers=_NOSNIFF)

    def _heard(self, request: Request) -> str | None:
        known = self._known(request)
        if known is None:
            return None
        query = dict(request.query_params)
        return heard(self._store, known, query, self._clock.now())

    async def pushed(self, request: Request) -> Response:
        """Take what a hub sends; it is stored before it is answered."""
        try:
            status, outcome = await self._pushed(request)
        except ClientDisconnect:
            status, outcome = HTTPStatus.BAD_REQUEST, "broken-off"
        except StoreUnavailable:
            status, outcome = HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable"
        self._count(outcome)
        return _said(status, "" if status is HTTPStatus.ACCEPTED else outcome)

    async def _pushed(self, request: Request) -> tuple[HTTPStatus, str]:
        # Anybody can ask here: whoever knows no token has nothing of his read.
        known = await run_in_threadpool(self._known, request)
        if known is None:
            return HTTPStatus.GONE, "unknown"
        body = await _body(request, self._largest)
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"
        return await run_in_threadpool(self._take, request, known, body)

    def _known(self, request: Request) -> Subscription | None:
        return self._store.hubs.of_token(request.path_params["token"])

    def _take(
        self, request: Request, known: Subscription, body: bytes
    ) -> tuple[HTTPStatus, str]:
        if not hubs.is_signed(known, request.headers.get("x-hub-signature", ""), body):
            self._store.hubs.count_refused(known.id)
            return HTTPStatus.ACCEPTED, "bad-signature"
        kind = request.headers.get("content-type", "")
        if not self._store.hubs.add_push(known, kind, body, self._clock.now()):
            return HTTPStatus.SERVICE_UNAVAILABLE, "too-many-waiting"
        return HTTPStatus.ACCEPTED, "taken"


async def _body(request: Request, largest: int) -> bytes | None:
    """Return the body; None where it is too large."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > largest:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            return None
        parts.append(part)
    return b"".join(parts)


def _said(status: HTTPStatus, text: str) -> Response:
    later = _LATER if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return PlainTextResponse(text, status_code=status, headers={**_NOSNIFF, **later})
