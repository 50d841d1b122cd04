"""uvicorn's WebSocket protocol, with the ends of a socket and the bounds that it leaves open.

Nothing here runs for a frame as our agents send them: only once for each socket, when the
application is done with it, and for fragments and pings.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from xagent_protocol.close_codes import CloseCode

MAX_FRAGMENTS: Final = 1024
"""Of one message. The limit of its bytes does not count fragments without any."""


class AgentSocketProtocol(WebSocketsSansIOProtocol):
    """Ends a refused handshake and a socket whose peer does not read; keeps its memory bounded."""

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment of a message, unless there are too many of it."""
        if self.close_sent:
            return
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        else:
            self.frames = []
            self.conn.fail(CloseCode.TOO_BIG, f"a message in over {MAX_FRAGMENTS} fragments")
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer, unless the answers would pile up before one who does not read them."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    async def run_asgi(self) -> None:
        """Serve the socket until it is over, and see to it that it then is gone."""
        app = self.app

        async def served(*arguments: Any) -> None:
            await app(*arguments)
            if self.initial_response is not None:
                # A refusal by an HTTP response completes the handshake; uvicorn does not note it
                # and reports each as an application that forgot to answer.
                self.handshake_complete = True

        self.app = served
        await super().run_asgi()
        if not self.disconnected:
            # A closed transport lives until its buffer is written, which a peer that does not
            # read can put off for ever.
            self.loop.call_later(self.close_timeout, self.transport.abort)
