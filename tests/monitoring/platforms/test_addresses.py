from __future__ import annotations

import ipaddress
import socket

import pytest

from monitoring.platforms.addresses import (
    AddressRefused,
    Allowed,
    check_address,
    is_public,
)
from monitoring.platforms.base import RetryAfter


@pytest.mark.parametrize("address", ["8.8.8.8", "2a02:898::1", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "2001:db8::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%lo",
        "fec0::1",
        "ff02::1",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0", "localhost"])
def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(host, 80, Allowed(), seconds=5)


def test_a_listed_place_is_reached_at_that_port_only() -> None:
    allowed = Allowed.parse(["LocalHost.:8000"])
    assert "127.0.0.1" in check_address("localhost", 8000, allowed, seconds=5)
    with pytest.raises(AddressRefused):
        check_address("localhost", 8001, allowed, seconds=5)


def test_a_listed_network_is_reached_at_any_port() -> None:
    allowed = Allowed.parse(["127.0.0.0/8"])
    assert check_address("127.0.0.9", 4711, allowed, seconds=5) == ["127.0.0.9"]
    with pytest.raises(AddressRefused):
        check_address("10.0.0.1", 4711, allowed, seconds=5)


@pytest.mark.parametrize("entry", ["localhost", "http://localhost:80", "a:b", "10.0.0.0/99", ""])
def test_a_typo_in_the_list_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is neither host:port nor an address or network"):
        Allowed.parse([entry])


def test_one_private_address_among_public_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(AddressRefused):
        check_address("both.example", 80, Allowed(), seconds=5)


def test_a_name_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(RetryAfter):
        check_address("nobody.invalid", 80, Allowed(), seconds=5)
