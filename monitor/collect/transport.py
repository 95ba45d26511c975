"""The one HTTP client through which anything leaves: feeds, redirects, webhooks.

The guard is asked at connect time, about the addresses that are really dialled:
the name is resolved once, every answer is judged, and the literal is dialled, so
that a name which changes its answer between check and use (DNS rebinding) gains
nothing. TLS and the Host header keep the name.

Each request opens its own connection and closes it. A feed is polled every few
minutes, so an idle connection would seldom be there when it is wanted, and a
pool that must look through hundreds of them costs more than it saves.
"""

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import chain, zip_longest

import httpcore
import httpx

from monitor.collect.addresses import AddressGuard

_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN})
_MOST_ADDRESSES = 6
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


class ConnectFailed(httpx.ConnectError):
    """No connection came about.

    `kind` is `dns`, `offline` (this machine has no network), `tls`, `connect` or
    `forbidden-address`; the message is one clause such as "it has no address".
    """

    def __init__(self, kind: str, message: str) -> None:
        """Name the kind and say what happened."""
        super().__init__(message)
        self.kind = kind


class ForbiddenAddress(ConnectFailed):
    """The guard refused an address of the host; nothing was dialled."""

    def __init__(self, host: str, reason: str) -> None:
        """Say which host and why; the remedy is `allow_networks`."""
        super().__init__(
            "forbidden-address",
            f"{host} leads to an address that must not be dialled: {reason}; "
            "where it is meant, list its network under allow_networks",
        )


def guarded_client(
    guard: AddressGuard,
    *,
    user_agent: str,
    connect_timeout: float = 10.0,
    read_timeout: float = 20.0,
    verify: ssl.SSLContext | bool = True,
) -> httpx.AsyncClient:
    """Return a client that dials no address the guard refuses.

    It keeps no cookies, sends no Referer, follows no redirect, asks for no
    compression, speaks HTTP/1.1 over http and https alone, and ignores proxy
    settings of the environment: a proxy would dial on its own, past the guard.
    The timeouts are seconds between two bytes; a total deadline is the caller's.
    `verify` is True (the trust store of certifi, or SSL_CERT_FILE), or a context.

    A failed connection raises ConnectFailed, a refused address ForbiddenAddress,
    everything else the errors of httpx.
    """
    context = verify if isinstance(verify, ssl.SSLContext) else _tls(verify)
    return httpx.AsyncClient(
        transport=GuardedTransport(guard, context),
        headers={
            "User-Agent": user_agent,
            "Accept-Encoding": "identity",
            "Connection": "close",
        },
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
        follow_redirects=False,
        trust_env=False,
    )


def _tls(verify: bool) -> ssl.SSLContext:  # noqa: FBT001 - httpx's own parameter
    return httpx.create_ssl_context(verify=verify)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request over a connection of its own, through the guard."""

    def __init__(self, guard: AddressGuard, context: ssl.SSLContext) -> None:
        """Share one TLS context: making one costs more than a request."""
        self._backend = GuardedBackend(guard)
        self._context = context

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
        connection = httpcore.AsyncHTTPConnection(
            url.origin, ssl_context=self._context, network_backend=self._backend
        )
        message = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            with _as_httpx():
                answer = await connection.handle_async_request(message)
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection),
            extensions=answer.extensions,
        )


class _Body(httpx.AsyncByteStream):
    """A body that closes its connection with it."""

    def __init__(
        self, answer: httpcore.Response, connection: httpcore.AsyncHTTPConnection
    ) -> None:
        self._answer = answer
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._answer.stream
        if not isinstance(stream, AsyncIterable):
            raise TypeError("an asynchronous answer has an asynchronous body")
        with _as_httpx():
            async for part in stream:
                yield part

    async def aclose(self) -> None:
        await self._connection.aclose()


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
        """Connect to a host; raise ForbiddenAddress or ConnectFailed.

        One forbidden answer condemns the host: a public address beside a private
        one is the mark of rebinding, not of an honest name.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await resolve(host, port)
                for address in addresses:
                    reason = self._guard.refusal(address)
                    if reason:
                        raise ForbiddenAddress(host, reason)
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


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, families alternating, in the system's order.

    Raise ConnectFailed of kind `dns` or `offline`. Each look-up has a thread of its
    own: a resolver can hang for half a minute, and a shared pool would hang with it.
    """
    try:
        literals = _ask_system(host, port, socket.AI_NUMERICHOST)
    except OSError:
        literals = await _look_up(host, port)
    except UnicodeError:
        raise ConnectFailed("dns", f"{host} is not a possible name") from None
    first = _version(literals[0])
    mine = [literal for literal in literals if _version(literal) == first]
    other = [literal for literal in literals if _version(literal) != first]
    mixed = [one for one in chain(*zip_longest(mine, other)) if one is not None]
    return mixed[:_MOST_ADDRESSES]


def _version(literal: str) -> int:
    return ipaddress.ip_address(literal).version


def _ask_system(host: str, port: int, flags: int = 0) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _look_up(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str], problem: ConnectFailed | None) -> None:
        if answer.done():
            return
        if problem is None:
            answer.set_result(found)
        else:
            answer.set_exception(problem)

    def ask() -> None:
        found: list[str] = []
        problem = None
        try:
            found = _ask_system(host, port)
        except socket.gaierror as error:
            kind = "offline" if error.errno == socket.EAI_AGAIN else "dns"
            problem = ConnectFailed(kind, f"{host} has no address ({error.strerror})")
        except (OSError, UnicodeError):
            problem = ConnectFailed("dns", f"{host} is not a possible name")
        with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
            loop.call_soon_threadsafe(settle, found, problem)

    threading.Thread(target=ask, name=f"dns {host}", daemon=True).start()
    return await answer


def _failure(error: Exception, address: str, port: int) -> ConnectFailed:
    if isinstance(error, httpcore.ConnectTimeout):
        return ConnectFailed("connect", f"{address} port {port} does not answer")
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno is not None:
            kind = "offline" if cause.errno in _NO_NETWORK else "connect"
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
                    raise ConnectFailed("tls", _tls_words(cause)) from error
        mapped = next(_EXCEPTIONS[c] for c in type(error).__mro__ if c in _EXCEPTIONS)
        raise mapped(str(error)) from error


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    words = (error.reason or "").replace("_", " ").lower()
    return f"the TLS handshake failed ({words or 'no reason given'})"
