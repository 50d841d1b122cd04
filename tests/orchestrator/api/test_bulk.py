"""Many commands over one request, on a real socket, with both directions open at once."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from orchestrator.settings import Bounds, Settings
from orchestrator.store.database import FILE_NAME
from tests.null_agent import NullAgent, echo, serving
from tests.orchestrator.gateway.conftest import TOKEN, Server, eventually, running
from xagent_protocol.messages import Command, Result

LINES = "application/x-ndjson"


@pytest.fixture
async def server(tmp_path: Path, migrated: Path) -> AsyncIterator[Server]:
    """An orchestrator that takes short lines only."""
    shutil.copy(migrated, tmp_path / FILE_NAME)
    async with running(Settings(tmp_path, bounds=Bounds(body_bytes=64 * 1024))) as server:
        yield server


@pytest.fixture
async def alpha(server: Server) -> AsyncIterator[NullAgent]:
    """An agent that is here."""
    async with serving(await server.enrolled("alpha")) as agent:
        yield agent


def line(text: str = "hi", action: str = "echo", **envelope: Any) -> dict[str, Any]:
    """Return one command as a line has it."""
    return {"agent_id": "alpha", "action": action, "params": {"text": text}, **envelope}


def body(*lines: Any) -> bytes:
    """Return lines as they are sent."""
    return b"".join(
        (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines
    )


async def ask(server: Server, *lines: Any, **query: Any) -> dict[int, dict[str, Any]]:
    """Send lines at once and return the answers by their index, in the order they came."""
    answer = await server.client.post(
        "/api/bulk", content=body(*lines), headers={"Content-Type": LINES}, params=query
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(LINES)
    return {told["index"]: told for told in map(json.loads, answer.text.splitlines())}


class Duplex:
    """A request whose body is still being sent while its answer is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak on an open connection."""
        self._reader, self.writer = reader, writer

    def send(self, *lines: Any) -> None:
        """Send lines as one chunk; no line ends the body."""
        content = body(*lines)
        self.writer.write(b"%x\r\n%b\r\n" % (len(content), content))

    async def head(self) -> bytes:
        """Return the head of the answer."""
        async with asyncio.timeout(5):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def hear(self) -> list[dict[str, Any]]:
        """Return the answers of the next chunk; none at the end."""
        async with asyncio.timeout(5):
            length = int(await self._reader.readline(), 16)
            content = await self._reader.readexactly(length + 2)
        return [json.loads(each) for each in content.splitlines() if each]


@asynccontextmanager
async def duplex(server: Server, query: str = "") -> AsyncIterator[Duplex]:
    """Open a request."""
    parts = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(
        f"POST /api/bulk{query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {LINES}\r\n"
        f"Authorization: Bearer {TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    )
    try:
        yield Duplex(reader, writer)
    finally:
        writer.close()


async def test_every_line_is_answered_by_its_command(server: Server, alpha: NullAgent) -> None:
    answers = await ask(server, *(line(str(n), request_id=f"r{n}") for n in range(200)))

    assert sorted(answers) == list(range(200))
    for number, told in answers.items():
        assert told["request_id"] == f"r{number}"
        assert told["problem"] is None
        assert told["command"]["state"] == "succeeded"
        assert told["command"]["result"] == {"text": str(number)}
        assert told["command"]["requested_by"] == "token"


async def test_answers_come_in_the_order_of_their_ends(server: Server, alpha: NullAgent) -> None:
    async with duplex(server) as stream:
        stream.send(line("slow", "hold", request_id="slow"), line("quick"))
        await stream.head()

        (first,) = await stream.hear()
        await server.client.post("/api/commands/slow/cancel")
        assert first["index"] == 1
        assert first["command"]["result"] == {"text": "quick"}

        stream.send(line("later"))
        assert [told["index"] for told in await stream.hear()] == [2]


async def test_a_line_that_is_refused_ends_nothing(server: Server, alpha: NullAgent) -> None:
    answers = await ask(
        server,
        b"{nonsense",
        b"",
        {**line(), "agent_id": "nobody"},
        line(action="unknown", request_id="mine"),
        {**line(), "params": {"text": 7}},
        line(colour="red"),
        line("x" * 70_000),
        line("good"),
    )

    codes = {n: told["problem"]["code"] for n, told in answers.items() if told["problem"]}
    assert codes == {
        0: "malformed_body",
        2: "agent_unknown",
        3: "action_unknown",
        4: "invalid_params",
        5: "invalid_request",
        6: "body_too_large",
    }
    assert answers[3]["request_id"] == "mine"
    assert answers[7]["command"]["result"] == {"text": "good"}


async def test_no_more_lines_are_in_hand_than_asked_for(server: Server, alpha: NullAgent) -> None:
    async with duplex(server, "?concurrency=3") as stream:
        stream.send(*(line(action="hold", request_id=f"h{n}") for n in range(5)))

        async def three_are_held() -> bool:
            return len(alpha.said(Command)) == 3

        await eventually(three_are_held)
        assert (await server.client.get("/api/commands/h3")).status_code == 404

        alpha.answers["hold"] = echo
        for held in alpha.said(Command):
            await alpha.say(Result(held.request_id, held.attempt, echo(held)))
        stream.send()
        await stream.head()
        answers: list[int] = []
        while told := await stream.hear():
            answers += [each["index"] for each in told]
        assert sorted(answers) == [0, 1, 2, 3, 4]


async def test_a_client_that_leaves_has_its_commands_done_all_the_same(
    server: Server, alpha: NullAgent
) -> None:
    before = len(server.state.tasks)
    async with duplex(server) as stream:
        stream.send(line(action="hold", request_id="held"), line(request_id="done"))
        await stream.head()
        await stream.hear()
        stream.writer.transport.abort()

    async def nothing_is_served() -> bool:
        return len(server.state.tasks) == before

    await eventually(nothing_is_served)
    held = (await server.client.get("/api/commands/held")).json()
    done = (await server.client.get("/api/commands/done")).json()
    assert held["state"] == "running"
    assert done["state"] == "succeeded"


async def test_the_same_lines_again_are_the_same_commands(server: Server, alpha: NullAgent) -> None:
    lines = [line(str(n), request_id=f"r{n}") for n in range(5)]
    before = await ask(server, *lines)

    after = await ask(server, *lines, line("another", request_id="r1"))

    problem = after.pop(5)["problem"]
    assert problem["code"] == "request_id_reused"
    assert {n: told["command"] for n, told in after.items()} == {
        n: told["command"] for n, told in before.items()
    }


async def test_what_is_not_over_in_time_is_answered_as_it_stands(
    server: Server, alpha: NullAgent
) -> None:
    answers = await ask(server, line(action="hold"), wait=0.05)

    assert answers[0]["command"]["state"] in ("dispatched", "running")


async def test_a_drain_answers_who_waits_and_ends_the_answer(
    server: Server, alpha: NullAgent
) -> None:
    async with duplex(server) as stream:
        stream.send(line(action="hold"))
        await stream.head()
        await eventually(lambda: _is_open(server))

        server.orchestrator.dispatcher.submissions.drain()
        assert [told["index"] for told in await stream.hear()] == [0]
        assert await stream.hear() == []


async def _is_open(server: Server) -> bool:
    return bool((await server.client.get("/api/commands?state=running")).json()["items"])


async def test_another_kind_of_body_is_refused(server: Server) -> None:
    answer = await server.client.post("/api/bulk", json=line())

    assert answer.status_code == 415
    assert LINES in answer.json()["detail"]
