"""What is no proper WebSocket, byte for byte; the other agents never notice (F21)."""

from __future__ import annotations

import socket

import pytest
from websockets.frames import Frame, Opcode

from orchestrator.gateway.protocol import MAX_FRAGMENTS, AgentSocketProtocol
from orchestrator.settings import Bounds
from tests.null_agent import NullAgent
from tests.orchestrator.gateway.conftest import Server, eventually
from xagent_protocol.codec import encode
from xagent_protocol.messages import AgentBeat


def masked(content: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """Return a frame as a client has to send it."""
    return Frame(opcode, content, fin).serialize(mask=True)


PINGS = 60_000
"""Their answers are more than the system holds for two sockets on one machine."""

TOO_LONG = b"\x81\xff" + (Bounds().frame_bytes + 1).to_bytes(8) + b"mask"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 1002),
        (b"\xff" * 64, 1002),
        (b"\x81\x02{}", 1002),
        (masked(b"\xff\xfe\xfd"), 1007),
        (masked(b'{"type":"\xc3', fin=False) + masked(b'"}', Opcode.CONT), 1007),
        (TOO_LONG, 1009),
        (masked(b"x", Opcode.CONT), 1002),
        (masked(b"", fin=False) + masked(b"", Opcode.CONT, fin=False) * MAX_FRAGMENTS, 1009),
        (
            masked(b"x" * 1023, fin=False) + masked(b"x" * 1023, Opcode.CONT, fin=False) * 1025,
            1009,
        ),
    ],
    ids=[
        "HTTP",
        "noise",
        "no mask",
        "no UTF-8",
        "half a character",
        "too long",
        "a fragment of nothing",
        "too many fragments",
        "too long in fragments",
    ],
)
async def test_f21_nonsense_on_the_wire_ends_its_own_socket_only(
    server: Server, bystander: NullAgent, sent: bytes, code: int
) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()
    assert agent.socket is not None

    agent.socket.transport.write(sent)

    assert (await agent.closed())[0] == code
    assert await server.echo("bystander", "still here") == "still here"


async def test_f21_a_frame_that_never_ends_goes_with_its_socket(
    server: Server, bystander: NullAgent
) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()
    assert agent.socket is not None

    agent.socket.transport.write(masked(encode(AgentBeat(1, None, 0)).encode())[:-1])
    await agent.hang_up()

    async def is_gone() -> bool:
        return not (await server.contact("alpha"))["connected"]

    await eventually(is_gone)
    assert await server.echo("bystander", "still here") == "still here"


async def test_a_message_in_fragments_is_one_message(server: Server) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()
    assert agent.socket is not None
    beat = encode(AgentBeat(1, None, 0)).encode()

    agent.socket.transport.write(masked(beat[:5], fin=False) + masked(beat[5:], Opcode.CONT))

    async def is_told() -> bool:
        return not (await server.contact("alpha"))["browser_ok"]

    await eventually(is_told)


@pytest.mark.slow
async def test_answers_to_the_pings_of_one_who_does_not_read_are_not_kept(server: Server) -> None:
    """F27: it lives in every other way, and would never be cut off."""
    agent = await server.enrolled("alpha")
    await agent.enter()
    assert agent.socket is not None
    transport = agent.socket.transport
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    transport.pause_reading()

    transport.write(masked(b"x" * 125, Opcode.PING) * PINGS)
    transport.write(masked(encode(AgentBeat(1, None, 0)).encode()))

    async def are_heard() -> bool:
        return not (await server.contact("alpha"))["browser_ok"]

    await eventually(are_heard, seconds=15)
    (connection,) = (
        one for one in server.state.connections if isinstance(one, AgentSocketProtocol)
    )
    assert connection.transport.get_write_buffer_size() < 1024 * 1024
    await agent.hang_up()
