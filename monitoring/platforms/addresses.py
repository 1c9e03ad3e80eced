"""Which addresses an outgoing request may reach.

People type addresses (feeds, Mastodon servers) and servers redirect to others, so every address
is suspect: only public ones may be reached, unless whoever runs the installation lists another.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitoring.platforms.base import PermanentError, RetryAfter

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Networks that translate to IPv4: what counts is the IPv4 address inside (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(PermanentError):
    """The address is not one this installation may reach (private, loopback, file:, …)."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached although it is not public: exact `host:port` pairs and networks."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Allowed:
        """Read `localhost:8000`, `[::1]:8000`, `10.1.0.0/16` or `127.0.0.1`.

        Raises ValueError that names the entry when it is none of these.
        """
        hosts: set[tuple[str, int]] = set()
        networks: list[Network] = []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry.strip(), strict=False))
                continue
            except ValueError:
                parts = urlsplit(f"//{entry.strip()}")
            try:
                host, port = parts.hostname, parts.port
            except ValueError:
                host = port = None
            if not host or not port or parts.path:
                raise ValueError(f"{entry!r} is neither host:port nor an address or network")
            hosts.add((_plain(host), port))
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Whether this exact place is listed, so that also plain http is accepted there."""
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            return (_plain(host), port) in self.hosts
        return (_plain(host), port) in self.hosts or self.covers(literal)

    def covers(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def is_public(address: Address) -> bool:
    """Whether anyone on the internet may reach this address: a positive test, not a deny list.

    IPv6 forms that carry an IPv4 address are refused or judged by what they carry, because the
    network stack or a gateway delivers them to that address.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local:
            return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def check_address(host: str, port: int, allowed: Allowed, *, seconds: float) -> list[str]:
    """Resolve `host` and return the addresses that may be connected to, in the resolver's order.

    The caller connects to one of these and never resolves again: a second answer of the name
    server (DNS rebinding) has no effect. One forbidden address among several refuses them all.
    Raises `AddressRefused`, or `RetryAfter` when the name cannot be resolved in time.
    """
    addresses = _resolve(host, port, seconds)
    if (_plain(host), port) in allowed.hosts:
        return [str(address) for address in addresses]
    for address in addresses:
        if not is_public(address) and not allowed.covers(address):
            raise AddressRefused(f"{host} is not a public address, and not on the allowed list")
    return [str(address) for address in addresses]


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass  # a name, or one of the odd spellings of an address that only the resolver reads
    found: list[Address] = []
    failure: list[Exception] = []

    def ask() -> None:
        try:
            for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                address = ipaddress.ip_address(answer[4][0])
                if address not in found:
                    found.append(address)
        except (OSError, UnicodeError, ValueError) as error:
            failure.append(error)

    # The system's resolver knows no time limit of its own.
    asking = threading.Thread(target=ask, daemon=True, name="resolve")
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise RetryAfter(f"the name {host} could not be looked up in time", seconds=60)
    if failure or not found:
        raise RetryAfter(f"the name {host} is not known to the name server", seconds=60)
    return found


def connect_socket(host: str, port: int, allowed: Allowed, *, seconds: float) -> socket.socket:
    """A TCP connection to a checked address, for protocols that bring their own framing."""
    failure: OSError | None = None
    for address in check_address(host, port, allowed, seconds=seconds):
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError as error:
            failure = error
    raise RetryAfter(f"{host} does not accept connections", seconds=15) from failure
