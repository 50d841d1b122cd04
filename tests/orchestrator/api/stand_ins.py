"""An agent without a browser, and a server without anything behind it."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import msgspec
from starlette.types import ASGIApp, Message, Scope

from orchestrator.api.services import Services
from orchestrator.metrics import Metrics
from xagent_protocol import SUBPROTOCOL
from xagent_protocol.codec import decode_from_orchestrator, encode, encode_actions
from xagent_protocol.ids import BootId, InstallId, JournalId, PageId
from xagent_protocol.messages import (
    ActionSpec,
    AgentBeat,
    AgentMessage,
    BrowserStatus,
    Cancel,
    Command,
    Goodbye,
    Hello,
    Inventory,
    PageSummary,
    Result,
    RuntimeVersions,
    Started,
)
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState, PageState

BROWSER = BrowserStatus(
    name="chromium",
    version="156.0",
    epoch=1,
    ok=True,
    headless=True,
    pages=(PageSummary(PageId("p1"), "https://example.com/", "Example", main=True),),
)


def action(name: str, *, reads: bool = False, **properties: object) -> ActionSpec:
    """Return an action that takes *properties*, none of them required."""
    return ActionSpec(
        name=name,
        family="test",
        description=f"{name}, for tests.",
        reads=reads,
        on_page=True,
        params={"type": "object", "properties": properties, "additionalProperties": False},
        result={},
    )


ACTIONS = (
    action("echo", reads=True, text={"type": "string"}),
    action("fail"),
    action("hang", steps={}),
    ActionSpec(
        name="goto",
        family="navigate",
        description="Go somewhere.",
        reads=False,
        on_page=True,
        params={
            "type": "object",
            "properties": {"url": {"type": "string"}},
            "required": ["url"],
            "additionalProperties": False,
        },
        result={"type": "object"},
    ),
)


def hello(agent_id: str, actions: tuple[ActionSpec, ...] = ACTIONS) -> Hello:
    """Return what the agent of this name says first."""
    return Hello(
        protocol_min=1,
        protocol_max=1,
        install_id=InstallId(f"install-{agent_id}"),
        journal_id=JournalId("journal-1"),
        boot_id=BootId("boot-1"),
        highest_epoch=0,
        versions=RuntimeVersions(xagent="0.1.0", python="3.11", platform="linux"),
        browser=BROWSER,
        actions=encode_actions(actions),
        labels={"role": agent_id},
    )


class InstantAgent:
    """Answers at once: `echo` and `goto` with their params, `fail` with an error, `hang` never.

    It speaks the wire to the application itself, through a WebSocket that is only two queues.
    """

    def __init__(
        self,
        app: ASGIApp,
        agent_id: str,
        credential: str,
        actions: tuple[ActionSpec, ...] = ACTIONS,
    ) -> None:
        """Speak for *agent_id*; `run` is to be a task of the test's."""
        self._actions = actions
        self._app = app
        self._agent_id = agent_id
        self._credential = credential
        self._frames: asyncio.Queue[Message] = asyncio.Queue()
        self._hanging: dict[str, Command] = {}
        self.is_heard = asyncio.Event()
        """Set whenever all that was said has been dealt with."""

    async def run(self) -> None:
        """Dial, and stay until the other end closes."""
        self._frames.put_nowait({"type": "websocket.connect"})
        self._say(hello(self._agent_id, self._actions))
        self._say(Inventory(()))
        path = f"/ws/agents/{self._agent_id}"
        scope: Scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "ws",
            "headers": [
                (b"host", b"127.0.0.1:8000"),
                (b"authorization", f"Bearer {self._credential}".encode()),
            ],
            "subprotocols": [SUBPROTOCOL],
            "client": ("127.0.0.1", 5),
            "extensions": {"websocket.http.response": {}},
        }
        await self._app(scope, self._receive, self._take)

    async def beat(self, browser: BrowserStatus) -> None:
        """Tell how its browser is now."""
        self.is_heard.clear()
        self._say(AgentBeat(0, browser, 0))
        await self.is_heard.wait()

    async def leave(self) -> None:
        """Say goodbye."""
        self.is_heard.clear()
        self._say(Goodbye("stopped", returning=False))

    async def _receive(self) -> Message:
        if self._frames.empty():
            self.is_heard.set()
        return await self._frames.get()

    async def _take(self, event: Message) -> None:
        assert event["type"] in ("websocket.accept", "websocket.send", "websocket.close"), event
        if event["type"] != "websocket.send":
            return
        message = decode_from_orchestrator(event["text"])
        if isinstance(message, Command):
            self._perform(message)
        elif isinstance(message, Cancel) and message.request_id in self._hanging:
            stopped = Outcome(
                OutcomeState.CANCELLED, Effect.PARTIAL, error=CommandError("cancelled", "stopped")
            )
            self._report(self._hanging.pop(message.request_id), stopped)

    def _perform(self, command: Command) -> None:
        self._say(Started(command.request_id, command.attempt))
        page = PageState(PageId(command.page or "p1"), "https://example.com/", "Example")
        if command.action == "hang":
            self._hanging[command.request_id] = command
        elif command.action == "fail":
            error = CommandError("evaluation_failed", "it did not work")
            self._report(
                command, Outcome(OutcomeState.FAILED, Effect.PARTIAL, error=error, page=page)
            )
        else:
            result = msgspec.Raw(msgspec.json.encode({"params": command.params}))
            self._report(
                command,
                Outcome(
                    OutcomeState.SUCCEEDED, Effect.COMPLETE, result, page=page, duration_ms=1.5
                ),
            )

    def _report(self, command: Command, outcome: Outcome) -> None:
        self._say(Result(command.request_id, command.attempt, outcome))

    def _say(self, message: AgentMessage) -> None:
        self._frames.put_nowait({"type": "websocket.receive", "text": encode(message)})


class _Broken:
    """Something whose every use is a fault of our own."""

    is_draining = False

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError("xagent_secret in a message")


def broken_services(unready: str | None = None) -> Services:
    """Return services of which nothing works; *unready* is what they say of themselves."""
    broken: Any = _Broken()
    return Services(
        agents=broken,
        presence=broken,
        commands=broken,
        history=broken,
        artifacts=broken,
        enrolments=broken,
        sign_in_links=broken,
        shares=broken,
        events=broken,
        metrics=Metrics(),
        unready=lambda: unready,
        needs_artifact=broken,
        version="0.1.0",
    )
