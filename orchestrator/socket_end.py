"""An accepted ASGI WebSocket as its two users know it: messages in, messages out, and its end."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import Receive, Send

from xagent_protocol.close_codes import CloseCode


class SocketEnd:
    """A `ChannelSocket` on an accepted ASGI WebSocket."""

    def __init__(self, receive: Receive, send: Send) -> None:
        """Take the socket over."""
        self._receive = receive
        self._send = send
        self.closed = asyncio.Event()

    async def receive(self) -> str | bytes | None:
        """Return the next message; null when the other end is gone."""
        if self.closed.is_set():
            return None
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            self.closed.set()
            return None
        text: str | None = event.get("text")
        content: bytes | None = event.get("bytes")
        return text if text is not None else content

    async def send(self, message: str | bytes) -> None:
        """Send a message; waits while the other end takes nothing, fails silently if it is gone."""
        if self.closed.is_set():
            return
        kind = "text" if isinstance(message, str) else "bytes"
        try:
            await self._send({"type": "websocket.send", kind: message})
        except (OSError, RuntimeError):
            self.closed.set()

    async def close(self) -> None:
        """Close; idempotent."""
        if not self.closed.is_set():
            with contextlib.suppress(OSError, RuntimeError):
                await self._send({"type": "websocket.close", "code": CloseCode.NORMAL})
            self.closed.set()
