"""The guard against server-side request forgery: which addresses may be dialled.

A feed's address, its redirects and its DNS answers are all chosen by strangers.
Whoever dials asks the guard about the address that is dialled, after the name was
resolved; a check of the name alone is void, since the name may be resolved anew.

The lists follow the IANA registries of special-purpose addresses (RFC 6890). They
are written out because `ipaddress.is_global` calls multicast, NAT64 and 6to4
forms of private addresses, and in some versions site-local ones, global.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

_REFUSED_4 = {
    "0.0.0.0/8": "this host (RFC 1122)",
    "10.0.0.0/8": "a private network (RFC 1918)",
    "100.64.0.0/10": "a provider's internal network (RFC 6598)",
    "127.0.0.0/8": "this machine (loopback)",
    "168.63.129.16/32": "a cloud platform's internal service",
    "169.254.0.0/16": "link-local; cloud metadata lives there (RFC 3927)",
    "172.16.0.0/12": "a private network (RFC 1918)",
    "192.0.0.0/24": "reserved for protocols (RFC 6890)",
    "192.0.2.0/24": "for documentation (RFC 5737)",
    "192.31.196.0/24": "reserved for AS112 (RFC 7535)",
    "192.52.193.0/24": "reserved for multicast relays (RFC 7450)",
    "192.88.99.0/24": "a 6to4 relay (RFC 7526)",
    "192.168.0.0/16": "a private network (RFC 1918)",
    "192.175.48.0/24": "reserved for AS112 (RFC 7534)",
    "198.18.0.0/15": "for benchmarks (RFC 2544)",
    "198.51.100.0/24": "for documentation (RFC 5737)",
    "203.0.113.0/24": "for documentation (RFC 5737)",
    "224.0.0.0/4": "multicast (RFC 5771)",
    "255.255.255.255/32": "broadcast (RFC 919)",
    "240.0.0.0/4": "reserved (RFC 1112)",
}
_REFUSED_6 = {
    "::/128": "this host (unspecified)",
    "::1/128": "this machine (loopback)",
    "64:ff9b:1::/48": "a network's own NAT64 (RFC 8215)",
    "100::/64": "discarded (RFC 6666)",
    "2001::/32": "a Teredo tunnel (RFC 4380)",
    "2001:2::/48": "for benchmarks (RFC 5180)",
    "2001:db8::/32": "for documentation (RFC 3849)",
    "2001::/23": "reserved for protocols (RFC 2928)",
    "2620:4f:8000::/48": "reserved for AS112 (RFC 7534)",
    "3fff::/20": "for documentation (RFC 9637)",
    "5f00::/16": "for segment routing (RFC 9602)",
    "fc00::/7": "a private network (RFC 4193)",
    "fe80::/10": "link-local (RFC 4291)",
    "fec0::/10": "site-local (RFC 3879)",
    "ff00::/8": "multicast (RFC 4291)",
}
_LISTED: tuple[tuple[_Network, str], ...] = tuple(
    (ip_network(network), why) for network, why in {**_REFUSED_4, **_REFUSED_6}.items()
)
_UNICAST_6 = ip_network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


_MOST_REMEMBERED = 4096


class AddressGuard:
    """Says which addresses may be dialled: public ones, and those a person allowed."""

    def __init__(self, allow_networks: Sequence[str | _Network] = ()) -> None:
        """Allow these networks besides the public ones.

        Raise ValueError where one is not a network (`10.0.0.0/8`, `fd00::/8`).
        """
        self._allowed = tuple(ip_network(network) for network in allow_networks)
        self.refusal = lru_cache(_MOST_REMEMBERED)(self._refusal)

    def _refusal(self, address: str) -> str:
        """Return why an address must not be dialled, in words; "" when it may be.

        `address` is a literal as the resolver returned it. An address that carries
        another one inside (IPv4-mapped, 6to4, NAT64, Teredo) is judged by both.
        """
        try:
            outer = ip_address(address)
        except ValueError:
            return f"{address} is not an IP address"
        for inner in _carried(outer):
            why = self._why_not(inner)
            if why:
                carried = f", which stands for {inner}," if inner != outer else ""
                return f"{outer}{carried} is {why}"
        return ""

    def _why_not(self, address: _Address) -> str:
        if any(_holds(network, address) for network in self._allowed):
            return ""
        for network, why in _LISTED:
            if _holds(network, address):
                return why
        if isinstance(address, IPv6Address) and not _is_public_shape(address):
            return "outside the public address space (RFC 4291)"
        return ""


def _holds(network: _Network, address: _Address) -> bool:
    return network.version == address.version and address in network


def _is_public_shape(address: IPv6Address) -> bool:
    """Return whether it is global unicast or a wrapper judged by what it carries."""
    wraps = address.ipv4_mapped is not None or address in _NAT64
    return wraps or address in _UNICAST_6


def _carried(address: _Address) -> Iterator[_Address]:
    """Yield the address and every IPv4 address a translator may read out of it."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    low = int(address) & 0xFFFF_FFFF
    # ::1 and :: are themselves, not compatible forms of 0.0.0.1 and 0.0.0.0.
    compatible = address in _COMPATIBLE and low > 1
    if compatible or address in _NAT64 or address in _NAT64_LOCAL:
        yield IPv4Address(low)
