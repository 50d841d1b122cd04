"""A page for many viewers, from an agent that only plays the part."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from orchestrator.access.principal import Principal, PrincipalKind
from orchestrator.doors.live import UNDER_WAY
from orchestrator.settings import Settings
from orchestrator.store.database import FILE_NAME
from tests.null_agent import NullAgent
from tests.orchestrator.gateway.conftest import TOKEN, Server, running
from xagent_protocol.ids import AgentId, ArtifactId, PageId
from xagent_protocol.live import (
    PICTURE_HEAD,
    SUBPROTOCOL,
    AnswerDialog,
    ChooseFiles,
    FromAgent,
    FromViewer,
    Input,
    LiveGone,
    LiveRefused,
    LiveState,
    Seen,
    Text,
    Want,
)
from xagent_protocol.messages import AgentBeat, BrowserStatus, OpenChannel, PageSummary

pytestmark = pytest.mark.slow

_from_agent = msgspec.json.Decoder(FromAgent)
_from_viewer = msgspec.json.Decoder(FromViewer)

TOKEN_OF_ADA = "ada-q8ZrT0pW3xYvB1nM7uKd"
STATE = LiveState(PageId("p1"), "https://example.com/", "Example", None, None)
BROWSER = BrowserStatus(
    "chromium", "1", 1, True, True, (PageSummary(PageId("p1"), "", "", True, "shop"),)
)


@pytest.fixture
async def server(tmp_path: Path, migrated: Path) -> AsyncIterator[Server]:
    """An orchestrator on a real port."""
    shutil.copy(migrated, tmp_path / FILE_NAME)
    async with running(Settings(tmp_path)) as server:
        yield server


def picture(number: int, size: int = 100) -> bytes:
    """Return a picture that is told by its last byte."""
    return PICTURE_HEAD.pack(number, 0.0, 1280, 720) + bytes(size) + bytes([number % 256])


class Camera:
    """The agent's end of a channel."""

    def __init__(self, agent: NullAgent, asked: OpenChannel, socket: ClientConnection) -> None:
        """Show things through *socket*."""
        self.agent = agent
        self.asked = asked
        self.socket = socket

    async def hear(self, kind: type[Any]) -> Any:
        """Wait for the next message of this kind."""
        async with asyncio.timeout(5):
            while not isinstance(message := _from_viewer.decode(await self.socket.recv()), kind):
                pass
            return message

    async def tell(self, message: FromAgent) -> None:
        """Send a text to the viewers."""
        await self.socket.send(msgspec.json.encode(message).decode())

    async def is_let_go(self) -> None:
        """Wait until nobody wants anything any more."""
        async with asyncio.timeout(5):
            async for _ in self.socket:
                pass


class Glass:
    """A viewer's end in memory: says what it has to say, and leaves when each was answered."""

    def __init__(self, *says: FromViewer) -> None:
        self._says = [msgspec.json.encode(message).decode() for message in says]
        self._answers = max(1, len(says))
        self._has_heard = asyncio.Event()
        self.told: list[FromAgent] = []

    async def receive(self) -> str | bytes | None:
        """Say the next thing."""
        if self._says:
            return self._says.pop(0)
        await self._has_heard.wait()
        return None

    async def send(self, message: str | bytes) -> None:
        """Hear something."""
        self.told.append(_from_agent.decode(message))
        if len(self.told) == self._answers:
            self._has_heard.set()

    async def close(self) -> None:
        """Leave."""
        self._has_heard.set()


class Eye:
    """A viewer's end."""

    def __init__(self, socket: ClientConnection) -> None:
        """Look through *socket*."""
        self.socket = socket

    async def say(self, message: FromViewer) -> None:
        """Send a message."""
        await self.socket.send(msgspec.json.encode(message).decode())

    async def see(self) -> bytes:
        """Wait for the next picture, and say that it was seen."""
        async with asyncio.timeout(5):
            while not isinstance(message := await self.socket.recv(), bytes):
                pass
        await self.say(Seen(int.from_bytes(message[:4])))
        return message

    async def hear(self, kind: type[Any]) -> Any:
        """Wait for the next text of this kind."""
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.recv()
                if isinstance(message, str) and isinstance(
                    told := _from_agent.decode(message), kind
                ):
                    return told

    async def is_sent_away(self) -> LiveGone:
        """Wait for the last word."""
        gone = await self.hear(LiveGone)
        await self.socket.wait_closed()
        assert isinstance(gone, LiveGone)
        return gone


@asynccontextmanager
async def looking(
    server: Server, page: str = "main", agent: str = "alpha", want: Want | None = None
) -> AsyncIterator[Eye]:
    """Look at a page."""
    async with connect(
        f"{server.url.replace('http', 'ws')}/api/agents/{agent}/pages/{page}/live",
        additional_headers={"Authorization": f"Bearer {TOKEN}"},
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        proxy=None,
        max_queue=None,  # what a test does not read must not keep the end from it
    ) as connection:
        eye = Eye(connection)
        with contextlib.suppress(
            ConnectionClosed
        ):  # whoever is not here is said to be gone at once
            await eye.say(want or Want())
        yield eye


@asynccontextmanager
async def present(server: Server, *kinds: str) -> AsyncIterator[NullAgent]:
    """Let an agent be there that opens these kinds of channels."""
    agent = await server.enrolled("alpha")
    await agent.enter(channels=kinds)
    await agent.say(AgentBeat(0, BROWSER, 0))
    yield agent
    await agent.hang_up()


@asynccontextmanager
async def filming(server: Server, agent: NullAgent) -> AsyncIterator[Camera]:
    """Do as the orchestrator asks, and dial the channel."""
    asked = await agent.hear()
    while not isinstance(asked, OpenChannel):
        asked = await agent.hear()
    async with connect(
        f"{server.url.replace('http', 'ws')}/ws/channels/{asked.channel_id}",
        additional_headers={"Authorization": f"Bearer {agent.credential}"},
        compression=None,
        proxy=None,
        max_queue=None,
    ) as connection:
        yield Camera(agent, asked, connection)


async def test_a_viewer_sees_what_the_agent_shows(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
    ):
        assert (camera.asked.kind, camera.asked.page) == ("live", "p1")
        await camera.tell(STATE)
        await camera.socket.send(picture(1))

        assert await eye.hear(LiveState) == STATE
        assert (await eye.see())[-1] == 1
        assert (await camera.hear(Seen)).number == 1
        assert eye.socket.subprotocol == SUBPROTOCOL


async def test_many_viewers_share_one_channel_and_who_comes_late_sees_the_last_picture(
    server: Server,
) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as first,
        filming(server, agent) as camera,
    ):
        await camera.tell(STATE)
        await camera.socket.send(picture(1))
        await first.see()

        async with looking(server, "shop") as second, looking(server, "p1") as third:
            for late in (second, third):
                assert await late.hear(LiveState) == STATE
                assert (await late.see())[-1] == 1
        assert len(agent.said(OpenChannel)) == 1


async def test_the_agent_is_asked_for_the_most_that_anybody_wants(server: Server) -> None:
    thumbnail, whole = Want(1, 320, 320, 40), Want(30, 1280, 1280, 60)
    async with (
        present(server, "live") as agent,
        looking(server, want=thumbnail),
        filming(server, agent) as camera,
    ):
        assert await camera.hear(Want) == thumbnail
        async with looking(server, want=whole):
            assert await camera.hear(Want) == whole
        assert await camera.hear(Want) == thumbnail


@asynccontextmanager
async def trickling(server: Server) -> AsyncIterator[socket.socket]:
    """Look at the main page, and read a kilobyte a second; gives the socket."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, (host, int(port)))
        upgrade = (
            "GET /api/agents/alpha/pages/main/live HTTP/1.1\r\n"
            f"Host: {host}:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await loop.sock_sendall(slow, upgrade.encode())
        assert b" 101 " in await loop.sock_recv(slow, 1024)
        want = msgspec.json.encode(Want())
        await loop.sock_sendall(slow, bytes([0x81, 0x80 | len(want), 0, 0, 0, 0]) + want)

        over = asyncio.Event()

        async def read() -> None:
            while not over.is_set() and await loop.sock_recv(slow, 50):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await over.wait()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(read())
            yield slow
            over.set()


async def test_f27_a_viewer_that_reads_1_kb_a_second_misses_pictures_and_costs_nobody_anything(
    server: Server,
) -> None:
    pictures, size = 60, 200_000
    async with (
        present(server, "live") as agent,
        looking(server) as quick,
        filming(server, agent) as camera,
        trickling(server),
    ):
        await camera.socket.send(picture(1, size))
        await quick.see()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for number in range(2, pictures + 1):
            async with asyncio.timeout(1):
                await camera.socket.send(picture(number, size))
                assert (await quick.see())[-1] == number, "none is missed by who keeps up"
        after, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        async with asyncio.timeout(1):
            assert (await server.client.get("/api/agents/alpha")).status_code == 200

    assert after - before < 6 * size, "a picture waits, and two are under way"
    assert most - before < pictures * size / 4


async def test_a_viewer_that_was_away_sees_the_newest_picture(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as quick,
        filming(server, agent) as camera,
        looking(server) as away,
    ):
        away.socket.transport.pause_reading()
        for number in range(1, 21):
            await camera.socket.send(picture(number))
            assert (await quick.see())[-1] == number
        away.socket.transport.resume_reading()
        seen = [(await away.see())[-1] for _ in range(UNDER_WAY + 1)]

    assert seen[-1] == 20, "the newest, and not the next of twenty"


async def test_nothing_more_is_asked_of_the_agent_while_nobody_has_room(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
    ):
        for number in range(1, UNDER_WAY + 2):
            await camera.socket.send(picture(number))
            if number <= UNDER_WAY:
                assert (await camera.hear(Seen)).number == number
        await (await eye.socket.ping())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await camera.socket.recv()

        await eye.see()

        assert (await camera.hear(Seen)).number == UNDER_WAY + 1


async def test_a_viewer_has_its_own_rate(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server, want=Want(fps=60)) as quick,
        filming(server, agent) as camera,
        looking(server, want=Want(fps=2)) as calm,
    ):
        began = asyncio.get_running_loop().time()
        for number in range(1, 21):
            await camera.socket.send(picture(number))
            await quick.see()
        seen = [await calm.see()]
        while seen[-1][-1] != 20:
            seen.append(await calm.see())

    elapsed = asyncio.get_running_loop().time() - began
    assert len(seen) <= 2 + elapsed * 2 / 0.9, "two a second, and a little more"


async def test_when_nobody_looks_nothing_is_sent(server: Server) -> None:
    async with present(server, "live") as agent:
        async with looking(server):
            camera_open = filming(server, agent)
            camera = await camera_open.__aenter__()
        await camera.is_let_go()
        await camera_open.__aexit__(None, None, None)

        async with looking(server) as eye, filming(server, agent) as again:
            await again.tell(STATE)
            assert await eye.hear(LiveState) == STATE


async def test_input_reaches_the_agent_and_its_refusal_only_who_sent_it(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
        looking(server) as other,
    ):
        await eye.say(Input(TOKEN_OF_ADA, (Text("hello"),)))
        given = await camera.hear(Input)
        await camera.tell(LiveRefused(given.viewer, "not_in_control", "over"))
        await camera.tell(STATE)

        assert (given.token, given.events) == (TOKEN_OF_ADA, (Text("hello"),))
        assert (await eye.hear(LiveRefused)).code == "not_in_control"
        assert isinstance(_from_agent.decode(await other.socket.recv()), LiveState)


async def test_an_agent_may_fetch_what_somebody_chose_for_its_page(server: Server) -> None:
    pages = server.orchestrator.live_pages
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
    ):
        await eye.say(ChooseFiles(TOKEN_OF_ADA, 1, (ArtifactId("art-1"),)))
        await camera.hear(ChooseFiles)

        assert pages.need_artifact(AgentId("alpha"), "art-1")
        assert not pages.need_artifact(AgentId("alpha"), "art-2")
        assert not pages.need_artifact(AgentId("beta"), "art-1")


async def test_who_may_only_look_touches_nothing(server: Server) -> None:
    pages = server.orchestrator.live_pages
    async with present(server, "live") as agent, looking(server), filming(server, agent) as camera:
        glass = Glass(
            Input(TOKEN_OF_ADA, (Text("hello"),)),
            AnswerDialog(TOKEN_OF_ADA, True),
            ChooseFiles(TOKEN_OF_ADA, 1, ()),
        )
        visitor = Principal(PrincipalKind.SHARE, AgentId("alpha"))
        await pages.watch(AgentId("alpha"), "main", glass, visitor)

        assert [one.code for one in glass.told if isinstance(one, LiveRefused)] == ["forbidden"] * 3
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await camera.hear(Input)


@pytest.mark.parametrize(
    ("visitor", "code"),
    [
        (Principal(PrincipalKind.SHARE, AgentId("beta")), "forbidden"),
        (Principal(PrincipalKind.SHARE, AgentId("alpha"), lasts=lambda: False), "unauthorized"),
    ],
)
async def test_who_may_not_look_any_more_is_sent_away(
    server: Server, visitor: Principal, code: str
) -> None:
    async with present(server, "live"):
        glass = Glass()
        await server.orchestrator.live_pages.watch(AgentId("alpha"), "main", glass, visitor)

        assert [one.code for one in glass.told if isinstance(one, LiveGone)] == [code]


async def test_nonsense_is_refused(server: Server) -> None:
    async with present(server, "live") as agent, looking(server) as eye, filming(server, agent):
        await eye.socket.send('{"type":"dance"}')

        assert (await eye.hear(LiveRefused)).code == "invalid_request"


DEEP = '{"type":"state","x":' + "[" * 100_000 + "]" * 100_000 + "}"


async def test_what_nests_too_deeply_harms_nobody_whoever_says_it(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
    ):
        await eye.socket.send(DEEP)
        await camera.socket.send(DEEP)
        await camera.tell(STATE)

        assert (await eye.hear(LiveRefused)).code == "invalid_request"
        assert await eye.hear(LiveState) == STATE


async def test_the_agents_last_word_is_passed_on(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
    ):
        await camera.tell(LiveGone("page_closed", "page p1 has closed"))

        assert (await eye.is_sent_away()).code == "page_closed"


async def test_an_agent_that_goes_takes_its_viewers_along(server: Server) -> None:
    async with (
        present(server, "live") as agent,
        looking(server) as eye,
        filming(server, agent) as camera,
    ):
        camera.socket.transport.abort()

        assert (await eye.is_sent_away()).code == "channel_unavailable"


async def test_who_is_not_here_or_shows_nothing_is_said_to_be_gone(server: Server) -> None:
    async with looking(server) as eye:
        assert (await eye.is_sent_away()).code == "agent_offline"
    async with present(server), looking(server) as eye:
        assert (await eye.is_sent_away()).code == "channel_unavailable"


async def test_a_channel_is_dialled_once_and_by_its_own_agent(server: Server) -> None:
    stranger = await server.enrolled("beta")
    async with present(server, "live") as agent, looking(server):
        asked = await agent.hear()
        while not isinstance(asked, OpenChannel):
            asked = await agent.hear()
        url = f"{server.url.replace('http', 'ws')}/ws/channels/{asked.channel_id}"
        for credential in (stranger.credential, agent.credential):
            async with connect(
                url,
                additional_headers={"Authorization": f"Bearer {credential}"},
                proxy=None,
            ) as connection:
                await connection.wait_closed()
            assert connection.close_code == 4403
        with pytest.raises(InvalidStatus):
            await connect(url, proxy=None)
