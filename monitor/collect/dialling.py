"""Dialling: a host's addresses, asked of the system once, judged, and then dialled.

A name is resolved once, every answer is judged, and a literal is dialled, so that a
name which changes its answer between check and use (DNS rebinding) gains nothing. The
maker of the socket asks the guard again about the address that it is for: a literal in
a feed's address never passes a resolver.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from itertools import chain, zip_longest

import httpx
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.collect.addresses import AddressGuard

_MOST_ADDRESSES = 6
NO_NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN})
"""What the system says where the fault is on this side."""


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

    def __init__(self, reason: str) -> None:
        """Say which address and why; the remedy is `allow_networks`."""
        super().__init__(
            "forbidden-address",
            f"its address must not be dialled: {reason}; "
            "where it is meant, list its network under allow_networks",
        )


async def judged(guard: AddressGuard, host: str, port: int) -> list[str]:
    """Return the addresses of a host; raise ForbiddenAddress or ConnectFailed.

    One forbidden answer condemns the host: a public address beside a private one is
    the mark of rebinding, not of an honest name.
    """
    addresses = await resolve(host, port)
    for address in addresses:
        reason = guard.refusal(address)
        if reason:
            raise ForbiddenAddress(reason)
    return addresses


class GuardedResolver(AbstractResolver):
    """Resolves for aiohttp, and lets through only what may be dialled."""

    def __init__(self, guard: AddressGuard) -> None:
        """Ask this guard about every answer."""
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raise ForbiddenAddress or ConnectFailed."""
        del family  # both are taken; the connector tries them side by side
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if _version(address) == _V6 else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await judged(self._guard, host, port)
        ]

    async def close(self) -> None:
        """Nothing is held."""


_V6 = 6


def guarded_socket(guard: AddressGuard) -> Callable[[AddrInfoType], socket.socket]:
    """Return what makes sockets for allowed addresses, and for no others."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        reason = guard.refusal(str(address[0]))
        if reason:
            raise ForbiddenAddress(reason)
        return socket.socket(family, kind, protocol)

    return make


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
    return ipaddress.ip_address(literal.partition("%")[0]).version


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


def tls_words(error: ssl.SSLError) -> str:
    """Say in one clause why a TLS handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    words = (error.reason or "").replace("_", " ").lower()
    return f"the TLS handshake failed ({words or 'no reason given'})"
