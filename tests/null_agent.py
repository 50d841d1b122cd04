"""An agent without a browser, true to the wire, that misbehaves where a test wants it to.

It enrols by HTTP, says hello, tells its inventory and answers commands by a table of functions.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from xagent_protocol import SUBPROTOCOL
from xagent_protocol.announcement import HEADER, digest_of
from xagent_protocol.codec import decode_from_orchestrator, encode, encode_actions
from xagent_protocol.ids import BootId, InstallId, JournalId, RequestId
from xagent_protocol.messages import (
    Ack,
    ActionSpec,
    AgentBeat,
    AgentMessage,
    Beat,
    BrowserStatus,
    Command,
    Hello,
    Inventory,
    InventoryItem,
    OrchestratorMessage,
    Result,
    RuntimeVersions,
    Started,
    Welcome,
)
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

DEADLINE_SECONDS = 5.0

BROWSER = BrowserStatus("none", "0", 1, ok=True, headless=True)
_TEXT: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}
ACTIONS = (
    ActionSpec("echo", "test", "Answer the text.", True, True, _TEXT, {}),
    ActionSpec("hold", "test", "Answer never.", False, True, _TEXT, {}),
)
ANNOUNCED = digest_of(encode_actions(ACTIONS))

Answer = Callable[[Command], Outcome | None]
_MessageT = TypeVar("_MessageT")


def echo(command: Command) -> Outcome:
    """Answer the params."""
    return Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, command.params)


ANSWERS: dict[str, Answer] = {"echo": echo, "hold": lambda command: None}


def post(url: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send one JSON request and return the answer; for threads."""
    request = urllib.request.Request(
        url,
        method="POST",
        data=b"" if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
        content: dict[str, Any] = json.load(answer)
        return content


@dataclass
class NullAgent:
    """One install of an agent; `socket` is open between `dial` and `hang_up`."""

    url: str
    agent_id: str
    install: str = "install-1"
    journal: str = "journal-1"
    boot: str = "boot-1"
    answers: dict[str, Answer] = field(default_factory=lambda: dict(ANSWERS))
    heard: list[OrchestratorMessage] = field(default_factory=list)
    highest_epoch: int = 0
    socket: ClientConnection | None = None

    @property
    def credential(self) -> str:
        """What it shows to be let in."""
        digest = hashlib.sha256(f"{self.agent_id} {self.install}".encode()).hexdigest()
        return f"xagent_agent_{digest}"

    async def enrol(self, user_token: str) -> Self:
        """Make its credential known, with a token that the user asks for."""
        issued = await asyncio.to_thread(
            post, f"{self.url}/api/agents/{self.agent_id}/enrolment", user_token
        )
        body = {
            "agent_id": self.agent_id,
            "install_id": self.install,
            "credential_sha256": hashlib.sha256(self.credential.encode()).hexdigest(),
        }
        await asyncio.to_thread(post, f"{self.url}/api/enrolments", issued["token"], body)
        return self

    async def dial(self) -> Self:
        """Open the socket and say nothing yet."""
        self.socket = await connect(
            f"{self.url.replace('http', 'ws', 1)}/ws/agents/{self.agent_id}",
            additional_headers={
                "Authorization": f"Bearer {self.credential}",
                HEADER: ANNOUNCED,
            },
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
            ping_interval=None,
            proxy=None,
        )
        return self

    def hello(self, **changes: Any) -> Hello:
        """Return what it says first."""
        return msgspec.structs.replace(
            Hello(
                protocol_min=1,
                protocol_max=1,
                install_id=InstallId(self.install),
                journal_id=JournalId(self.journal),
                boot_id=BootId(self.boot),
                highest_epoch=self.highest_epoch,
                versions=RuntimeVersions("0.1.0", "3.11", "test"),
                browser=BROWSER,
                actions=encode_actions(ACTIONS),
            ),
            **changes,
        )

    @property
    def is_known(self) -> bool:
        """Whether the handshake said that what it announces is known."""
        assert self.socket is not None
        assert self.socket.response is not None
        return self.socket.response.headers.get(HEADER) == ANNOUNCED

    async def say(self, message: AgentMessage | str | bytes) -> None:
        """Send a message, or whatever a test wants in its place."""
        assert self.socket is not None
        await self.socket.send(message if isinstance(message, str | bytes) else encode(message))

    async def hear(self) -> OrchestratorMessage:
        """Return the next message."""
        assert self.socket is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            frame = await self.socket.recv()
        assert isinstance(frame, str)
        message = decode_from_orchestrator(frame)
        self.heard.append(message)
        return message

    async def enter(self, *held: InventoryItem, **hello: Any) -> Welcome:
        """Dial, say hello, be welcomed and tell what it holds."""
        await self.dial()
        await self.say(self.hello(**hello))
        welcome = await self.hear()
        assert isinstance(welcome, Welcome)
        self.highest_epoch = welcome.epoch
        await self.say(Inventory(held))
        return welcome

    async def serve(self) -> None:
        """Answer commands and beats until the socket is closed."""
        while True:
            message = await self._next()
            if message is None:
                return
            if isinstance(message, Beat):
                await self.say(AgentBeat(message.seq, BROWSER, 0))
            elif isinstance(message, Command):
                await self.say(Started(message.request_id, message.attempt))
                outcome = self.answers[message.action](message)
                if outcome is not None:
                    await self.say(Result(message.request_id, message.attempt, outcome))

    async def _next(self) -> OrchestratorMessage | None:
        assert self.socket is not None
        try:
            frame = await self.socket.recv()
        except ConnectionClosed:
            return None
        assert isinstance(frame, str)
        message = decode_from_orchestrator(frame)
        self.heard.append(message)
        return message

    async def closed(self) -> tuple[int, str]:
        """Wait for the end and return its code and reason."""
        assert self.socket is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await self._next() is not None:
                pass
        return self.socket.close_code or 0, self.socket.close_reason or ""

    async def left_alone(self) -> tuple[int, str]:
        """Return the same while `serve` does the reading."""
        assert self.socket is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.socket.wait_closed()
        return self.socket.close_code or 0, self.socket.close_reason or ""

    async def hang_up(self) -> None:
        """Cut the connection without a word."""
        if self.socket is not None:
            self.socket.transport.abort()
            await self.socket.wait_closed()

    def said(self, kind: type[_MessageT]) -> list[_MessageT]:
        """Return what was heard of one kind."""
        return [message for message in self.heard if isinstance(message, kind)]

    def acknowledged(self) -> set[RequestId]:
        """Return the commands that it may forget."""
        return {result.request_id for ack in self.said(Ack) for result in ack.results}


@asynccontextmanager
async def serving(agent: NullAgent) -> AsyncIterator[NullAgent]:
    """Enter, answer in the background, and hang up."""
    await agent.enter()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(agent.serve())
        yield agent
        await agent.hang_up()
