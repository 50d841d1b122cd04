"""An orchestrator that is asked to stop, as its callers and its agents see it."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.fleet import Fleet, until
from tests.null_agent import NullAgent, serving
from xagent_protocol.messages import Drain

pytestmark = pytest.mark.slow

FORCED_SECONDS = 5.0
"""Less than a drain that waits, by far more than one that does not."""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """An orchestrator alone."""
    fleet = Fleet(tmp_path)
    fleet.start_orchestrator()
    try:
        yield fleet
    finally:
        fleet.end()


def token(fleet: Fleet) -> str:
    """Return the user's token."""
    return (fleet.data_dir / "token").read_text().strip()


def half_an_upload(fleet: Fleet) -> socket.socket:
    """Begin a request that the orchestrator has to wait for."""
    address = urlsplit(fleet.url)
    assert address.hostname is not None
    opened = socket.create_connection((address.hostname, address.port or 0), timeout=20)
    opened.sendall(
        f"POST /api/artifacts?name=a HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {token(fleet)}\r\n"
        "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nha".encode()
    )
    until(lambda: list((fleet.data_dir / "artifacts").glob(".incoming-*")))
    return opened


def is_draining(fleet: Fleet) -> bool:
    """Whether the log says so."""
    return "server.draining" in fleet.log


def test_while_the_last_are_answered_new_callers_are_told_to_come_again(fleet: Fleet) -> None:
    asyncio.run(NullAgent(fleet.url, "alpha").enrol(token(fleet)))
    with closing(half_an_upload(fleet)) as upload:
        fleet.terminate_orchestrator()
        until(lambda: is_draining(fleet))
        with fleet.client() as client:
            refused = client.post("/api/agents/alpha/commands", json={"action": "echo"})
            ready = client.get("/health/ready")
        upload.sendall(b"lf")
        answer = upload.recv(4096)

    assert refused.status_code == 503
    assert refused.json()["code"] == "draining"
    assert ready.status_code == 503
    assert answer.startswith(b"HTTP/1.1 201")
    assert fleet.orchestrator is not None
    assert fleet.orchestrator.wait(15) == 0
    assert "Traceback" not in fleet.log


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_second_signal_waits_for_nobody(fleet: Fleet, interrupted: bool) -> None:
    process = fleet.orchestrator
    assert process is not None
    with closing(half_an_upload(fleet)):
        fleet.terminate_orchestrator()
        until(lambda: is_draining(fleet))
        began = time.monotonic()

        process.send_signal(signal.SIGINT if interrupted else signal.SIGTERM)

        assert process.wait(15) == 0
    assert time.monotonic() - began < FORCED_SECONDS


def test_a_request_that_never_ends_is_not_waited_for_longer_than_a_drain(fleet: Fleet) -> None:
    process = fleet.orchestrator
    assert process is not None
    with closing(half_an_upload(fleet)):
        began = time.monotonic()
        fleet.terminate_orchestrator()

        assert process.wait(20) == 0
    assert FORCED_SECONDS < time.monotonic() - began < 15


async def test_an_agent_is_told_why_its_socket_closes(fleet: Fleet) -> None:
    agent = await NullAgent(fleet.url, "alpha").enrol(token(fleet))
    async with serving(agent):
        done = await asyncio.to_thread(fleet.run, "alpha", "echo", request_id="r1")
        assert done["state"] == "succeeded"

        fleet.terminate_orchestrator()

        assert await agent.left_alone() == (1012, "the orchestrator is shutting down")
    assert agent.acknowledged() == {"r1"}
    assert len(agent.said(Drain)) == 1
