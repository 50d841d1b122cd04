"""Clients that leave while they wait, and those that stay."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from orchestrator.api.departure import while_here
from orchestrator.errors import CommandUnknown
from tests.orchestrator.api.test_busiest import Served, request, served as served
from tests.orchestrator.deadline import until


@pytest.mark.slow
async def test_whoever_leaves_is_waited_for_no_longer_and_the_command_goes_on(
    served: Served,
) -> None:
    """F28, of those whom the application serves: a long poll, and a body in chunks."""
    chunk = b'{"action":"hang","request_id":"left"}'
    submit = request(
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(chunk), chunk),
        Content_Length="",
        Transfer_Encoding="chunked",
    )
    poll = request(b"", "/api/commands/left?wait=60").replace(b"POST", b"GET", 1)
    async with served.client() as submitting, served.client() as polling:
        submitting.writer.write(submit)
        await until(lambda: len(served.state.tasks) == 1)
        polling.writer.write(poll)
        await until(lambda: len(served.state.tasks) == 2)

    await until(lambda: not served.state.tasks)

    assert not served.is_answering()
    assert (await served.api.client.get("/api/commands/left")).json()["state"] == "running"


class Client:
    """What the server says of a client: its request, and its leaving once `has_left` is set."""

    def __init__(self) -> None:
        """Stay."""
        self.has_left = asyncio.Event()
        self._said: list[Message] = [{"type": "http.request", "body": b""}]

    async def receive(self) -> Message:
        """Hear the next of it."""
        if self._said:
            return self._said.pop()
        await self.has_left.wait()
        return {"type": "http.disconnect"}


async def test_a_client_that_stays_gets_what_it_waits_for() -> None:
    async def result() -> str:
        await asyncio.sleep(0)
        return "done"

    assert await while_here(Client().receive, result()) == "done"


async def test_a_refusal_reaches_it_as_such() -> None:
    async def refuse() -> str:
        raise CommandUnknown("There is no command 'x'.")

    with pytest.raises(CommandUnknown):
        await while_here(Client().receive, refuse())


async def test_what_it_waited_for_is_cancelled_when_it_leaves() -> None:
    client = Client()
    ends: list[str] = []

    async def wait() -> None:
        client.has_left.set()
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    with pytest.raises(ClientDisconnect):
        await while_here(client.receive, wait())

    assert ends == ["cancelled"]
