"""A TCP proxy that spoils what goes through it; one stands before the orchestrator for each agent.

Each connection is two links, up and down. A link reads ahead a little, notes when each chunk came,
and passes it on as its toxics allow; a toxic that is added or taken away is felt at once, in the
middle of a wait too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from random import Random
from typing import Final, Self, TypeVar

from chaos.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Stream,
    Timeout,
    Toxic,
)

CHUNK_BYTES: Final = 32 * 1024
AHEAD_CHUNKS: Final = 64

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""`SO_LINGER` for no time: the close is then a reset."""

_ToxicT = TypeVar("_ToxicT", bound=Toxic)


class Proxy:
    """Listens on 127.0.0.1, and passes on to one port there; open it with `async with`."""

    def __init__(self, upstream_port: int, chance: Random) -> None:
        """Prepare; *chance* decides which connections a toxic works on, and by how much."""
        self._upstream_port = upstream_port
        self._chance = chance
        self._toxics: list[Toxic] = []
        self._connections: set[_Connection] = set()
        self._whole = asyncio.Event()
        self._whole.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and close what is open."""
        assert self._server is not None
        self.cut()
        self._server.close()
        await self._idle.wait()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def open_connections(self) -> int:
        """How many clients are connected through it."""
        return len(self._connections)

    def cut(self) -> None:
        """Close all connections, and every new one as soon as it comes."""
        self._whole.clear()
        for connection in tuple(self._connections):
            connection.close()

    def mend(self) -> None:
        """Let new connections through again."""
        self._whole.set()

    def add(self, toxic: Toxic) -> None:
        """Let *toxic* work, on the connections that are open too."""
        self._toxics.append(toxic)
        for connection in tuple(self._connections):
            self._expose(connection, toxic)

    def remove(self, toxic: Toxic) -> None:
        """Take it away."""
        self._toxics.remove(toxic)
        for connection in tuple(self._connections):
            connection.recover(toxic)

    def _expose(self, connection: _Connection, toxic: Toxic) -> None:
        if self._chance.random() < toxic.toxicity:
            connection.suffer(toxic)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole.is_set():
            writer.transport.abort()
            return
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection((reader, writer), upstream, self._chance)
        self._connections.add(connection)
        self._idle.clear()
        try:
            if not self._whole.is_set():
                connection.close()
            for toxic in self._toxics:
                self._expose(connection, toxic)
            await connection.run()
        finally:
            self._connections.discard(connection)
            if not self._connections:
                self._idle.set()


_End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connection:
    """One client and the server, with a link each way."""

    def __init__(self, client: _End, server: _End, chance: Random) -> None:
        self._writers = (client[1], server[1])
        self._links = {
            Stream.UPSTREAM: _Link(client[0], server[1], chance, self._finish),
            Stream.DOWNSTREAM: _Link(server[0], client[1], chance, self._finish),
        }
        self._timers: dict[Toxic, asyncio.TimerHandle] = {}

    async def run(self) -> None:
        """Pass on until either side ends it."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for link in self._links.values():
                    tasks.create_task(link.run())
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self.close()

    def suffer(self, toxic: Toxic) -> None:
        """Feel *toxic* from now on."""
        loop = asyncio.get_running_loop()
        if isinstance(toxic, ResetPeer):
            self._timers[toxic] = loop.call_later(toxic.timeout_ms / 1000, self._reset)
        elif isinstance(toxic, Timeout) and toxic.timeout_ms:
            self._timers[toxic] = loop.call_later(toxic.timeout_ms / 1000, self.close)
        self._links[toxic.stream].suffer(toxic)

    def recover(self, toxic: Toxic) -> None:
        """Feel it no more."""
        if toxic in self._timers:
            self._timers.pop(toxic).cancel()
        if self._links[toxic.stream].recover(toxic) and isinstance(toxic, Timeout):
            self.close()

    def close(self) -> None:
        """Close both sides, dropping what is on its way."""
        for writer in self._writers:
            writer.transport.abort()
        for link in self._links.values():
            link.abandon()

    def _finish(self) -> None:
        """Close both sides behind what is written."""
        for writer in self._writers:
            writer.close()
        for link in self._links.values():
            link.abandon()

    def _reset(self) -> None:
        for writer in self._writers:
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
                )
        self.close()


class _Link:
    """One direction of a connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        chance: Random,
        finish: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._chance = chance
        self._finish = finish
        self._toxics: list[Toxic] = []
        self._room_bytes: dict[LimitData, int] = {}
        self._changed = asyncio.Event()
        self._is_over = False
        self._ahead: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD_CHUNKS)

    async def run(self) -> None:
        """Pass on until the sender closes or the connection is gone; then close all of it."""
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read())
            with contextlib.suppress(OSError):
                await self._pass_on()
            reading.cancel()
        self._finish()

    def abandon(self) -> None:
        """Pass on nothing more, and wait for nothing."""
        self._is_over = True
        self._changed.set()

    def suffer(self, toxic: Toxic) -> None:
        """Let *toxic* work."""
        self._toxics.append(toxic)
        if isinstance(toxic, LimitData):
            self._room_bytes[toxic] = toxic.bytes
        self._changed.set()

    def recover(self, toxic: Toxic) -> bool:
        """Take it away; says whether it had worked here."""
        if toxic not in self._toxics:
            return False
        self._toxics.remove(toxic)
        self._changed.set()
        return True

    def _active(self, kind: type[_ToxicT]) -> Iterator[_ToxicT]:
        return (toxic for toxic in tuple(self._toxics) if isinstance(toxic, kind))

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        chunk = b"-"
        while chunk:
            try:
                chunk = await self._reader.read(CHUNK_BYTES)
            except OSError:
                chunk = b""
            await self._ahead.put((loop.time(), chunk))

    async def _pass_on(self) -> None:
        while True:
            arrived_at, chunk = await self._ahead.get()
            if not chunk:
                for toxic in self._active(SlowClose):
                    await self._pause(toxic.delay_ms / 1000)
                return
            await self._be_late(arrived_at)
            for piece in self._sliced(chunk):
                if not await self._deliver(piece):
                    return

    async def _be_late(self, arrived_at: float) -> None:
        loop = asyncio.get_running_loop()
        for toxic in self._active(Latency):
            jitter = self._chance.uniform(-toxic.jitter_ms, toxic.jitter_ms)
            due = arrived_at + (toxic.latency_ms + jitter) / 1000
            await self._pause(due - loop.time())

    def _sliced(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            size = len(chunk)
            for toxic in self._active(Slicer):
                variation = self._chance.randint(-toxic.variation_bytes, toxic.variation_bytes)
                size = min(size, max(1, toxic.average_bytes + variation))
            yield chunk[:size]
            chunk = chunk[size:]

    async def _deliver(self, piece: bytes) -> bool:
        """Write a piece as the toxics allow; false once the connection is to end."""
        for slicer in self._active(Slicer):
            await self._pause(slicer.delay_us / 1e6)
        for bandwidth in self._active(Bandwidth):
            await self._pause(len(piece) / (bandwidth.rate_kb * 1024))
        if any(self._active(Timeout)):
            return not self._is_over
        is_spent = False
        for limit in self._active(LimitData):
            piece = piece[: self._room_bytes[limit]]
            self._room_bytes[limit] -= len(piece)
            is_spent = is_spent or not self._room_bytes[limit]
        if not self._is_over:
            self._writer.write(piece)
            await self._writer.drain()
        return not (is_spent or self._is_over)

    async def _pause(self, seconds: float) -> None:
        """Wait, or less if what is wrong with the network changes meanwhile."""
        if seconds <= 0 or self._is_over:
            return
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
