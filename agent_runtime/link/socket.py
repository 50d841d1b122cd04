"""The agent's socket, which has a message heard in the very call that its last byte came by.

A task that waits for messages is woken a turn of the loop later, and for a command that takes the
browser a third of a millisecond each turn is to be felt.
"""

from __future__ import annotations

from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import DATA_OPCODES, CloseCode, Frame, Opcode
from websockets.http11 import Response


class Listener(Protocol):
    """Hears what comes; neither verb may raise."""

    def hear(self, frame: str | bytes) -> None:
        """Take one whole message."""

    def hang_up(self, error: ConnectionClosed) -> None:
        """Take note that nothing more comes."""


class PromptSocket(ClientConnection):
    """A connection of the library's with `listen` in the place of `recv`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make it as the library does."""
        super().__init__(*arguments, **options)
        self._listener: Listener | None = None
        self._early: list[str | bytes] = []
        """What came before anybody listened."""
        self._is_text = True
        self._parts: list[bytes] = []

    def listen(self, listener: Listener) -> None:
        """Have *listener* hear all that came and all that comes."""
        self._listener = listener
        early, self._early = self._early, []
        for frame in early:
            listener.hear(frame)

    def process_event(self, event: Frame | Response) -> None:  # type: ignore[override]
        """Hand a message over as soon as its last frame is here; leave the rest to the library."""
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
            return
        if event.opcode is not Opcode.CONT:
            self._is_text = event.opcode is Opcode.TEXT
        self._parts.append(bytes(event.data))
        if event.fin:
            content = b"".join(self._parts)
            self._parts.clear()
            self._take(content)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the listener, too."""
        super().connection_lost(exc)
        if self._listener is not None:
            self._listener.hang_up(self.protocol.close_exc)

    def _take(self, content: bytes) -> None:
        try:
            frame = content.decode() if self._is_text else content
        except UnicodeDecodeError as error:
            self.protocol.fail(CloseCode.INVALID_DATA, str(error))
            self.send_data()
            return
        if self._listener is None:
            self._early.append(frame)
        else:
            self._listener.hear(frame)
