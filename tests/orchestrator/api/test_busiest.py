"""The busiest route on a real socket: it answers without a task, and like the application does."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from uvicorn.server import ServerState

from orchestrator.http_protocol import HeadHolder, WholeWriteProtocol
from orchestrator.server import server_configuration
from orchestrator.settings import Settings
from tests.orchestrator.api.conftest import TOKEN, Api
from tests.orchestrator.deadline import until

PATH = "/api/agents/alpha/commands"
ECHO = b'{"action":"echo","params":{"text":"hi"}}'


READ_BYTES = 256 * 1024
"""What asyncio's own loop reads of a socket at once."""


@dataclass
class Answer:
    """One response as it came."""

    status: int
    headers: dict[str, str]
    body: Any


class Wire:
    """A client that writes its requests byte for byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak on an open connection."""
        self._reader = reader
        self.writer = writer

    async def post(self, body: bytes = ECHO, path: str = PATH, **headers: str) -> Answer:
        """Send one request and read its answer."""
        self.writer.write(request(body, path, **headers))
        return await self.answer()

    async def push(self) -> None:
        """Send requests without end, and read nothing."""
        while True:
            self.writer.write(request() * 100)
            await self.writer.drain()

    async def answer(self) -> Answer:
        """Read one answer."""
        async with asyncio.timeout(10):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = await self._reader.readexactly(int(headers["content-length"]))
        return Answer(int(head[0].split()[1]), headers, json.loads(body))

    async def is_told_to_continue(self) -> bool:
        """Read the answer before the answer."""
        return await self._reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

    async def is_closed(self) -> bool:
        """Say whether the server closes the connection now."""
        async with asyncio.timeout(10):
            return await self._reader.read() == b""


def request(body: bytes = ECHO, path: str = PATH, **headers: str) -> bytes:
    """Return a request; an underscore in a header's name stands for a dash."""
    given = {
        "Host": "127.0.0.1:8000",
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [
        f"POST {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in given.items() if value),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Served:
    """The orchestrator behind a real listener."""

    api: Api
    port: int
    state: ServerState

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Wire]:
        """Connect."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=4096)
        try:
            yield Wire(reader, writer)
        finally:
            writer.close()

    def is_answering(self) -> bool:
        """Say whether the shortcut owes an answer to anybody."""
        return any(getattr(one, "is_answering", False) for one in self.state.connections)


@pytest.fixture
async def served(api: Api) -> AsyncIterator[Served]:
    """Serve the API as the server does."""
    configuration = server_configuration(Settings(api.data_dir), api.orchestrator)
    configuration.load()
    state = ServerState()
    make: Callable[..., asyncio.Protocol] = configuration.http_protocol_class
    protocol = partial(make, config=configuration, server_state=state, app_state={})
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    # A little of what a client leaves unread is enough to hold the server up.
    server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    async with server:
        yield Served(api, server.sockets[0].getsockname()[1], state)


@pytest.fixture
async def wire(served: Served) -> AsyncIterator[Wire]:
    """One connection."""
    async with served.client() as client:
        yield client


async def test_no_task_is_made_for_a_command(served: Served, wire: Wire) -> None:
    answer = await wire.post()

    assert answer.status == 200
    assert answer.body["result"] == {"params": {"text": "hi"}}
    assert served.state.total_requests == 1
    # uvicorn keeps every task it makes in this set until the task is over.
    assert not served.state.tasks


async def test_who_asked_is_told_of_a_person_and_of_a_program(served: Served, wire: Wire) -> None:
    headers = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    signed_in = await served.api.client.post("/sign-in", data={"token": TOKEN}, headers=headers)
    cookie = signed_in.headers["set-cookie"].partition(";")[0]

    person = await wire.post(
        ECHO, PATH, Authorization="", Cookie=cookie, X_Xagent="dashboard", **headers
    )
    program = await wire.post()

    assert person.body["requested_by"].startswith("sign-in ")
    assert person.body["requested_by"].removeprefix("sign-in ") not in cookie
    assert program.body["requested_by"] == "token"
    assert not served.state.tasks


async def test_the_answer_has_the_headers_that_the_application_gives(
    served: Served, wire: Wire
) -> None:
    answer = await wire.post()
    theirs = await served.api.client.post(
        PATH, content=ECHO, headers={"Content-Type": "application/json"}
    )

    assert {**answer.headers, "content-length": ""} == {**theirs.headers, "content-length": ""}


async def test_a_command_that_is_not_over_is_answered_with_202_and_its_place(wire: Wire) -> None:
    answer = await wire.post(b'{"action":"hang"}', f"{PATH}?wait=0")

    assert answer.status == 202
    assert answer.headers["location"] == f"/api/commands/{answer.body['request_id']}"


async def test_pipelined_requests_are_answered_in_their_order(wire: Wire) -> None:
    bodies = [b'{"action":"echo","params":{"text":"%d"}}' % number for number in range(5)]
    wire.writer.write(b"".join(map(request, bodies)))

    answers = [await wire.answer() for _ in bodies]

    assert [one.body["params"]["text"] for one in answers] == ["0", "1", "2", "3", "4"]


async def test_a_body_may_come_in_pieces(served: Served, wire: Wire) -> None:
    whole = request()
    wire.writer.write(whole[:-10])
    # The head is parsed, and what is missing is the end of the body.
    await until(lambda: any(getattr(one, "cycle", None) for one in served.state.connections))
    wire.writer.write(whole[-10:])

    assert (await wire.answer()).status == 200


async def test_a_chunked_body_and_one_that_waits_for_leave_are_served_too(wire: Wire) -> None:
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ECHO), ECHO)
    headers = {"Content_Length": "", "Transfer_Encoding": "chunked"}

    assert (await wire.post(chunked, **headers)).status == 200

    wire.writer.write(request(b"", Content_Length=str(len(ECHO)), Expect="100-continue"))
    wire.writer.write(ECHO)
    assert await wire.is_told_to_continue()
    assert (await wire.answer()).status == 200


async def test_a_connection_that_is_to_be_closed_is_closed(wire: Wire) -> None:
    answer = await wire.post(Connection="close")

    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert await wire.is_closed()


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Authorization": "Bearer wrong"}, 401, "unauthorized"),
        ({"Host": "evil.example"}, 421, "host_not_allowed"),
        ({"Origin": "http://evil.example"}, 403, "origin_not_allowed"),
        ({"Content_Type": "text/plain"}, 415, "unsupported_media_type"),
        ({"path": "/api/agents/nobody/commands"}, 404, "agent_unknown"),
        ({"path": f"{PATH}?wait=61"}, 422, "invalid_request"),
        ({"body": b"{"}, 400, "malformed_body"),
        ({"body": b'{"action":"ecko"}'}, 422, "action_unknown"),
        ({"body": b'{"action":"goto"}'}, 422, "invalid_params"),
    ],
)
async def test_what_is_refused_is_refused_by_the_application_with_its_reason(
    wire: Wire, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = await wire.post(**changed)

    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await wire.post()).status == 200


async def test_the_same_request_id_is_the_same_command(served: Served, wire: Wire) -> None:
    body = b'{"action":"echo","request_id":"mine"}'

    first, again = await wire.post(body), await wire.post(body)
    other = await wire.post(b'{"action":"fail","request_id":"mine"}')

    assert first.body == again.body
    assert (other.status, other.body["code"]) == (422, "request_id_reused")


async def test_f28_a_client_that_leaves_is_waited_for_no_longer(served: Served) -> None:
    async with served.client() as client:
        client.writer.write(request(b'{"action":"hang","request_id":"left"}'))
        await until(served.is_answering)
    await until(lambda: not served.state.connections)

    assert not served.is_answering()
    assert (await served.api.client.get("/api/commands/left")).json()["state"] == "running"


async def test_a_drain_answers_who_waits(served: Served, wire: Wire) -> None:
    wire.writer.write(request(b'{"action":"hang"}'))
    await until(served.is_answering)

    served.api.orchestrator.drain()

    assert (await wire.answer()).status == 202
    assert (await wire.post()).body["code"] == "draining"


async def test_a_client_that_never_reads_is_read_no_further(served: Served) -> None:
    async with served.client() as client, asyncio.TaskGroup() as tasks:
        pushing = tasks.create_task(client.push())
        await until(lambda: bool(served.state.connections))
        (connection,) = served.state.connections
        assert isinstance(connection, WholeWriteProtocol)
        flow = connection.flow
        await until(lambda: flow.write_paused and flow.read_paused)

        # What a few reads bring, however much more the client has to say: one until it is seen
        # that requests wait, and one for each that was begun before nothing could be written.
        assert len(connection.pipeline) <= 4 * READ_BYTES // len(request())

        pushing.cancel()
        client.writer.transport.abort()
    await until(lambda: not served.state.tasks)


async def test_a_connection_is_freed_when_it_ends(served: Served) -> None:
    gc.collect()
    gc.disable()
    try:
        async with served.client() as client:
            assert (await client.post()).status == 200
            (one,) = map(weakref.ref, served.state.connections)
        await until(lambda: not served.state.connections)
        await until(lambda: one() is None)
    finally:
        gc.enable()


async def test_the_head_of_an_answer_without_a_body_is_not_overtaken() -> None:
    written: list[bytes] = []

    class Recorder(asyncio.Transport):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            written.append(bytes(data))

    holder = HeadHolder(Recorder(), asyncio.get_running_loop())
    holder.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    holder.write_whole(b"HTTP/1.1 200 OK\r\n\r\n{}")

    assert written == [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n{}"]
