"""The one HTTP client through which anything leaves: feeds, redirects, webhooks.

httpx is what the rest of the program sees; aiohttp carries the bytes, at a third of the
cost. What it would do on its own is taken from it: it keeps no cookies, follows no
redirect, undoes no compression, and requotes no address, which would break those that
are signed. The guard judges each address when it is dialled (`dialling`).

Each request opens its own connection and closes it. A feed is polled every few
minutes, so an idle connection would seldom be there when it is wanted, and a pool
that must look through hundreds of them costs more than it saves.
"""

import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Sequence
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
import yarl

from monitor.collect.addresses import AddressGuard
from monitor.collect.dialling import (
    NO_NETWORK,
    ConnectFailed,
    GuardedResolver,
    guarded_socket,
    judged,
    tls_words,
)
from monitor.collect.secondary import SecondaryTransport

_LONGEST_HEADER = 64 * 1024
_MOST_HEADERS = 512
_MOST_REMEMBERED = 1000
_NEXT_ADDRESS_AFTER = 0.25
"""Seconds for one address before the next is tried beside it (RFC 8305)."""
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class GuardedClient(httpx.AsyncClient):
    """An httpx client, and the transport under it for those who count the cost."""

    def __init__(
        self,
        transport: "GuardedTransport",
        user_agent: str,
        *,
        keep_alive: bool = False,
    ) -> None:
        """Keep no cookies, send no Referer, follow no redirect, trust no variable."""
        self._guarded = transport
        super().__init__(
            transport=transport,
            headers={
                "User-Agent": user_agent,
                "Accept-Encoding": "identity",
                "Connection": "keep-alive" if keep_alive else "close",
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
        )

    def ask(
        self, url: httpx.URL, headers: Sequence[tuple[bytes, bytes]]
    ) -> Awaitable["Answer"]:
        """GET with these headers and no others, past httpx's own layers.

        They cost more than the sending, and what they add (cookies, redirects, merged
        addresses) no feed wants. Only connecting has a time limit of its own; the
        whole is the caller's.
        """
        return self._guarded.ask(url, headers, _timeout(None, self.timeout.connect))


def guarded_client(  # noqa: PLR0913 - what a client is made of
    guard: AddressGuard,
    *,
    user_agent: str,
    connect_timeout: float = 10.0,
    read_timeout: float = 20.0,
    verify: ssl.SSLContext | bool = True,
    proxy: str = "",
    keep_alive: bool = False,
) -> GuardedClient:
    """Return a client that dials no address the guard refuses.

    It asks for no compression, speaks HTTP/1.1 over http and https alone, and ignores
    proxy settings of the environment. `proxy` is the address of an HTTP proxy that
    everything goes through, `http://user:password@host:port`; targets are judged
    before it is asked. The timeouts are seconds between two bytes; a total deadline is
    the caller's. `verify` is True (the trust store of certifi, or SSL_CERT_FILE), or a
    context. `keep_alive` keeps the connections of POSTs for half a minute.

    A failed connection raises ConnectFailed, a refused address ForbiddenAddress,
    everything else the errors of httpx.
    """
    context = verify if isinstance(verify, ssl.SSLContext) else _tls(verify)
    transport = GuardedTransport(guard, context, proxy=proxy, keep_alive=keep_alive)
    client = GuardedClient(transport, user_agent, keep_alive=keep_alive)
    client.timeout = httpx.Timeout(read_timeout, connect=connect_timeout)
    return client


def _tls(verify: bool) -> ssl.SSLContext:  # noqa: FBT001 - httpx's own parameter
    return httpx.create_ssl_context(verify=verify)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request over a connection of its own, through the guard."""

    def __init__(
        self,
        guard: AddressGuard,
        context: ssl.SSLContext,
        *,
        proxy: str = "",
        keep_alive: bool = False,
    ) -> None:
        """Share one TLS context: making one costs more than a request."""
        self._guard = guard
        self._context = context
        self._proxy = yarl.URL(proxy) if proxy else None
        self._session: aiohttp.ClientSession | None = None
        self._secondary = SecondaryTransport(guard, context, keep_alive=keep_alive)
        self._refused: dict[bytes, None] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and return the answer with its body unread.

        A POST goes through httpcore: it may have had its effect, so it cannot be asked
        again, and receivers that say 204 with a body, which aiohttp refuses, are not
        rare.
        """
        if request.method != "GET" and self._proxy is None:
            return await self._secondary.handle_async_request(request)
        limits = request.extensions.get("timeout", {})
        timeout = _timeout(limits.get("read"), limits.get("connect"))
        answer = await self.ask(request.url, request.headers.raw, timeout, request)
        return httpx.Response(
            status_code=answer.status,
            headers=list(answer.headers),
            stream=answer,
            request=request,
            extensions={"reason_phrase": answer.reason},
        )

    async def ask(
        self,
        url: httpx.URL,
        headers: Sequence[tuple[bytes, bytes]],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - of single steps
        request: httpx.Request | None = None,
    ) -> "Answer":
        """Make a request, a GET unless another one is handed in.

        What aiohttp cannot read is asked for once more through httpcore, and the host
        is remembered.
        """
        if url.scheme not in {"http", "https"}:
            raise httpx.UnsupportedProtocol(f"{url.scheme}: is neither http nor https")
        refused = url.netloc in self._refused
        if not refused:
            try:
                return await self._send(url, headers, timeout, request)
            except _Unreadable:
                if self._proxy is not None:
                    raise
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise _translated(error) from error
        again = httpx.Request("GET", url, headers=list(headers))
        answer = await self._secondary.handle_async_request(again)
        if not refused:
            while len(self._refused) >= _MOST_REMEMBERED:
                del self._refused[next(iter(self._refused))]
            self._refused[url.netloc] = None
        return _Other(answer)

    async def aclose(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
        await self._secondary.aclose()

    async def _send(
        self,
        url: httpx.URL,
        headers: Sequence[tuple[bytes, bytes]],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - of single steps
        request: httpx.Request | None,
    ) -> "Answer":
        if url.userinfo:  # it stands in the Authorization header by now
            url = url.copy_with(username=None, password=None)
        target, name = yarl.URL(str(url), encoded=True), None
        if self._proxy is not None:
            target, name = await self._target(url, target)
        try:
            answer = await self._open().request(
                request.method if request else "GET",
                target,
                headers=_headers(headers),
                data=await request.aread() or None if request else None,
                allow_redirects=False,
                timeout=timeout,
                server_hostname=name,
                proxy=self._proxy,
            )
        except aiohttp.ClientHttpProxyError:
            raise
        except aiohttp.ClientResponseError as error:
            raise _Unreadable(" ".join(error.message.split())[:200]) from error
        return Answer(answer)

    async def _target(
        self, url: httpx.URL, target: yarl.URL
    ) -> tuple[yarl.URL, str | None]:
        """Return the address to ask, and the name of its certificate where it is not in it.

        A proxy resolves for itself. It is told the address that was judged, so that a
        name cannot change in between; over plain http it needs the name, since it takes
        the Host from it.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        host = url.raw_host.decode("ascii")
        addresses = await judged(self._guard, host, port)
        if url.scheme == "http":
            return target, None
        four = [address for address in addresses if ":" not in address]
        return target.with_host((four or addresses)[0]), host

    def _open(self) -> aiohttp.ClientSession:
        """Return the session; it belongs to the event loop that is running."""
        if self._session is None:
            # Through a proxy only the proxy is dialled, which a person has chosen.
            direct = self._proxy is None
            connector = aiohttp.TCPConnector(
                ssl=self._context,
                limit=0,
                force_close=True,
                use_dns_cache=False,
                happy_eyeballs_delay=_NEXT_ADDRESS_AFTER,
                resolver=GuardedResolver(self._guard) if direct else None,
                socket_factory=guarded_socket(self._guard) if direct else None,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_AUTOMATIC,
                auto_decompress=False,
                trust_env=False,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
                max_headers=_MOST_HEADERS,
            )
        return self._session


class Answer(httpx.AsyncByteStream):
    """An answer with its body unread; closing it closes its connection."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        """Take what aiohttp returned."""
        self._answer = answer
        self.status: int = answer.status
        self.headers: Sequence[tuple[bytes, bytes]] = answer.raw_headers

    @property
    def reason(self) -> bytes:
        """What stands beside the status."""
        return (self._answer.reason or "").encode("ascii", "replace")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body as it came over the wire."""
        try:
            async for part in self._answer.content.iter_any():
                yield part
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _translated(error) from error

    async def aclose(self) -> None:
        """Close the connection."""
        self._answer.close()


class _Other(Answer):
    """The same, as httpx has it."""

    def __init__(self, answer: httpx.Response) -> None:
        self._response = answer
        self.status = answer.status_code
        self.headers = answer.headers.raw

    @property
    def reason(self) -> bytes:
        return self._response.reason_phrase.encode("ascii", "replace")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_raw():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class _Unreadable(httpx.RemoteProtocolError):
    """The head of an answer that aiohttp refuses; httpcore may be less strict."""


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Return the headers as aiohttp takes them, so that they leave as they came.

    It writes text as UTF-8. A validator that is not UTF-8 goes through httpcore, which
    takes bytes.
    """
    try:
        return [(name.decode("ascii"), value.decode()) for name, value in raw]
    except UnicodeDecodeError as error:
        raise _Unreadable(f"a header is not UTF-8 ({error})") from error


@lru_cache(maxsize=64)
def _timeout(read: float | None, connect: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=connect, sock_read=read)


def _translated(error: Exception) -> Exception:
    """Return the error that says the same in httpx's words."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_connected(error)
    if isinstance(error, aiohttp.InvalidURL):
        return ConnectFailed("dns", f"it is not a possible address ({error})")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return httpx.ProxyError(f"the proxy answers {error.status}: {error.message}")
    for family, said in _SAME:
        if isinstance(error, family):
            return said(str(error))
    return httpx.RemoteProtocolError(str(error))


_SAME: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientOSError, httpx.ReadError),
    (ValueError, httpx.LocalProtocolError),
)
"""The first that fits counts."""


def _not_connected(error: aiohttp.ClientConnectorError) -> ConnectFailed:
    """Return a failed connection with its kind."""
    cause: Exception = error.os_error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    if isinstance(cause, ssl.SSLError):
        return ConnectFailed("tls", tls_words(cause))
    proxy = isinstance(error, aiohttp.ClientProxyConnectionError)
    place = f"the proxy, port {error.port}" if proxy else f"port {error.port}"
    if not isinstance(cause, OSError) or cause.errno is None:
        return ConnectFailed("connect", f"{place}: {cause}")
    kind = "offline" if cause.errno in NO_NETWORK else "connect"
    return ConnectFailed(kind, f"{place}: {os.strerror(cause.errno).lower()}")
