"""uvicorn's HTTP protocol, with a short answer written in one piece.

uvicorn writes the head of a response and its body separately, and on an idle event loop each
write is a system call that wakes the client. Holding the head back until the body follows halves
both; a response whose body is not ready at once is not delayed by more than a round of the loop.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD: Final = b"HTTP/1."


class WholeWriteProtocol(HttpToolsProtocol):
    """Serves one connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve *transport*."""
        super().connection_made(_HeadHolder(transport, self.loop))  # type: ignore[arg-type]

    def handle_websocket_upgrade(self) -> None:
        """Hand a WebSocket over with its real transport: frames are written whole anyway."""
        holder: Any = self.transport
        self.transport = holder.real
        super().handle_websocket_upgrade()


class _HeadHolder:
    """A transport that keeps the head of a response for the write that follows."""

    __slots__ = ("_held", "_loop", "real")

    def __init__(self, real: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.real = real
        self._loop = loop
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        held = self._held
        if held is not None:
            self._held = None
            self.real.write(held + data)
        elif data.startswith(HEAD):
            self._held = data
            self._loop.call_soon(self._let_go)
        else:
            self.real.write(data)

    def close(self) -> None:
        self._let_go()
        self.real.close()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self.real.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
