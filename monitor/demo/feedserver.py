"""A web server that publishes the demo's feeds as of a simulated moment."""

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.clock import Clock
from monitor.demo.content import BEGIN, DemoItem, Outlet
from monitor.demo.loopback import LoopbackServer
from monitor.demo.rendering import Entry, render
from monitor.model import Feed, Source

LONGEST_FEED = 30
"""Items that a feed shows; older ones have left it."""
BUSY_EVERY = 9
"""A busy outlet answers each ninth request with 503."""
RETRY_AFTER = timedelta(minutes=10)
"""What it asks for then, in the time of the clock that it was handed."""

_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
}


@dataclass(slots=True)
class FeedCounts:
    """What was asked of the server so far."""

    requests: int = 0
    full: int = 0
    """Answered with the feed."""
    not_modified: int = 0
    busy: int = 0
    """Answered 503."""
    redirected: int = 0
    unknown: int = 0
    """Answered 404."""
    sent: int = 0
    """Bytes of bodies, as sent."""


@dataclass(frozen=True, slots=True)
class _Edition:
    """One state of one feed, ready to be sent."""

    body: bytes
    zipped: bytes
    changed: datetime
    tag: str

    @classmethod
    def of(cls, body: bytes, changed: datetime) -> "_Edition":
        digest = hashlib.blake2b(body, digest_size=8).hexdigest()
        return cls(body, gzip.compress(body, mtime=0), changed, digest)

    def etag(self, *, zipped: bool) -> str:
        """Strong, so the two encodings have different ones (RFC 9110, 8.8.3)."""
        return f'"{self.tag}-gzip"' if zipped else f'"{self.tag}"'


class FeedServer:
    """Serves each outlet's feed with the items that are published by now.

    What a feed shows depends on the clock alone, so it can be asked at any pace.
    """

    def __init__(
        self, items: Iterable[DemoItem], outlets: Sequence[Outlet], clock: Clock
    ) -> None:
        """Keep the items by outlet; `clock` tells the simulated time."""
        self.counts = FeedCounts()
        self._clock = clock
        self._outlets = {outlet.key: outlet for outlet in outlets}
        ordered = sorted(items, key=lambda item: (item.published, item.id))
        self._items = {
            outlet.key: tuple(item for item in ordered if item.outlet == outlet.key)
            for outlet in outlets
        }
        self._first: dict[str, datetime] = {}
        for item in ordered:
            self._first.setdefault(item.url, item.published)
        self._asked = dict.fromkeys(self._outlets, 0)
        self._edition = lru_cache(maxsize=512)(self._render)
        self._base = ""
        app = Starlette(
            routes=[
                Route("/moved/{key}", self._moved),
                Route("/{key}/{path:path}", self._feed),
            ],
            exception_handlers={HTTPStatus.NOT_FOUND: self._unknown},
        )
        self._server = LoopbackServer(app)

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 and return the base address; 0 takes a free port."""
        self._base = await self._server.start(port)
        return self._base

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()

    def feeds(self) -> list[Feed]:
        """Return the feeds to configure; call it after `start`."""
        return [
            Feed(url=self._listed(outlet), name=outlet.name, source=outlet.name)
            for outlet in self._outlets.values()
        ]

    def sources(self) -> list[Source]:
        """Return the outlets behind the feeds."""
        return [outlet.source() for outlet in self._outlets.values()]

    def published(self, url: str) -> datetime | None:
        """Return when an address was first published, in the clock's time.

        `url` may carry the outlet's tracking query; None where it is not known.
        """
        return self._first.get(url.partition("?")[0])

    def _listed(self, outlet: Outlet) -> str:
        if outlet.mishap == "moved":
            return f"{self._base}/moved/{outlet.key}"
        return self._base + _path(outlet)

    # ── answers ──────────────────────────────────────────────────────────────

    async def _unknown(self, request: Request, problem: Exception) -> Response:
        _ = request, problem
        self.counts.requests += 1
        self.counts.unknown += 1
        return Response("no such feed\n", HTTPStatus.NOT_FOUND)

    async def _moved(self, request: Request) -> Response:
        outlet = self._outlets.get(request.path_params["key"])
        if outlet is None or outlet.mishap != "moved":
            return await self._unknown(request, LookupError())
        self.counts.requests += 1
        self.counts.redirected += 1
        return Response(
            status_code=HTTPStatus.MOVED_PERMANENTLY,
            headers={"location": _path(outlet)},
        )

    async def _feed(self, request: Request) -> Response:
        outlet = self._outlets.get(request.path_params["key"])
        if outlet is None or request.url.path != _path(outlet):
            return await self._unknown(request, LookupError())
        self.counts.requests += 1
        self._asked[outlet.key] += 1
        if outlet.mishap == "busy" and self._asked[outlet.key] % BUSY_EVERY == 0:
            self.counts.busy += 1
            wait = str(int(RETRY_AFTER.total_seconds()))
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return Response("busy\n", status, {"retry-after": wait})
        return self._conditional(request, outlet)

    def _conditional(self, request: Request, outlet: Outlet) -> Response:
        now = self._clock.now()
        visible = sum(item.published <= now for item in self._items[outlet.key])
        edition = self._edition(outlet.key, visible)
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "etag": edition.etag(zipped=zipped),
            "last-modified": format_datetime(edition.changed, usegmt=True),
            "vary": "accept-encoding",
        }
        if _is_fresh(request, edition):
            self.counts.not_modified += 1
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if zipped:
            headers["content-encoding"] = "gzip"
        headers["content-type"] = f"{_TYPES[outlet.format]}; charset={outlet.encoding}"
        content = edition.zipped if zipped else edition.body
        self.counts.full += 1
        self.counts.sent += len(content)
        return Response(content, headers=headers)

    def _render(self, key: str, visible: int) -> _Edition:
        """Return the feed as it is after its first `visible` publications."""
        published = self._items[key][:visible]
        latest: dict[str, DemoItem] = {}
        for item in published:
            latest.pop(item.guid, None)
            latest[item.guid] = item
        newest = list(reversed(latest.values()))[:LONGEST_FEED]
        entries = [Entry(item=item, first=self._first[item.url]) for item in newest]
        changed = newest[0].published if newest else BEGIN - timedelta(days=1)
        return _Edition.of(render(self._outlets[key], entries, changed), changed)


def _path(outlet: Outlet) -> str:
    return f"/{outlet.key}{outlet.path}"


def _is_fresh(request: Request, edition: _Edition) -> bool:
    """Whether the asker has this edition (RFC 9110, 13.2.2: the tag goes first)."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        known = {edition.etag(zipped=True), edition.etag(zipped=False), "*"}
        return bool(tags & known)
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return edition.changed <= moment
