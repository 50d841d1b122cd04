"""Of several addresses the first that answers is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from agent_runtime.policy import race


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who answers at 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def port_of(listening: socket.socket) -> int:
    """Return where it listens."""
    return int(listening.getsockname()[1])


async def test_an_address_that_refuses_is_passed_over_at_once(listener: socket.socket) -> None:
    addresses = [ip_address("::1"), ip_address("127.0.0.2"), ip_address("127.0.0.1")]

    async with asyncio.timeout(0.2):
        stream = await race.connect(addresses, port_of(listener))

    assert stream.writer.get_extra_info("peername") == listener.getsockname()
    stream.close()


async def test_an_address_that_is_silent_has_but_a_head_start(listener: socket.socket) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.3", port_of(listener)))
        silent.listen(0)
        full = [socket.socket() for _ in range(3)]
        for one in full:
            one.setblocking(False)
            one.connect_ex(silent.getsockname())
        addresses = [ip_address("127.0.0.3"), ip_address("127.0.0.1")]

        stream = await race.connect(addresses, port_of(listener))

        assert stream.writer.get_extra_info("peername") == listener.getsockname()
        stream.close()
        for one in full:
            one.close()


async def test_where_nobody_answers_it_is_said_why() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        addresses = [ip_address("127.0.0.1"), ip_address("127.0.0.2")]

        with pytest.raises(ConnectionRefusedError):
            await race.connect(addresses, port_of(taken))


async def test_no_address_at_all_is_an_error_too() -> None:
    with pytest.raises(OSError, match="no address"):
        await race.connect([], 80)
