"""An orchestrator on a real socket, whose every move a test makes.

It answers HTTP from a table of replies and takes WebSockets as visits. It can refuse, cut, fall
silent, talk nonsense and keep its acknowledgements to itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Upgrade
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from xagent_protocol import SUBPROTOCOL
from xagent_protocol.announcement import HEADER
from xagent_protocol.codec import decode_from_agent, encode
from xagent_protocol.ids import SessionId
from xagent_protocol.messages import (
    Ack,
    AgentBeat,
    AgentMessage,
    Hello,
    Inventory,
    Limits,
    OrchestratorMessage,
    Result,
    ResultRef,
    Welcome,
)

DEADLINE_SECONDS = 5.0
"""How long a test waits for what has to happen before it fails."""

LIMITS = Limits(
    frame_bytes=64 * 1024,
    inline_result_bytes=16 * 1024,
    artifact_bytes=1024 * 1024,
    in_flight=16,
    beat_seconds=10.0,
    suspect_seconds=25.0,
    lost_seconds=40.0,
)

_MessageT = TypeVar("_MessageT")


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/problem+json"
    headers: tuple[tuple[str, str], ...] = ()
    cut_after: int | None = None
    """How much of the body is sent before the connection breaks."""

    @classmethod
    def json(cls, status: int, **content: object) -> Reply:
        """Answer *content* as JSON."""
        return cls(status, msgspec.json.encode(content))


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def ack(*results: Result) -> Ack:
    """Acknowledge results."""
    return Ack(tuple(ResultRef(result.request_id, result.attempt) for result in results))


CUT = None
"""In place of a reply: the connection is cut instead."""


class Visit:
    """One WebSocket of an agent."""

    def __init__(self, upgrade: Upgrade, protocol: ServerProtocol, writer: asyncio.StreamWriter):
        self.path = upgrade.path
        self.authorization = upgrade.headers["Authorization"]
        self.announced = upgrade.headers[HEADER]
        self.ended = asyncio.Event()
        self._protocol = protocol
        self._writer = writer
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(self, kind: type[_MessageT]) -> _MessageT:
        """Return the next message, which has to be of this kind."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            message: AgentMessage = decode_from_agent(await self._heard.get())
            while isinstance(message, AgentBeat) and kind is not AgentBeat:
                # The browser may change at any moment, and its agent says so unasked.
                message = decode_from_agent(await self._heard.get())
        assert isinstance(message, kind), message
        return message

    def say(self, *messages: OrchestratorMessage) -> None:
        """Send messages."""
        for message in messages:
            self.say_text(encode(message))

    def say_text(self, text: str) -> None:
        """Send whatever it is as a text frame."""
        self._protocol.send_text(text.encode())
        self._flush()

    def say_in_fragments(self, content: bytes, *, at: int) -> None:
        """Send whatever it is as a text message in two frames."""
        self._protocol.send_text(content[:at], fin=False)
        self._protocol.send_continuation(content[at:], fin=True)
        self._flush()

    def say_bytes(self, content: bytes) -> None:
        """Send a binary frame."""
        self._protocol.send_binary(content)
        self._flush()

    async def welcome(self, epoch: int = 1, limits: Limits = LIMITS) -> Inventory:
        """Hear the hello, welcome the agent, and return its inventory."""
        await self.hear(Hello)
        self.say(Welcome(1, SessionId(f"session-{epoch}"), epoch, limits))
        return await self.hear(Inventory)

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code and a reason."""
        self._protocol.send_close(code, reason)
        self._flush()

    def cut(self) -> None:
        """Let the connection break, without a word."""
        self._writer.transport.abort()

    async def closed(self) -> tuple[int | None, str | None]:
        """Wait until the agent's end is closed; return the code and reason it gave."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.ended.wait()
        received = self._protocol.close_rcvd
        return (received.code, received.reason) if received else (None, None)

    def heard(self) -> list[AgentMessage]:
        """Return what has come and was not asked for yet."""
        messages = []
        while not self._heard.empty():
            messages.append(decode_from_agent(self._heard.get_nowait()))
        return messages

    def take(self, received: bytes) -> None:
        """Feed bytes from the socket."""
        self._protocol.receive_data(received)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._heard.put_nowait(bytes(event.data).decode())
        self._flush()

    def _flush(self) -> None:
        for part in self._protocol.data_to_send():
            if part:
                self._writer.write(part)
            elif self._writer.can_write_eof():
                self._writer.write_eof()


@dataclass
class FakeOrchestrator:
    """Listens on *port* of the loopback interface."""

    port: int = 0
    replies: dict[tuple[str, str], deque[Reply | None]] = field(default_factory=dict)
    handshakes: deque[Reply | None] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    dials: int = 0
    knows: str | None = None
    """The digest of the announcement that it says it knows."""
    _visits: asyncio.Queue[Visit] = field(default_factory=asyncio.Queue)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, path: str, *replies: Reply | None) -> None:
        """Answer the next requests to *path* so; the last reply is given for ever."""
        self.replies[method, path] = deque(replies)

    async def visit(self, seconds: float = DEADLINE_SECONDS) -> Visit:
        """Wait for the next WebSocket."""
        async with asyncio.timeout(seconds):
            return await self._visits.get()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection."""
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if b"upgrade: websocket" in head.lower():
                await self._serve_websocket(head, reader, writer)
            else:
                await self._serve_http(head, reader, writer)
        self._writers.discard(writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def disconnect(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve_websocket(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.dials += 1
        if self.handshakes:
            _send(writer, self.handshakes.popleft())
            return
        protocol = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=2**24)
        protocol.receive_data(head)
        [upgrade] = protocol.events_received()
        assert isinstance(upgrade, Upgrade)
        accepted = protocol.accept(upgrade)
        if self.knows is not None:
            accepted.headers[HEADER] = self.knows
        protocol.send_response(accepted)
        visit = Visit(upgrade, protocol, writer)
        visit.take(b"")
        self._visits.put_nowait(visit)
        try:
            while protocol.state is not State.CLOSED and (received := await reader.read(65536)):
                visit.take(received)
        finally:
            visit.ended.set()

    async def _serve_http(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines = head.decode().split("\r\n")
        method, path, _ = lines[0].split(" ")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:-2])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Request(method, path, headers, body))
        replies = self.replies.get((method, path.partition("?")[0]), deque([Reply(404)]))
        _send(writer, replies.popleft() if len(replies) > 1 else replies[0])


def _send(writer: asyncio.StreamWriter, reply: Reply | None) -> None:
    if reply is None:
        writer.transport.abort()
        return
    fields = [
        ("Content-Type", reply.content_type),
        ("Content-Length", str(len(reply.body))),
        ("Connection", "close"),
        *reply.headers,
    ]
    lines = [f"HTTP/1.1 {reply.status} -", *(f"{name}: {value}" for name, value in fields)]
    body = reply.body[: reply.cut_after]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


@asynccontextmanager
async def fake_orchestrator(port: int = 0) -> AsyncIterator[FakeOrchestrator]:
    """Run a fake while the context is open."""
    fake = FakeOrchestrator()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", port)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        fake.disconnect()
        await server.wait_closed()
