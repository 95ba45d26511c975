"""What a browser sees at `/`: how Tocsin fares, and what it told last.

A program that asks there gets JSON, as it always did. The page shows alerts, so it is
guarded like the interface for programs. It changes nothing.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from monitor.clock import Clock
from monitor.collect.health import UNHEALTHY, WINDOW, Health, health
from monitor.errors import StoreUnavailable
from monitor.store.records import Store
from monitor.store.views import AlertFilter, FeedRow, ReceiverRow
from monitor.web import front_page
from monitor.web.feeds import notice_of
from monitor.web.front_page import Front
from monitor.web.visitors import CHALLENGE, may_read

MOST_ALERTS = 20
MOST_FEEDS = 2000
"""Feeds that one look at the page goes through: a hundred thousand would take minutes."""
_PAGE = 500
_HTML = "text/html"
_JSON = "application/json"


def wants_page(accept: str) -> bool:
    """Whether who asks prefers HTML to JSON, by the Accept header (RFC 9110, 12.5.1).

    HTML has to be named: `*/*`, as most programs say, is no wish for a page.
    """
    weights = {}
    for one in accept.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        given = [p[2:] for p in parameters if p.startswith("q=")]
        weights[name] = _weight(given[0]) if given else 1.0
    page = weights.get(_HTML, 0.0)
    return page > 0 and page >= weights.get(_JSON, 0.0)


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def page(
    store: Store,
    clock: Clock,
    state: Callable[[], Mapping[str, Any]],
    receivers: Callable[[], Collection[str]],
) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers a browser.

    `state` is how the service says that it fares, `receivers` who is configured now.
    """

    def answer(request: Request) -> Response:
        now = clock.now()
        if not may_read(request, store, now):
            headers = {"WWW-Authenticate": CHALLENGE}
            return _page(front_page.closed(), 401, headers)
        feeds, all_seen = _unhealthy(store, clock)
        alerts = store.alerts(AlertFilter(limit=MOST_ALERTS))
        shown = Front(
            at=now,
            state=state(),
            feeds=feeds,
            all_feeds_seen=all_seen,
            receivers=_ailing(store, receivers()),
            alerts=[(row.alert, notice_of(store, row)) for row in alerts],
        )
        return _page(front_page.opened(shown))

    async def endpoint(request: Request) -> Response:
        try:
            return await run_in_threadpool(answer, request)
        except StoreUnavailable as problem:
            return _page(front_page.unavailable(str(problem)), 503)

    return endpoint


def _ailing(store: Store, configured: Collection[str]) -> list[ReceiverRow]:
    """Return who does not fare well; who was taken out only while something waits."""
    ailing = store.ailing_receivers()
    return [one for one in ailing if one.name in configured or one.pending]


def _unhealthy(store: Store, clock: Clock) -> tuple[list[tuple[FeedRow, Health]], bool]:
    """Return the feeds that do not fare well, and whether all were looked at."""
    found: list[tuple[FeedRow, Health]] = []
    now, after, seen = clock.now(), 0, 0
    while seen < MOST_FEEDS:
        rows = store.feeds_after(after, _PAGE)
        polls = store.polled_of(rows, now - WINDOW)
        fares = [
            (row, health(row.state, polls.get(row.feed.url, ()), now)) for row in rows
        ]
        found += [pair for pair in fares if pair[1].state in UNHEALTHY]
        if len(rows) < _PAGE:
            return found, True
        seen, after = seen + len(rows), rows[-1].number
    return found, False


def _page(
    body: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return HTMLResponse(body, status, headers={**front_page.HEADERS, **(headers or {})})
