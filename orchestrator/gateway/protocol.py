"""uvicorn's WebSocket protocol, with the two ends of a socket that it leaves open.

Nothing here runs for a frame: only once for each socket, when the application is done with it.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class AgentSocketProtocol(WebSocketsSansIOProtocol):
    """Ends a refused handshake and a socket whose peer does not read."""

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
