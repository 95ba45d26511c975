"""Which addresses may be dialled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.addresses import AddressGuard


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::",
        "::127.0.0.1",
        "fec0::1",
        "not an address",
        "127.1",
    ],
)
def test_what_is_not_public_is_refused_in_words(address: str) -> None:
    assert AddressGuard().refusal(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"]
)
def test_what_is_public_may_be_dialled(address: str) -> None:
    assert AddressGuard().refusal(address) == ""


def test_a_network_that_a_person_allows_is_allowed_and_no_other() -> None:
    guard = AddressGuard(["10.1.0.0/16"])
    assert guard.refusal("10.1.2.3") == ""
    assert guard.refusal("::ffff:10.1.2.3") == ""
    assert guard.refusal("10.2.0.1")


@given(st.ip_addresses(network="127.0.0.0/8"))
def test_no_disguise_of_loopback_passes(inner: object) -> None:
    for disguise in (f"{inner}", f"::ffff:{inner}", f"64:ff9b::{inner}", f"::{inner}"):
        assert AddressGuard().refusal(disguise), disguise
