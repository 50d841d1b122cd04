"""A network between two real sockets that a test can break in the ways real ones do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

CHUNK_BYTES: Final = 65536
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Link:
    """One connection through it; *up* is from the one who dialled, *down* to him."""

    def __init__(self, dialler: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        """Pass everything on, for now."""
        self._ends = (dialler, server)
        self.swallows_up = False
        self.swallows_down = False
        self.cuts_up_after: int | None = None
        """Reset it in the middle of what goes up next, after so many bytes."""

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool
    ) -> None:
        """Carry bytes one way until that end is closed."""
        with contextlib.suppress(OSError):
            while content := await reader.read(CHUNK_BYTES):
                if up and self.cuts_up_after is not None:
                    writer.write(content[: self.cuts_up_after])
                    await writer.drain()
                    self.reset()
                    return
                if not (self.swallows_up if up else self.swallows_down):
                    writer.write(content)
                    await writer.drain()
            if not (self.swallows_up if up else self.swallows_down):
                writer.close()

    def reset(self) -> None:
        """Break it at both ends at once, by TCP's own reset."""
        for end in self._ends:
            raw = end.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            end.transport.abort()

    def close(self) -> None:
        """Close both ends."""
        for end in self._ends:
            end.close()


class Network:
    """Listens on *url*; what is dialled there is carried to a server."""

    def __init__(self, host: str, port: int) -> None:
        """Lead to a server."""
        self._server = (host, port)
        self.url = ""
        self.links: list[Link] = []
        """Those that are open at either end."""

    def reset(self) -> None:
        """Break every link."""
        for link in self.links:
            link.reset()

    def swallow(self, *, up: bool = False, down: bool = False) -> None:
        """Lose whatever goes these ways on the links there are, closings too."""
        for link in self.links:
            link.swallows_up, link.swallows_down = up, down

    def cut_up_after(self, count: int) -> None:
        """Break every link in the middle of what goes up next."""
        for link in self.links:
            link.cuts_up_after = count

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until both its ends are closed."""
        up_reader, up_writer = await asyncio.open_connection(*self._server)
        link = Link(writer, up_writer)
        self.links.append(link)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(link.carry(reader, up_writer, up=True))
                tasks.create_task(link.carry(up_reader, writer, up=False))
        finally:
            self.links.remove(link)
            link.close()


@asynccontextmanager
async def network_to(host: str, port: int) -> AsyncIterator[Network]:
    """Give a network that leads to this server."""
    network = Network(host, port)
    listener = await asyncio.start_server(network.connect, "127.0.0.1", 0)
    network.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:
        listener.close()
        network.reset()
        await listener.wait_closed()
