"""uvicorn's WebSocket protocol, with the ends of a socket and the bounds that it leaves open.

And with a way to hear a message in the call that brought it: a queue, a paused socket and a task
that is woken cost a result more than what is done with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from xagent_protocol.close_codes import CloseCode

MAX_FRAGMENTS: Final = 1024
"""Of one message. The limit of its bytes does not count fragments without any."""


PROMPT: Final = "xagent.prompt"
"""The extension of the ASGI scope under which an application finds how to be told at once."""

Prompt = Callable[[str], bool]
"""Takes a text message and says whether it did; what it leaves comes by `receive`."""


class AgentSocketProtocol(WebSocketsSansIOProtocol):
    """Ends a refused handshake and a socket whose peer does not read; keeps its memory bounded."""

    _prompt: Prompt | None = None

    def tell_at_once(self, prompt: Prompt) -> None:
        """Offer each message to *prompt* first, unless others wait to be received."""
        self._prompt = prompt
        # The handshake is over, and its headers would stay in memory for as long as the agent.
        del self.request, self.response

    def send_receive_event_to_app(self) -> None:
        """Pass a whole message on."""
        if (
            self._prompt is None
            or len(self.frames) != 1
            or self.curr_msg_data_type != "text"
            or self.close_sent
            or not self.queue.empty()
        ):
            super().send_receive_event_to_app()
            return
        try:
            is_taken = self._prompt(self.frames[0].decode())
        except UnicodeDecodeError:
            is_taken = False  # uvicorn says why, and closes
        if is_taken:
            self.frames = []
        else:
            super().send_receive_event_to_app()

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
        self.scope["extensions"][PROMPT] = {"tell_at_once": self.tell_at_once}

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
