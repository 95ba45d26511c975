"""Requests over httpcore, for the servers whose answers aiohttp refuses to read.

Two equal Content-Length fields, a length beside chunks, a header of hundreds of lines:
the parsers of the two libraries draw the line in different places. What the first one
refuses is asked once through this one. Each request opens its own connection, unless
connections are to be kept: a receiver that is written to every few seconds need not be
dialled, and judged, for each message.
"""

import asyncio
import contextlib
import os
import ssl
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)

import httpcore
import httpx

from monitor.collect.addresses import AddressGuard
from monitor.collect.dialling import NO_NETWORK, ConnectFailed, judged, tls_words

_NEXT_ADDRESS_AFTER = 3.0
"""Seconds for one address while others remain; a dead IPv6 route costs no more."""

_EXCEPTIONS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.TimeoutException: httpx.ReadTimeout,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.ProtocolError: httpx.RemoteProtocolError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}


_KEPT_SECONDS = 30.0
_MOST_KEPT = 8
"""Idle connections to one origin."""
_GONE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


class SecondaryTransport(httpx.AsyncBaseTransport):
    """Sends requests over connections through the guard, one each or kept ones."""

    def __init__(
        self,
        guard: AddressGuard,
        context: ssl.SSLContext,
        *,
        keep_alive: bool = False,
    ) -> None:
        """Share one TLS context: making one costs more than a request."""
        self._backend = GuardedBackend(guard)
        self._context = context
        self._keep = keep_alive
        self._idle: dict[str, list[httpcore.AsyncHTTPConnection]] = {}

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        kept = [one for idle in self._idle.values() for one in idle]
        self._idle.clear()
        for connection in kept:
            await connection.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and return the answer with its body unread."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        if url.scheme not in {b"http", b"https"}:
            scheme = url.scheme.decode("ascii", "replace")
            raise httpx.UnsupportedProtocol(f"{scheme}: is neither http nor https")
        message = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        kept = await self._kept(url.origin)
        if kept is not None:
            try:
                return await self._send(message, kept)
            except _GONE:
                # The other side closed it while it was idle; it has seen nothing,
                # or sees it again under the same id.
                pass
        connection = httpcore.AsyncHTTPConnection(
            url.origin,
            ssl_context=self._context,
            network_backend=self._backend,
            keepalive_expiry=_KEPT_SECONDS,
        )
        return await self._send(message, connection)

    async def _send(
        self, message: httpcore.Request, connection: httpcore.AsyncHTTPConnection
    ) -> httpx.Response:
        try:
            with _as_httpx():
                answer = await connection.handle_async_request(message)
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection, self._put_away),
            extensions=answer.extensions,
        )

    async def _kept(
        self, origin: httpcore.Origin
    ) -> httpcore.AsyncHTTPConnection | None:
        """Return a connection that was kept and is still open."""
        idle = self._idle.get(str(origin), [])
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _put_away(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Keep a connection whose answer was read to its end; close any other."""
        origin = str(connection._origin)  # noqa: SLF001 - it is what it was made for
        idle = self._idle.setdefault(origin, [])
        if self._keep and connection.is_idle() and len(idle) < _MOST_KEPT:
            idle.append(connection)
        else:
            await connection.aclose()


class _Body(httpx.AsyncByteStream):
    """A body that gives its connection back when it is closed."""

    def __init__(
        self,
        answer: httpcore.Response,
        connection: httpcore.AsyncHTTPConnection,
        put_away: Callable[[httpcore.AsyncHTTPConnection], Awaitable[None]],
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._put_away = put_away

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._answer.stream
        if not isinstance(stream, AsyncIterable):
            raise TypeError("an asynchronous answer has an asynchronous body")
        with _as_httpx():
            async for part in stream:
                yield part

    async def aclose(self) -> None:
        with _as_httpx():
            await self._answer.aclose()
        await self._put_away(self._connection)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves once, asks the guard about every answer, dials the literal."""

    def __init__(self, guard: AddressGuard) -> None:
        """Dial through httpcore's own backend once an address has passed."""
        self._guard = guard
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host; raise ForbiddenAddress or ConnectFailed."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await judged(self._guard, host, port)
                return await self._dial(addresses, port, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection in {timeout:g} s") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a socket in the file system has no address to judge."""
        del timeout, socket_options
        raise ConnectFailed("connect", f"{path} is a local socket")

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore calls it between its own retries."""
        await asyncio.sleep(seconds)

    async def _dial(
        self,
        addresses: list[str],
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        """Try the addresses in turn; raise ConnectFailed with the first real fault."""
        failures: list[ConnectFailed] = []
        for left, address in zip(
            range(len(addresses) - 1, -1, -1), addresses, strict=True
        ):
            try:
                return await self._network.connect_tcp(
                    address,
                    port,
                    timeout=_NEXT_ADDRESS_AFTER if left else None,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failures.append(_failure(error, address, port))
        failures.sort(key=lambda failure: failure.kind == "offline")
        raise failures[0]


def _failure(error: Exception, address: str, port: int) -> ConnectFailed:
    if isinstance(error, httpcore.ConnectTimeout):
        return ConnectFailed("connect", f"{address} port {port} does not answer")
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno is not None:
            kind = "offline" if cause.errno in NO_NETWORK else "connect"
            said = os.strerror(cause.errno).lower()
            return ConnectFailed(kind, f"{address} port {port}: {said}")
    return ConnectFailed("connect", f"{address} port {port} refused the connection")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Turn httpcore's errors into those of httpx; a TLS fault into ConnectFailed."""
    try:
        yield
    except tuple(_EXCEPTIONS) as error:
        if isinstance(error, httpcore.ConnectError):
            for cause in _causes(error):
                if isinstance(cause, ssl.SSLError):
                    raise ConnectFailed("tls", tls_words(cause)) from error
        mapped = next(_EXCEPTIONS[c] for c in type(error).__mro__ if c in _EXCEPTIONS)
        raise mapped(str(error)) from error
