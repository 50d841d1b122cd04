"""Which addresses are not for everybody."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from agent_runtime.policy.addresses import is_private, local_networks


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
    ],
)
def test_a_special_address_is_private(address: str) -> None:
    assert is_private(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "168.63.129.17",
        "172.15.255.255",
        "172.32.0.1",
        "192.167.255.255",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "2606:4700:4700::1111",
        "2a00::1",
    ],
)
def test_an_address_of_the_public_internet_is_not(address: str) -> None:
    assert not is_private(ip_address(address))


@pytest.mark.parametrize(
    ("address", "is_neighbour"),
    [("1.2.3.77", True), ("1.2.4.1", False), ("2a00:1::77", True), ("2a00:2::1", False)],
)
def test_a_neighbour_is_private_whatever_its_address(address: str, is_neighbour: bool) -> None:
    here = [ip_network("1.2.3.0/24"), ip_network("2a00:1::/64")]

    assert is_private(ip_address(address), here) is is_neighbour


def test_this_machine_stands_in_its_loopback_network() -> None:
    assert any(ip_address("127.0.0.1") in network for network in local_networks())
