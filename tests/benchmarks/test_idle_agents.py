"""The least of WebSocket clients writes what others read, and reads what others write."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side, State

from benchmarks.idle_agents import frame, frames


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536, 200_000])
def test_a_frame_is_what_a_server_reads(length: int) -> None:
    server = Protocol(Side.SERVER, state=State.OPEN, max_size=None)

    server.receive_data(frame(0x81, b"x" * length))

    (event,) = server.events_received()
    assert isinstance(event, Frame)
    assert event.data == b"x" * length


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536])
def test_frames_of_a_server_are_taken_whole_wherever_they_are_cut(length: int) -> None:
    sent = Frame(Opcode.TEXT, b"y" * length).serialize(mask=False) * 2
    buffer = bytearray()
    found = []
    step = max(1, len(sent) // 7)
    for start in range(0, len(sent), step):
        buffer += sent[start : start + step]
        found += frames(buffer)

    assert found == [(0x81, b"y" * length)] * 2
    assert not buffer
