"""The two ends of every proxied connection."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Final, Self

End = tuple[str, int]
"""An address and a port of IPv4."""

CHUNK_BYTES: Final = 256 * 1024
_KEEPALIVE_SECONDS: Final = 45


@dataclass(frozen=True)
class Stream:
    """A connection: what comes by *reader*, what goes by *writer*."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, host: str, port: int) -> Self:
        """Connect to an address.

        Raises:
            OSError: nobody is there.
        """
        reader, writer = await asyncio.open_connection(host, port, limit=CHUNK_BYTES)
        _keep_alive(writer.get_extra_info("socket"))
        return cls(reader, writer)

    @property
    def ends(self) -> tuple[End, End]:
        """Our own address, and the other's."""
        return self.writer.get_extra_info("sockname"), self.writer.get_extra_info("peername")

    @property
    def is_over(self) -> bool:
        """Whether the other end has said its last."""
        return self.reader.at_eof() or self.writer.is_closing()

    async def is_silent(self) -> bool:
        """Say whether the other end is there and has said nothing, though nobody asked it."""
        if self.writer.is_closing():
            return False
        try:
            async with asyncio.timeout(0):
                await self.reader.read(1)
        except TimeoutError:
            return True
        except OSError:
            return False
        return False

    async def write(self, content: bytes) -> None:
        """Send *content*, as fast as the other end takes it.

        Raises:
            OSError: it takes nothing more.
        """
        self.writer.write(content)
        await self.writer.drain()

    def close(self) -> None:
        """Send what was written, and hang up."""
        self.writer.close()


def _keep_alive(connection: socket.socket) -> None:
    """Have the machine notice a peer that is gone: the browser would, if it were connected."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        if hasattr(socket, name):  # as each platform calls it, or does not
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), _KEEPALIVE_SECONDS)
