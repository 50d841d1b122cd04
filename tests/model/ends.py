"""The two ends of a socket, as the programs know them: websockets' at the agent, ASGI's here."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from starlette.types import Message
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close
from websockets.http11 import Response
from websockets.protocol import State

from agent_runtime.link.socket import Listener
from orchestrator.gateway.protocol import Prompt
from tests.model.process import Killed, Place, Process
from tests.model.wire import ABNORMAL, Closing, Inlet, Pipe, Socket, Text


class _Incoming:
    """Frames as one process gets them: offered in the step they arrive in, else they wait."""

    def __init__(self, pipe: Pipe, process: Process) -> None:
        self._inlet = Inlet()
        self._process = process
        self._prompt: Callable[[Text | Closing], bool] = lambda frame: False
        self._waiting: deque[Text | Closing] = deque()
        self._arrival: asyncio.Future[None] | None = None
        pipe.deliver = self._inlet.take_in
        self._inlet.on_arrival(self._look_soon)

    def offer(self, prompt: Callable[[Text | Closing], bool]) -> None:
        """Have *prompt* take what it can; it says whether it did. What waits is offered now."""
        self._prompt = prompt
        while self._waiting and prompt(self._waiting[0]):
            self._waiting.popleft()

    def end(self) -> None:
        """Let the receiver see its own end of the socket close."""
        self._inlet.take_in(Closing(ABNORMAL, ""))

    async def next(self) -> Text | Closing:
        """Wait for a frame."""
        while not self._waiting:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        # The end of the socket stays the last thing for ever.
        is_last = isinstance(self._waiting[0], Closing)
        return self._waiting[0] if is_last else self._waiting.popleft()

    def _look_soon(self) -> None:
        if not self._process.is_dead:
            self._process.loop.call_soon(self._look)

    def _look(self) -> None:
        frame = self._inlet.next()
        if frame is None:
            return
        if self._waiting or not self._prompt(frame):
            self._waiting.append(frame)
            if self._arrival is not None and not self._arrival.done():
                self._arrival.set_result(None)


class AgentEnd:
    """Stands in for websockets' client connection: what `Conversation` and `Link` use of it."""

    def __init__(self, socket: Socket, process: Process, response: Response) -> None:
        """Open it in *process*; *response* completed the handshake."""
        self.state = State.OPEN
        self.send_in_progress = None
        self.response = response
        self._socket = socket
        self._process = process
        self._incoming = _Incoming(socket.down, process)
        self._frames: list[str] = []

    # `broadcast` writes into the protocol and then sends; the transport is asked for its buffer.

    @property
    def protocol(self) -> Self:
        """The part that frames."""
        return self

    @property
    def transport(self) -> Self:
        """The part that carries."""
        return self

    def send_text(self, frame: bytes) -> None:
        """Frame a text."""
        self._frames.append(frame.decode())

    def send_data(self) -> None:
        """Send what was framed."""
        frames, self._frames = self._frames, []
        for frame in frames:
            self._process.cross(Place.BEFORE_FRAME)
            self._socket.up.put(Text(frame))
            self._process.cross(Place.AFTER_FRAME)

    def get_write_buffer_size(self) -> int:
        """Say that everything is under way."""
        return 0

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._end(ABNORMAL, "")

    def listen(self, listener: Listener) -> None:
        """Have *listener* hear what comes."""

        def tell(frame: Text | Closing) -> bool:
            if isinstance(frame, Text):
                self._socket.heard.append(frame.text)
                listener.hear(frame.text)
                return True
            self._end(frame.code, frame.reason)
            received = None if frame.code == ABNORMAL else Close(frame.code, frame.reason)
            listener.hang_up(ConnectionClosedError(received, None))
            return True

        self._incoming.offer(tell)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and go."""
        self._end(code, reason)

    async def __aenter__(self) -> Self:
        """Use it."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing open."""
        self._end(1000, "")

    def _end(self, code: int, reason: str) -> None:
        if self.state is State.OPEN and not self._process.is_dead:
            self.state = State.CLOSED
            self._socket.up.put(Closing(code, reason))
            self._incoming.end()


class OrchestratorEnd:
    """Stands in for the server: an ASGI channel, with what the server does around it."""

    def __init__(self, socket: Socket, process: Process) -> None:
        """Open it in *process*."""
        self._socket = socket
        self._process = process
        self._incoming = _Incoming(socket.up, process)
        self._is_connected = False
        self._flowing: asyncio.Event = asyncio.Event()
        socket.on_flowing = self._flowing.set

    async def receive(self) -> Message:
        """Give the application what comes next."""
        if not self._is_connected:
            self._is_connected = True
            return {"type": "websocket.connect"}
        frame = await self._incoming.next()
        if isinstance(frame, Text):
            return {"type": "websocket.receive", "text": frame.text}
        self._end(frame.code, frame.reason)
        return {"type": "websocket.disconnect", "code": frame.code, "reason": frame.reason}

    def tell_at_once(self, prompt: Prompt) -> None:
        """Offer each message to *prompt* first, as the server does."""
        self._incoming.offer(lambda frame: isinstance(frame, Text) and prompt(frame.text))

    async def send(self, message: Any) -> None:
        """Take what the application sends; waits while the agent's end takes nothing."""
        self._flowing.clear()
        if self._socket.is_stalled:
            await self._flowing.wait()
        if self._socket.down.is_over:
            raise OSError("the socket is closed")
        match message["type"]:
            case "websocket.send":
                self._process.cross(Place.BEFORE_FRAME)
                self._socket.down.put(Text(message["text"]))
                self._process.cross(Place.AFTER_FRAME)
            case "websocket.close":
                self._process.cross(Place.BEFORE_FRAME)
                self._end(message["code"], message["reason"])

    def close(self) -> None:
        """Close what the application has left open."""
        try:
            self._process.cross(Place.BEFORE_FRAME)
        except Killed:
            return
        self._end(ABNORMAL, "")

    def _end(self, code: int, reason: str) -> None:
        self._socket.down.put(Closing(code, reason))
