"""A name is asked for once in a while."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from agent_runtime.policy.hosts import Address, read_host
from agent_runtime.policy.resolver import Resolver, ask_machine


class Machine:
    """Knows one name."""

    def __init__(self, *addresses: str) -> None:
        """Have it lead to these."""
        self.asked: list[str] = []
        self._addresses = tuple(map(ip_address, addresses))

    async def ask(self, name: str) -> tuple[Address, ...]:
        """Answer."""
        self.asked.append(name)
        if name != "known.test":
            raise OSError("unknown")
        return self._addresses


async def test_what_was_told_once_is_kept_for_a_while() -> None:
    machine = Machine("192.0.2.2", "192.0.2.1", "192.0.2.2")
    resolver = Resolver(machine.ask)

    first = await resolver.resolve(read_host("known.test"))
    second = await resolver.resolve(read_host("KNOWN.test."))

    assert first == second == (ip_address("192.0.2.2"), ip_address("192.0.2.1"))
    assert machine.asked == ["known.test"]


async def test_what_was_told_is_not_kept_for_ever() -> None:
    machine = Machine("192.0.2.1")
    resolver = Resolver(machine.ask, kept_seconds=0)

    for _ in range(2):
        await resolver.resolve(read_host("known.test"))

    assert machine.asked == ["known.test", "known.test"]


async def test_of_a_name_that_leads_nowhere_nothing_is_kept() -> None:
    machine = Machine()
    resolver = Resolver(machine.ask)

    for _ in range(2):
        with pytest.raises(OSError, match="unknown"):
            await resolver.resolve(read_host("other.test"))

    assert machine.asked == ["other.test", "other.test"]


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("10.0.0.1", ["10.0.0.1"]),
        ("[::1]", ["::1"]),
        ("localhost", ["127.0.0.1", "::1"]),
        ("a.localhost", ["127.0.0.1", "::1"]),
    ],
)
async def test_nobody_is_asked_for_an_address_or_for_this_machine(
    host: str, addresses: list[str]
) -> None:
    machine = Machine()

    found = await Resolver(machine.ask).resolve(read_host(host))

    assert found == tuple(map(ip_address, addresses))
    assert machine.asked == []


async def test_the_machine_knows_addresses() -> None:
    assert await ask_machine("127.0.0.1") == (ip_address("127.0.0.1"),)


async def test_a_name_that_no_machine_can_know_leads_nowhere() -> None:
    with pytest.raises(OSError, match="longer"):
        await ask_machine(f"{'a' * 64}.test")
