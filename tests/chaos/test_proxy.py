"""The proxy on real sockets: what each toxic does to a connection, and that it stops doing so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Final

import pytest

from chaos.proxy import Proxy
from chaos.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Stream,
    Timeout,
)

DEADLINE_SECONDS: Final = 5.0
NEVER_MS: Final = 60_000.0

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Server:
    """What stands behind the proxy: it takes connections, and leaves them to the test."""

    def __init__(self) -> None:
        self.accepted: asyncio.Queue[Ends] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        self.writers.append(writer)
        await self.accepted.put((reader, writer))


class Line:
    """One connection through the proxy, with both of its ends."""

    def __init__(self, client: Ends, server: Ends) -> None:
        self.client_reader, self.client_writer = client
        self.server_reader, self.server_writer = server

    def down(self, data: bytes) -> None:
        """Say something from the server to the client."""
        self.server_writer.write(data)

    def up(self, data: bytes) -> None:
        """Say something from the client to the server."""
        self.client_writer.write(data)

    async def heard_below(self, count: int) -> bytes:
        """Return what the client hears next."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.client_reader.readexactly(count)

    async def heard_above(self, count: int) -> bytes:
        """Return what the server hears next."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.server_reader.readexactly(count)

    async def rest_below(self) -> bytes:
        """Return what the client hears until the connection is closed."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.client_reader.read()

    async def rest_above(self) -> bytes:
        """Return what the server hears until the connection is closed."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.server_reader.read()


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, int]]:
    """A server and its port."""
    server = Server()
    listener = await asyncio.start_server(server.accept, "127.0.0.1", 0)
    yield server, listener.sockets[0].getsockname()[1]
    listener.close()
    for writer in server.writers:
        writer.transport.abort()


@pytest.fixture
async def proxy(server: tuple[Server, int]) -> AsyncIterator[Proxy]:
    """A proxy before it."""
    async with Proxy(server[1], Random(1)) as proxy:
        yield proxy


@pytest.fixture
async def line(server: tuple[Server, int], proxy: Proxy) -> AsyncIterator[Line]:
    """An open connection through it."""
    line = await connect(server[0], proxy)
    yield line
    line.client_writer.transport.abort()


async def connect(server: Server, proxy: Proxy) -> Line:
    """Open a connection."""
    client = await asyncio.open_connection("127.0.0.1", proxy.port)
    async with asyncio.timeout(DEADLINE_SECONDS):
        return Line(client, await server.accepted.get())


async def test_without_a_toxic_everything_goes_through(line: Line) -> None:
    line.up(b"up")
    line.down(b"down")

    assert await line.heard_above(2) == b"up"
    assert await line.heard_below(4) == b"down"


async def test_the_end_of_one_side_is_told_to_the_other_behind_its_last_words(line: Line) -> None:
    line.down(b"last words")
    line.server_writer.close()

    assert await line.rest_below() == b"last words"


async def test_a_cut_closes_what_is_open_and_what_comes_until_it_is_mended(
    server: tuple[Server, int], proxy: Proxy, line: Line
) -> None:
    proxy.cut()

    assert await line.rest_below() == b""
    assert await line.rest_above() == b""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert await _rest(reader) == b""
    writer.transport.abort()
    assert server[0].accepted.empty()

    proxy.mend()

    again = await connect(server[0], proxy)
    again.up(b"here again")
    assert await again.heard_above(10) == b"here again"
    again.client_writer.transport.abort()


async def test_nobody_behind_it_closes_the_connection() -> None:
    async with Proxy(1, Random(1)) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        async with asyncio.timeout(DEADLINE_SECONDS):
            assert await _rest(reader) == b""
        writer.transport.abort()


async def test_latency_makes_everything_late(proxy: Proxy, line: Line) -> None:
    loop = asyncio.get_running_loop()
    proxy.add(Latency(latency_ms=60))
    began = loop.time()

    line.down(b"late")
    await line.heard_below(4)

    assert loop.time() - began >= 0.06


async def test_latency_of_one_direction_goes_as_soon_as_it_is_taken_away(
    proxy: Proxy, line: Line
) -> None:
    toxic = Latency(stream=Stream.DOWNSTREAM, latency_ms=NEVER_MS)
    proxy.add(toxic)
    line.down(b"held")
    line.up(b"not held")
    assert await line.heard_above(8) == b"not held"

    proxy.remove(toxic)

    assert await line.heard_below(4) == b"held"


async def test_bandwidth_bounds_how_much_gets_through_in_a_time(proxy: Proxy, line: Line) -> None:
    loop = asyncio.get_running_loop()
    proxy.add(Bandwidth(rate_kb=10))
    began = loop.time()

    line.down(b"x" * 1024)
    await line.heard_below(1024)

    assert loop.time() - began >= 0.1


async def test_a_slow_close_is_told_late(proxy: Proxy, line: Line) -> None:
    loop = asyncio.get_running_loop()
    proxy.add(SlowClose(delay_ms=60))
    began = loop.time()

    line.down(b"last words")
    line.server_writer.close()

    assert await line.heard_below(10) == b"last words"
    assert await line.rest_below() == b""
    assert loop.time() - began >= 0.06


async def test_a_timeout_drops_everything_and_closes_in_the_end(proxy: Proxy, line: Line) -> None:
    proxy.add(Timeout(timeout_ms=20))

    line.down(b"dropped")

    assert await line.rest_below() == b""


async def test_a_timeout_of_one_direction_leaves_the_other_open(proxy: Proxy, line: Line) -> None:
    proxy.add(Timeout(stream=Stream.DOWNSTREAM, timeout_ms=0))

    line.down(b"dropped")
    line.up(b"heard")

    assert await line.heard_above(5) == b"heard"


async def test_a_timeout_that_is_taken_away_closes_what_it_had_worked_on(
    proxy: Proxy, line: Line
) -> None:
    toxic = Timeout(timeout_ms=0)
    proxy.add(toxic)

    proxy.remove(toxic)

    assert await line.rest_below() == b""


async def test_a_reset_is_one(proxy: Proxy, line: Line) -> None:
    proxy.add(ResetPeer(timeout_ms=0))

    with pytest.raises(ConnectionResetError):
        await line.rest_below()


async def test_a_slicer_sends_small_pieces(proxy: Proxy, line: Line) -> None:
    proxy.add(Slicer(average_bytes=2, delay_us=2000))
    line.down(b"abcdef")

    async with asyncio.timeout(DEADLINE_SECONDS):
        first = await line.client_reader.read(6)

    assert first == b"ab"
    assert await line.heard_below(4) == b"cdef"


async def test_limited_data_ends_in_the_middle(proxy: Proxy, line: Line) -> None:
    line.down(b"before")
    await line.heard_below(6)
    proxy.add(LimitData(bytes=3))

    line.down(b"abcdef")

    assert await line.rest_below() == b"abc"


async def test_a_toxic_works_on_connections_that_come_later(
    server: tuple[Server, int], proxy: Proxy
) -> None:
    proxy.add(LimitData(bytes=3))

    line = await connect(server[0], proxy)
    line.down(b"abcdef")

    assert await line.rest_below() == b"abc"
    line.client_writer.transport.abort()


async def test_toxicity_is_the_part_of_the_connections_it_works_on(
    server: tuple[Server, int], proxy: Proxy
) -> None:
    proxy.add(LimitData(bytes=3, toxicity=0.5))
    lines = [await connect(server[0], proxy) for _ in range(20)]
    for line in lines:
        line.down(b"abcdef")
        line.server_writer.close()

    heard = {await line.rest_below() for line in lines}

    assert heard == {b"abc", b"abcdef"}
    for line in lines:
        line.client_writer.transport.abort()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
