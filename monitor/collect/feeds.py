"""One conditional, bounded, guarded GET. No parsing, no clock, no database.

What the server said last time about its feed (ETag, Last-Modified) is echoed to
the letter, both headers together (RFC 9110, 13.1); redirects are followed here,
one by one, each hop through the guard and its host's two slots; a failure of any
kind is an Exchange that says in one sentence what happened.
"""

import asyncio
import base64
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from monitor.collect.bodies import BodyReader, is_cut_off
from monitor.collect.cadence import MOVED_AFTER
from monitor.collect.dialling import ConnectFailed
from monitor.collect.slots import HostSlots
from monitor.collect.transport import Answer, GuardedClient
from monitor.errors import FeedProblem
from monitor.model import Exchange, Feed, FeedState, Fetched

_ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, "
    b"application/xml;q=0.8, text/xml;q=0.8, application/feed+json;q=0.7, */*;q=0.1"
)
_BODY = frozenset({200, 203, 226})
_NOT_MODIFIED = 304
_PERMANENT = frozenset({301, 308})
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_SAID = {
    401: "the server asks for a password",
    402: "the server asks for payment",
    403: "the server refuses us; it may refuse programs, or the network we come from",
    404: "there is nothing at this address; find the feed's new one or remove it",
    406: "the server has no form of the feed that we can read",
    410: "the feed is gone for good; remove it or find its new address",
    429: "the server asks us to come less often",
    451: "the server may not show it to us for legal reasons",
}
_FAULTS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((httpx.TimeoutException,), "timeout", "{host} fell silent"),
    (
        (httpx.UnsupportedProtocol, httpx.InvalidURL),
        "protocol",
        "the address is not a web address",
    ),
    ((ssl.SSLError,), "tls", "the TLS connection to {host} broke"),
    ((httpx.NetworkError, OSError), "connect", "the connection to {host} broke"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one fetch."""

    deadline: float = 30.0
    """Seconds for everything, redirects included; waiting for a slot is free."""
    max_bytes: int = 10 * 1024 * 1024
    """Of the body, on the wire and after decompression."""
    max_redirects: int = 5
    per_host: int = 2
    """Requests at once to one host."""
    spacing: float = 1.0
    """Seconds between the beginnings of two requests to one host; none on loopback."""


_NOWHERE = httpx.URL()


@dataclass(slots=True)
class _Trip:
    """One fetch under way: where it stands and what it has seen."""

    conditions: Sequence[tuple[bytes, bytes]]
    url: httpx.URL = _NOWHERE
    spent: float = 0.0
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received: int = 0
    hops: int = 0
    permanent: bool = True
    visited: set[str] = field(default_factory=set)


class FeedFetcher:
    """Fetches feeds; safe to use for many at once. Satisfies the pipeline's Fetcher."""

    def __init__(self, client: GuardedClient, *, limits: Limits | None = None) -> None:
        """Use a client made by `transport.guarded_client`."""
        self._ask_for = client.ask
        agent = client.headers.get("User-Agent", "").encode("latin-1", "replace")
        self._standing = (
            (b"User-Agent", agent),
            (b"Accept", _ACCEPT),
            (b"Accept-Encoding", b"gzip, deflate"),
            (b"Connection", b"close"),
        )
        self._limits = limits or Limits()
        self._hosts = HostSlots(self._limits.per_host, self._limits.spacing)

    async def fetch(self, feed: Feed, state: FeedState) -> Exchange:
        """Fetch the feed; a failure is an Exchange too, never an exception.

        The validators in `state` go along on every hop: they are what the feed's
        address, redirects and all, answered last.
        """
        trip = _Trip(_conditions(state))
        adopted = ""
        try:
            adopted = state.moved_to if state.moved_count >= MOVED_AFTER else ""
            trip.url = httpx.URL(adopted or feed.url)
            await self._travel(trip)
            outcome, kind, problem = _judge(trip), "", ""
        except FeedProblem as refused:
            outcome, kind, problem = Fetched.FAILED, refused.kind, str(refused)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            outcome = Fetched.FAILED
            kind, problem = self._explain(error, trip)
        moved = (trip.hops or adopted) and trip.permanent
        moved = moved and outcome is not Fetched.FAILED
        final = str(trip.url).partition("#")[0]
        return Exchange(
            outcome=outcome,
            url=feed.url,
            final_url=final or feed.url,
            status=trip.status,
            headers=trip.headers,
            body=trip.body if outcome is Fetched.BODY else b"",
            took=timedelta(seconds=trip.spent),
            kind=kind,
            problem=problem,
            permanent_url=final if moved else "",
        )

    async def _travel(self, trip: _Trip) -> None:
        """Ask, and go on asking where the answers point to."""
        clock = asyncio.get_running_loop().time
        while True:
            _check(trip.url)
            trip.visited.add(str(trip.url))
            async with self._hosts.hold(_host(trip.url)):
                began = clock()
                try:
                    async with asyncio.timeout(self._limits.deadline - trip.spent):
                        target = await self._ask(trip)
                finally:
                    trip.spent += clock() - began
            if not target:
                return
            self._turn(trip, target)

    async def _ask(self, trip: _Trip) -> str:
        """Make one request; return where it redirects to, or "" at the end."""
        answer = await self._ask_for(trip.url, self._headers(trip))
        try:
            trip.status = answer.status
            trip.headers = _readable(answer.headers)
            if answer.status in _REDIRECT:
                return _location(answer)
            if answer.status in _BODY:
                trip.body = await self._read(answer, trip)
                if is_cut_off(trip.body):  # the next 304 would lose what is missing
                    trip.headers = _without_validators(trip.headers)
        finally:
            await answer.aclose()
        return ""

    def _headers(self, trip: _Trip) -> list[tuple[bytes, bytes]]:
        headers = [(b"Host", trip.url.netloc), *self._standing, *trip.conditions]
        if trip.url.userinfo:
            headers.append((b"Authorization", _basic(trip.url)))
        return headers

    async def _read(self, answer: Answer, trip: _Trip) -> bytes:
        reader = BodyReader(
            trip.headers.get("content-encoding", ""), self._limits.max_bytes
        )
        async for raw in answer:
            reader.feed(raw)
            trip.received = reader.received
        return reader.finish()

    def _turn(self, trip: _Trip, target: str) -> None:
        """Point the trip to the next hop; raise FeedProblem where it must not go."""
        here, there = trip.url, _joined(trip.url, target)
        trip.hops += 1
        if trip.hops > self._limits.max_redirects:
            raise FeedProblem(
                "redirect", f"more than {self._limits.max_redirects} redirects"
            )
        if str(there) in trip.visited:
            raise FeedProblem(
                "redirect",
                "the redirects go round in a circle; the site may insist on cookies",
            )
        downgraded = here.scheme == "https" and there.scheme == "http"
        trip.permanent = trip.permanent and trip.status in _PERMANENT and not downgraded
        trip.url = there

    def _explain(self, error: Exception, trip: _Trip) -> tuple[str, str]:
        """Return a failure's kind and one sentence about it."""
        host = _host(trip.url) or "the address"
        if isinstance(error, ConnectFailed):
            return error.kind, f"{host}: {error}"
        if isinstance(error, TimeoutError):
            limit = f"{self._limits.deadline:g} s"
            came = f"{trip.received:,} bytes of the body came"
            return "timeout", f"{host} gave no complete answer in {limit}; {came}"
        for family, kind, sentence in _FAULTS:
            if isinstance(error, family):
                return kind, f"{sentence.format(host=host)} ({_words(error)})"
        return "protocol", f"{host} does not speak proper HTTP ({_words(error)})"


def _basic(url: httpx.URL) -> bytes:
    """Return the name and password of an address as its server takes them."""
    pair = f"{url.username}:{url.password}".encode()
    return b"Basic " + base64.b64encode(pair)


def _words(error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return said or type(error).__name__


def _conditions(state: FeedState) -> list[tuple[bytes, bytes]]:
    """Return the conditional headers, byte for byte what the server once sent.

    With an ETag a server may send the new entries alone (RFC 3229, `A-IM: feed`).
    """
    found = []
    if state.etag and _SENDABLE.fullmatch(state.etag):
        found.append((b"If-None-Match", state.etag.encode("latin-1")))
        found.append((b"A-IM", b"feed"))
    if state.last_modified and _SENDABLE.fullmatch(state.last_modified):
        found.append((b"If-Modified-Since", state.last_modified.encode("latin-1")))
    return found


_SENDABLE = re.compile(r"[ -~\x80-\xff]*")


def _readable(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name, as latin-1 so that they can be echoed."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _without_validators(headers: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k not in {"etag", "last-modified"}}


def _location(answer: Answer) -> str:
    for name, value in answer.headers:
        if name.lower() == b"location":
            try:
                target = value.decode("utf-8").strip()
            except UnicodeDecodeError:
                target = value.decode("latin-1").strip()
            if target:
                return target
    raise FeedProblem(
        "redirect",
        f"the server redirects ({answer.status}) without saying where",
    )


def _joined(here: httpx.URL, target: str) -> httpx.URL:
    """Return where a redirect leads; raise FeedProblem where it must not lead."""
    try:
        there = here.join(target).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise FeedProblem(
            "redirect", f"the server redirects to no proper address ({_words(error)})"
        ) from error
    if there.scheme not in {"http", "https"} or not _host(there):
        raise FeedProblem(
            "redirect", f"the server redirects to {there.scheme}:, not to a web address"
        )
    if there.userinfo and there.userinfo != here.userinfo:
        raise FeedProblem(
            "redirect", f"the server redirects to {_host(there)} with a password in it"
        )
    if here.userinfo and not there.userinfo and _is_same_server(here, there):
        return there.copy_with(username=here.username, password=here.password)
    return there


def _is_same_server(here: httpx.URL, there: httpx.URL) -> bool:
    """Say whether a login for one is meant for the other: its origin, or that over TLS."""
    ways = (here.scheme, here.port), (there.scheme, there.port)
    is_upgrade = ways == (("http", None), ("https", None))
    return _host(here) == _host(there) and (ways[0] == ways[1] or is_upgrade)


def _host(url: httpx.URL) -> str:
    """Return an address's host in letters; where IDNA knows none, as it is asked for.

    Names with an emoji are such: they are registered, though IDNA 2008 forbids them.
    """
    try:
        return url.host
    except ValueError:
        return url.raw_host.decode("ascii", "replace")


def _check(url: httpx.URL) -> None:
    if url.scheme not in {"http", "https"} or not _host(url):
        raise FeedProblem("protocol", "the address is not an http or https address")


def _judge(trip: _Trip) -> Fetched:
    """Return how the exchange ended; raise FeedProblem where the status is a no."""
    if trip.status in _BODY:
        return Fetched.BODY
    if trip.status == _NOT_MODIFIED and trip.conditions:
        return Fetched.NOT_MODIFIED
    if trip.status == _NOT_MODIFIED:
        raise FeedProblem(
            "protocol", "the server says unchanged (304) to a first request"
        )
    raise FeedProblem("status", _refusal(trip))


def _refusal(trip: _Trip) -> str:
    status = trip.status
    if trip.headers.get("cf-mitigated", "").lower() == "challenge":
        return f"the site answers with a test for humans, not the feed ({status})"
    said = _SAID.get(status)
    if said is None:
        trouble = status >= 500  # noqa: PLR2004 - server errors, RFC 9110, 15.6
        said = "the server is in trouble" if trouble else "the server gave no feed"
    head, semicolon, rest = said.partition(";")
    later = trip.headers.get("retry-after", "").strip()
    wait = f"; it says to wait: {later[:40]!r}" if later else ""
    if later.isascii() and later.isdecimal():
        wait = f"; it says to wait {later[:10]} s"
    return f"{head} ({status}){semicolon}{rest}{wait}"
