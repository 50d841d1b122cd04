"""Events over HTTP, from a real server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.settings import Settings
from orchestrator.store.database import FILE_NAME
from tests.null_agent import serving
from tests.orchestrator.gateway.conftest import Server, running
from xagent_protocol.ids import ArtifactId
from xagent_protocol.messages import AgentBeat, BrowserStatus
from xagent_protocol.outcomes import ArtifactRef, Effect, Outcome, OutcomeState

pytestmark = pytest.mark.slow


@pytest.fixture
async def server(tmp_path: Path, migrated: Path) -> AsyncIterator[Server]:
    """An orchestrator on a real port."""
    shutil.copy(migrated, tmp_path / FILE_NAME)
    async with running(Settings(tmp_path)) as server:
        yield server


@dataclass
class Told:
    """One event as a client gets it."""

    name: str
    id: str
    data: Any


class Stream:
    """Events as they come."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        """Read them from *lines*."""
        self._lines = lines

    async def next(self) -> Told:
        """Wait for the next event."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    return Told(fields["event"], fields["id"], json.loads(fields["data"]))
                else:
                    fields.clear()
        raise EOFError

    async def until(self, name: str) -> Told:
        """Wait for the next event of that name."""
        while (told := await self.next()).name != name:
            pass
        return told


@asynccontextmanager
async def listening(
    server: Server,
    after: str | None = None,
    *,
    headers: Mapping[str, str] = {},
    **query: str,
) -> AsyncIterator[Stream]:
    """Listen to a server."""
    headers = dict(headers) if after is None else {**headers, "Last-Event-ID": after}
    async with server.client.stream(
        "GET", "/api/events", params=query, headers=headers
    ) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response.aiter_lines())


async def test_an_agent_is_told_of_as_it_comes_changes_and_goes(server: Server) -> None:
    alpha = await server.enrolled("alpha")
    async with listening(server) as stream:
        assert (await stream.next()).name == "ready"
        async with serving(alpha):
            came = await stream.until("agent.connected")
            await alpha.say(AgentBeat(0, BrowserStatus("chromium", "1", 1, False, True), 0))
            changed = await stream.until("agent.changed")
        went = await stream.until("agent.disconnected")
        noted = await stream.until("agent.changed")

    assert came.data["agent"]["agent_id"] == "alpha"
    assert changed.data["agent"]["contact"]["browser_ok"]["value"] is False
    assert went.data["agent"]["contact"]["connected"]["value"] is False
    assert noted.data["agent"] == (await server.client.get("/api/agents/alpha")).json()


async def test_a_command_is_told_of_at_each_move(server: Server) -> None:
    async with serving(await server.enrolled("alpha")), listening(server) as stream:
        await stream.next()
        await server.post("alpha", action="echo", params={"text": "hi"}, request_id="r1")

        moves = [(await stream.until("command")).data["command"] for _ in range(3)]

    assert [one["state"] for one in moves] == ["dispatched", "running", "succeeded"]
    assert {(one["request_id"], one["requested_by"]) for one in moves} == {("r1", "token")}
    assert "result" not in moves[2]
    assert "params" not in moves[2]


async def test_one_agents_events_are_told_alone(server: Server) -> None:
    alpha, beta = await server.enrolled("alpha"), await server.enrolled("beta")
    async with serving(alpha), serving(beta), listening(server, agent_id="beta") as stream:
        await stream.next()
        await server.echo("alpha", "a")
        await server.echo("beta", "b")

        assert (await stream.next()).data["command"]["agent_id"] == "beta"


async def test_a_client_that_comes_back_hears_what_it_missed(server: Server) -> None:
    async with serving(await server.enrolled("alpha")):
        async with listening(server) as stream:
            ready = await stream.next()
        await server.echo("alpha", "meanwhile")

        async with listening(server, ready.id) as stream:
            assert (await stream.next()).id == ready.id
            assert (await stream.until("command")).data["command"]["state"] == "dispatched"


async def test_a_client_of_another_life_is_told_to_begin_anew(server: Server) -> None:
    async with listening(server, "0123abcd-7") as stream:
        reset = await stream.next()
        ready = await stream.next()

    assert (reset.name, ready.name) == ("reset", "ready")
    assert reset.id == ready.id


async def test_a_drain_ends_the_stream_and_refuses_another(server: Server) -> None:
    async with listening(server) as stream:
        await stream.next()

        server.orchestrator.drain()

        with pytest.raises(EOFError):
            await stream.next()
    answer = await server.client.get("/api/events")
    assert (answer.status_code, answer.json()["code"]) == (503, "draining")


async def test_without_a_token_nothing_is_told(server: Server) -> None:
    answer = await server.client.get("/api/events", headers={"Authorization": "Bearer no"})

    assert answer.status_code == 401


async def test_a_client_that_left_is_not_listened_for(server: Server) -> None:
    async with listening(server) as stream:
        await stream.next()
    async with asyncio.timeout(5):
        while len(server.orchestrator.events):  # noqa: ASYNC110 (the end of a client has no event)
            await asyncio.sleep(0.01)


async def shared(server: Server, agent_id: str) -> tuple[str, dict[str, str]]:
    """Share an agent; return the share's id, and the headers of a browser that came by it."""
    made = (await server.client.post(f"/api/agents/{agent_id}/shares", json={})).json()
    port, secret = server.url.rpartition(":")[2], made["url"].rpartition("/")[2]
    return made["id"], {"Authorization": "", "Cookie": f"xagent_share_{port}={secret}"}


async def test_a_share_hears_of_its_agent_alone(server: Server) -> None:
    """Threat 10."""
    alpha, beta = await server.enrolled("alpha"), await server.enrolled("beta")
    _, visitor = await shared(server, "beta")
    async with serving(alpha), serving(beta):
        for query in ({}, {"agent_id": "beta"}):
            async with listening(server, headers=visitor, **query) as stream:
                await stream.next()
                await server.echo("alpha", "a")
                await server.echo("beta", "b")

                assert (await stream.next()).data["command"]["agent_id"] == "beta"
        refused = await server.client.get("/api/events?agent_id=alpha", headers=visitor)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_a_share_hears_of_no_file_but_of_pictures(server: Server) -> None:
    alpha = await server.enrolled("alpha")
    made = tuple(
        ArtifactRef(ArtifactId(content_type), content_type, 1, "0f", "file")
        for content_type in ("image/png", "application/zip")
    )
    alpha.answers["echo"] = lambda command: Outcome(
        OutcomeState.SUCCEEDED, Effect.COMPLETE, command.params, artifacts=made
    )
    _, visitor = await shared(server, "alpha")
    heard = []
    async with serving(alpha):
        for headers in (visitor, {}):
            async with listening(server, headers=headers) as stream:
                await stream.next()
                await server.echo("alpha", "a")
                moves = [(await stream.until("command")).data["command"] for _ in range(3)]
            heard.append([each["artifact_id"] for each in moves[-1]["artifacts"]])

    assert heard == [["image/png"], ["image/png", "application/zip"]]


async def test_a_share_that_comes_back_hears_of_nobody_else_what_it_missed(
    server: Server,
) -> None:
    alpha, beta = await server.enrolled("alpha"), await server.enrolled("beta")
    _, visitor = await shared(server, "beta")
    async with serving(alpha), serving(beta):
        async with listening(server, headers=visitor) as stream:
            ready = await stream.next()
        await server.echo("alpha", "a")
        await server.echo("beta", "b")

        async with listening(server, ready.id, headers=visitor) as stream:
            await stream.next()
            assert (await stream.next()).data["command"]["agent_id"] == "beta"


async def test_a_share_that_is_ended_hears_nothing_more(server: Server) -> None:
    alpha = await server.enrolled("alpha")
    share_id, visitor = await shared(server, "alpha")
    async with serving(alpha), listening(server, headers=visitor) as stream:
        await stream.next()
        await server.client.delete(f"/api/shares/{share_id}")
        await server.echo("alpha", "unheard")

        with pytest.raises(EOFError):
            await stream.next()
