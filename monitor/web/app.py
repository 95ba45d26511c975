"""The ASGI app: health, readiness, metrics, reload.

Health says whether the process works; readiness whether it does its job. Only
reload changes anything, and only with the token, or, where none is configured,
from this machine itself.
"""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.web import api
from monitor.web.calls import problem
from monitor.web.front import wants_page

Endpoint = Callable[[Request], Awaitable[Response]]


class Service(Protocol):
    """What the web shows of the running service."""

    def health(self) -> dict[str, Any]:
        """Return the state of the parts; the key `ok` says whether all work."""
        ...

    def ready(self) -> dict[str, Any]:
        """Return whether the service is doing its job; the key `ok` sums it up."""
        ...

    async def reload(self) -> list[str]:
        """Reload rules and feeds; return the problems, none when it is applied."""
        ...


def create_app(
    service: Service,
    registry: CollectorRegistry,
    token: str,
    more: Sequence[Route] = (),
    page: Endpoint | None = None,
) -> Starlette:
    """Build the app; `token` guards what changes state ("" allows loopback only).

    `more` are the routes of the interface for programs and `page` what a browser gets at
    `/`; they guard themselves.
    """

    async def index(request: Request) -> Response:
        if page is not None and wants_page(request.headers.get("accept", "")):
            return await page(request)
        listed = {"service": "tocsin", "paths": sorted(paths)}
        return JSONResponse(listed, headers={"Vary": "Accept"})

    routes = [
        Route("/", index),
        Route("/-/healthy", _state(service.health)),
        Route("/-/ready", _state(service.ready)),
        Route("/metrics", _metrics(registry)),
        Route("/-/reload", _guarded(_reload(service), token), methods=["POST"]),
    ]
    routes += more
    paths = {route.path for route in routes}
    app = Starlette(
        routes=routes,
        exception_handlers=_FAULTS,
        middleware=[Middleware(_WithoutNul)],
    )
    # What the address of a redirection would be only a proxy before us knows: ours has
    # no TLS and no prefix, and a token in the address, or a POST, would go there.
    app.router.redirect_slashes = False
    return app


async def _not_answered(request: Request, error: Exception) -> Response:
    """Say why no path answers; programs get what they get for any fault (RFC 9457)."""
    status, said, headers = 500, "it is in the log", None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
        said = {
            404: f"there is no path {request.url.path!r}; see {api.BASE}/openapi.json",
            405: f"{request.method} does nothing here; see {api.BASE}/openapi.json",
        }.get(status, error.detail)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(_methods(request))}
    if request.url.path.startswith(f"{api.BASE}/"):
        return problem(status, said, headers)
    plain = HTTPStatus(status).phrase
    return PlainTextResponse(plain, status, headers=headers)


def _methods(request: Request) -> list[str]:
    """Return what a path answers, by all of its routes (RFC 9110, 10.2.1)."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


_FAULTS: Mapping[Any, Any] = {HTTPException: _not_answered, Exception: _not_answered}


class _WithoutNul:
    """Refuses addresses with a NUL: no name has one, and PostgreSQL takes none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http"
        if is_asked and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            wrong = HTTPException(400, "the address has a NUL (%00); no name has one")
            answer = await _not_answered(Request(scope), wrong)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _state(look: Callable[[], dict[str, Any]]) -> Endpoint:
    """Answer with a state: 200 where its `ok` holds, else 503."""

    async def state(request: Request) -> Response:
        _ = request
        found = await run_in_threadpool(look)
        return JSONResponse(found, status_code=200 if found["ok"] else 503)

    return state


def _metrics(registry: CollectorRegistry) -> Endpoint:
    async def metrics(request: Request) -> Response:
        _ = request
        text = await run_in_threadpool(generate_latest, registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return metrics


def _reload(service: Service) -> Endpoint:
    async def reload(request: Request) -> Response:
        _ = request
        problems = await service.reload()
        if problems:
            return JSONResponse(
                {"reloaded": False, "problems": problems}, status_code=422
            )
        return JSONResponse({"reloaded": True})

    return reload


def _guarded(endpoint: Endpoint, token: str) -> Endpoint:
    """Let only those in who know the token; without one, only this machine."""

    async def guarded(request: Request) -> Response:
        if not _allowed(request, token):
            said = "this needs the token of server.token_file"
            return JSONResponse(
                {"error": said},
                status_code=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        return await endpoint(request)

    return guarded


def _allowed(request: Request, token: str) -> bool:
    # A page in somebody's browser can make it POST here: it then names its origin.
    if "origin" in request.headers:
        return False
    if token:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
