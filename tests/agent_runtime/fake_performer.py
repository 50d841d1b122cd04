"""A performer without a browser: it does what a test lets it do, when the test lets it."""

from __future__ import annotations

import asyncio

import msgspec

from tests.agent_runtime.fake_orchestrator import DEADLINE_SECONDS
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import ActionSpec, Command
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

SPEC = ActionSpec("echo", "test", "Answer the params.", True, True, {}, {})


class FakePerformer:
    """`echo` answers at once; `hold` waits for `release`; `break` raises; a page is a lane."""

    def __init__(self) -> None:
        """Begin with nothing performed."""
        self.main: str | None = None
        self.begun: list[RequestId] = []
        self.stopped: list[RequestId] = []
        self._held: dict[RequestId, asyncio.Event] = {}
        self._progress = asyncio.Condition()

    def specs(self) -> tuple[ActionSpec, ...]:
        """One action is enough."""
        return (SPEC,)

    def lane(self, command: Command) -> str | None:
        """Each page is a lane."""
        return command.page or self.main

    async def perform(self, command: Command) -> Outcome:
        """Do as the action's name says."""
        self.begun.append(command.request_id)
        async with self._progress:
            self._progress.notify_all()
        match command.action:
            case "hold":
                released = self._held.setdefault(command.request_id, asyncio.Event())
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    self.stopped.append(command.request_id)
                    raise
            case "break":
                raise ZeroDivisionError(bytes(command.params).decode())
            case "leak":
                raise asyncio.CancelledError
        return succeeded(command)

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Describe a stopped command."""
        return Outcome(OutcomeState.CANCELLED, Effect.PARTIAL if begun else Effect.NONE)

    def release(self, request_id: str) -> None:
        """Let a held command go on."""
        self._held.setdefault(RequestId(request_id), asyncio.Event()).set()

    async def until_begun(self, *names: str) -> None:
        """Wait until these commands have begun, in this order, and no others."""
        async with asyncio.timeout(DEADLINE_SECONDS), self._progress:
            await self._progress.wait_for(lambda: self.begun == list(names))


def command(
    request_id: str,
    action: str = "echo",
    *,
    page: str | None = None,
    attempt: int = 1,
    params: bytes = b"{}",
) -> Command:
    """Ask for an action of the fake."""
    return Command(RequestId(request_id), attempt, action, msgspec.Raw(params), 30.0, page)


def succeeded(command: Command) -> Outcome:
    """The outcome of a command that went well."""
    return Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, result=command.params)
