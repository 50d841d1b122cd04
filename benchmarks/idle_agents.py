"""Very many agents in one process: each is a socket, true to the wire, that does nothing but beat.

A WebSocket client of the least kind, because what is measured shares the machine with it: a mask
of zeros is as good as any where nobody stands in between, and nothing is parsed that is not needed.

    python -m benchmarks.idle_agents URL COUNT [--whole | --named]

Dials as `idle-00000` and so on, which must be enrolled with `credential(agent_id)`. Prints one line
of JSON when all were welcomed, or one more was lost, and stays. With --whole each announces all
that a real agent does, with --named by its digest, as who comes back; else, one action.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec
import uvloop

from benchmarks.null_agents import ACTION, BROWSER, hello
from xagent_protocol import SUBPROTOCOL
from xagent_protocol.announcement import HEADER, digest_of, short
from xagent_protocol.codec import encode, encode_actions
from xagent_protocol.messages import ActionSpec, AgentBeat, Inventory

DIALLING_AT_ONCE: Final = 64

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_INVENTORY: Final = encode(Inventory(())).encode()


def agent_id(number: int) -> str:
    """Return the name of one of them."""
    return f"idle-{number:05}"


def credential(name: str) -> str:
    """Return what it shows to be let in."""
    return "xagent_agent_" + hashlib.sha256(name.encode()).hexdigest()[:43]


def frame(opcode: int, content: bytes) -> bytes:
    """Return a client's frame."""
    length = len(content)
    if length < 126:
        head = bytes((opcode, 0x80 | length))
    elif length < 65536:
        head = bytes((opcode, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((opcode, 0xFF)) + length.to_bytes(8, "big")
    return head + b"\0\0\0\0" + content


def frames(buffer: bytearray) -> list[tuple[int, bytes]]:
    """Take the whole frames of a server out of *buffer*."""
    found: list[tuple[int, bytes]] = []
    while len(buffer) >= 2:
        length, start = buffer[1], 2
        if length >= 126:
            size = 2 if length == 126 else 8
            start += size
            if len(buffer) < start:
                break
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            break
        found.append((buffer[0], bytes(buffer[start : start + length])))
        del buffer[: start + length]
    return found


class _Seq(msgspec.Struct):
    type: str
    seq: int = 0


_seq: Final = msgspec.json.Decoder(_Seq)


class _Agent(asyncio.Protocol):
    def __init__(self, name: str, host: str, hello: bytes, announced: str) -> None:
        self._name, self._host, self._hello, self._announced = name, host, hello, announced
        self._buffer = bytearray()
        self._is_open = False
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        transport.write(
            f"GET /ws/agents/{self._name} HTTP/1.1\r\nHost: {self._host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
            f"Authorization: Bearer {credential(self._name)}\r\n"
            f"{HEADER}: {self._announced}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, end, _ = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.connection_lost(ConnectionError(bytes(head[:80]).decode()))
                return
            del self._buffer[: len(head) + 4]
            self._is_open = True
            self._transport.write(frame(_TEXT, self._hello))
            self._hello = b""
        for opcode, content in frames(self._buffer):
            if opcode == _TEXT:
                self._hear(content)
            elif opcode == _PING:
                self._transport.write(frame(_PONG, content))
            elif opcode == _CLOSE:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(exc or ConnectionError(f"{self._name} was turned away"))

    def _hear(self, content: bytes) -> None:
        message = _seq.decode(content)
        if message.type == "beat":
            beat = encode(AgentBeat(message.seq, BROWSER, 0))
            self._transport.write(frame(_TEXT, beat.encode()))
        elif message.type == "welcome":
            self._transport.write(frame(_TEXT, _INVENTORY))
            self.welcomed.set_result(None)


def _same(agent: _Agent) -> _Agent:
    return agent


async def _run(url: str, count: int, actions: tuple[ActionSpec, ...], *, named: bool) -> None:
    parts = urlsplit(url)
    whole = encode_actions(actions)
    announced = digest_of(whole)
    said = short(announced) if named else whole
    loop = asyncio.get_running_loop()
    numbers = iter(range(count))
    # Made beforehand: what it costs to make them is the machines' of the agents.
    hellos = [encode(hello(agent_id(number), said)).encode() for number in range(count)]

    async def dial() -> None:
        for number in numbers:
            agent = _Agent(agent_id(number), parts.netloc, hellos[number], announced)
            hellos[number] = b""
            await loop.create_connection(
                partial(_same, agent), parts.hostname or "", parts.port or 0
            )
            await agent.welcomed

    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(DIALLING_AT_ONCE):
            tasks.create_task(dial())
    told = msgspec.json.encode({"seconds": time.perf_counter() - started})
    sys.stdout.write(told.decode() + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Dial, and beat until killed."""
    actions: tuple[ActionSpec, ...] = (ACTION,)
    named = "--named" in sys.argv
    if named or "--whole" in sys.argv:
        from agent_runtime.actions.vocabulary import standard_registry  # noqa: PLC0415  # slow

        actions = standard_registry().specs()
    uvloop.run(_run(sys.argv[1], int(sys.argv[2]), actions, named=named))


if __name__ == "__main__":
    main()
