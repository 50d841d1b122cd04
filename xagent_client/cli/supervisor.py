"""Keeps the orchestrator and its agents running until it is told to stop.

Each child has one task that starts it, waits for its end and starts it again. Whatever happens,
`run` returns only when no child is left.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from xagent_client.cli.child import Child

EX_CONFIG: Final = 78
"""A child leaves with this (`sysexits.h`) when starting it again cannot help."""

USAGE: Final = 2
"""The same, of a child that does not know a flag we gave it."""


_OWN_NAME: Final = re.compile(r"xagent [a-z]+: ")
"""How the servers begin their sentence when they are run alone."""

_WORDS: Final = 300
"""Characters of a child's last line that are worth repeating."""


class _LogEntry(msgspec.Struct):
    event: str
    level: str = ""


@dataclass(frozen=True)
class Timing:
    """Seconds of the supervisor's patience."""

    first_pause: float = 1.0
    longest_pause: float = 30.0
    stable: float = 60.0
    start: float = 30.0
    connect: float = 20.0
    drain: float = 15.0
    poll: float = 0.1


class Readiness(Protocol):
    """What the supervisor asks of the world while its children start."""

    async def orchestrator_is_ready(self, pid: int) -> bool:
        """Say whether the orchestrator with that process id takes commands."""

    async def missing_agents(self) -> Sequence[str]:
        """Return the names of the agents that are not connected yet."""


class Supervisor:
    """An orchestrator and its agents."""

    def __init__(
        self,
        orchestrator: Child,
        make_agents: Callable[[], Sequence[Child]],
        readiness: Readiness,
        *,
        say: Callable[[str], None],
        timing: Timing | None = None,
    ) -> None:
        """Describe the family; *make_agents* is called once the orchestrator is ready.

        *say* gets one line for each thing worth telling.
        """
        self._orchestrator = orchestrator
        self._make_agents = make_agents
        self._agents: Sequence[Child] = ()
        self._readiness = readiness
        self._say = say
        self._timing = timing or Timing()
        self._stopping = asyncio.Event()
        self._tasks: dict[Child, asyncio.Task[None]] = {}
        self._started: set[Child] = set()
        self._failure: str | None = None

    def stop(self) -> None:
        """Begin to stop; called again, kill what is left."""
        if self._stopping.is_set():
            for child in self._tasks:
                child.kill()
        self._stopping.set()

    async def run(self, on_ready: Callable[[Sequence[str]], Awaitable[None]]) -> str | None:
        """Run everything until `stop`, and return the sentence that made it end before, if any.

        *on_ready* is told which agents are still missing when all that can be waited for is there.
        """
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._start(tasks, on_ready)
                await self._stopping.wait()
            finally:
                await self._shut_down()
        return self._failure

    async def _start(
        self, tasks: asyncio.TaskGroup, on_ready: Callable[[Sequence[str]], Awaitable[None]]
    ) -> None:
        self._tasks[self._orchestrator] = tasks.create_task(self._keep(self._orchestrator))
        if not await self._until(self._orchestrator_is_ready, self._timing.start):
            if not self._stopping.is_set():
                self._fail(
                    f"the orchestrator did not become ready within {self._timing.start:g} s; "
                    f"see {self._orchestrator.log}"
                )
            return
        self._started.add(self._orchestrator)
        self._agents = self._make_agents()
        for agent in self._agents:
            self._tasks[agent] = tasks.create_task(self._keep(agent))
        await self._until(self._agents_are_connected, self._timing.connect)
        if not self._stopping.is_set():
            missing = await self._readiness.missing_agents()
            self._started.update(self._agents)
            await on_ready(missing)

    async def _orchestrator_is_ready(self) -> bool:
        pid = self._orchestrator.pid
        return pid is not None and await self._readiness.orchestrator_is_ready(pid)

    async def _agents_are_connected(self) -> bool:
        return not await self._readiness.missing_agents()

    async def _until(self, holds: Callable[[], Awaitable[bool]], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < deadline:
            if await holds():
                return True
            await self._pause(self._timing.poll)
        return False

    async def _keep(self, child: Child) -> None:
        pause = self._timing.first_pause
        while not self._stopping.is_set():
            since = time.monotonic()
            try:
                status = await child.run()
            except OSError as error:
                self._fail(f"cannot start {child.name}: {error}")
                return
            if self._stopping.is_set():
                return
            if self._is_hopeless(child, status):
                return
            if time.monotonic() - since >= self._timing.stable:
                pause = self._timing.first_pause
            self._say(f"{_ended(child, status)}; starting it again in {pause:g} s")
            await self._pause(pause)
            pause = min(pause * 2, self._timing.longest_pause)

    def _is_hopeless(self, child: Child, status: int) -> bool:
        # One that gives up before it ever was there has said why, and will say it again; one
        # that was killed meanwhile has not.
        gave_up = child not in self._started and status > 0
        if not gave_up and status not in (USAGE, EX_CONFIG):
            return False
        if gave_up or child is self._orchestrator:
            self._fail(_reason(child, status))
        else:
            self._say(f"{_ended(child, status)}; it stays away, because starting it cannot help")
        return True

    def _fail(self, sentence: str) -> None:
        if self._failure is None and not self._stopping.is_set():
            self._failure = sentence
        self._stopping.set()

    async def _shut_down(self) -> None:
        self._stopping.set()
        # Agents first: they hand in what they still have to tell while there is somebody to
        # take it.
        await self._end(self._agents, "agents")
        await self._end([self._orchestrator], "orchestrator")

    async def _end(self, children: Sequence[Child], what: str) -> None:
        # All of them, also one that is being made just now and has no process id yet: it ends as
        # soon as it is there.
        for child in children:
            child.terminate()
        tasks = [task for child in children if not (task := self._tasks[child]).done()]
        if not tasks:
            return
        self._say(f"stopping the {what} …")
        await asyncio.wait(tasks, timeout=self._timing.drain)
        for child in children:
            if child.pid is not None:
                self._say(f"{child.name} did not end within {self._timing.drain:g} s: killed")
                child.kill()
        await asyncio.wait(tasks, timeout=self._timing.drain)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _ended(child: Child, status: int) -> str:
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    words = _last_words(child)
    return f"{child.name} {how}" + (f" ({words})" if words else "")


def _reason(child: Child, status: int) -> str:
    words = _OWN_NAME.sub("", _last_words(child))
    return words or f"{child.name} ended with status {status}; see {child.log}"


def _last_words(child: Child) -> str:
    lines = child.output()
    if not lines:
        return ""
    try:
        entry = msgspec.json.decode(lines[-1], type=_LogEntry)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return lines[-1].strip()[:_WORDS]
    # What was logged last is seldom why it ended, unless it was logged as an error.
    return entry.event[:_WORDS] if entry.level in ("error", "critical") else ""
