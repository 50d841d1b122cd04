"""The fleet of a run: an orchestrator, agents, and a spoiled way from each of them to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Final, Self

import httpx2

from chaos.api import Api
from chaos.freezer import Freezer
from chaos.history import History
from chaos.member import Member
from chaos.proxy import Proxy
from chaos.records import ORCHESTRATOR

AGENTS: Final = ("alpha", "beta", "gamma")
BEAT_SECONDS: Final = 2.0
"""So that stalls of a few seconds reach over a lease, which is four of them."""

START_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.05

_PORTS: Final = range(12_000, 32_000)
"""Below those that outgoing connections take: a killed server has to get its port back."""


class DidNotStart(Exception):
    """The fleet was not ready in time, before anything had been done to it."""


class Fleet:
    """Runs while the context is open; `stop` ends it in order, leaving the context at once."""

    def __init__(
        self,
        directory: Path,
        data_dir: Path,
        history: History,
        chance: Random,
        pause: Callable[[], float],
    ) -> None:
        """Prepare: logs and agents in *directory*, the orchestrator's files in *data_dir*."""
        self.members: dict[str, Member] = {}
        self.proxies: dict[str, Proxy] = {}
        self.freezer = Freezer()
        self._directory = directory
        self._data_dir = data_dir
        self._history = history
        self._chance = chance
        self._pause = pause
        self._port = _free_port(chance)
        self._tasks = asyncio.TaskGroup()
        self._ways = contextlib.AsyncExitStack()
        self.api: Api

    async def __aenter__(self) -> Self:
        """Start everything; when this returns, every agent is connected with its browser."""
        await self._tasks.__aenter__()
        try:
            await self._start()
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        """Close the ways, and wait for the processes, or after an error for nobody."""
        await self._ways.aclose()
        await self._tasks.__aexit__(kind, error, None)

    @property
    def own_pids(self) -> set[int]:
        """The processes that are awaited by whoever started them."""
        members = {member.pid for member in self.members.values() if member.pid is not None}
        return members | self.freezer.pids

    async def stop(self) -> None:
        """End the agents, then the orchestrator, as whoever turns a machine off would."""
        agents = [member for name, member in self.members.items() if name != ORCHESTRATOR]
        async with asyncio.TaskGroup() as tasks:
            for agent in agents:
                tasks.create_task(agent.retire())
        await self.members[ORCHESTRATOR].retire()

    async def is_whole(self) -> bool:
        """Whether every agent is connected, and its browser answers."""
        try:
            agents = await self.api.agents()
        except httpx2.HTTPError:
            return False
        return agents is not None and all(one.connected and one.browser_ok for one in agents)

    async def _start(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        arguments = ("--port", str(self._port), "--beat-seconds", str(BEAT_SECONDS))
        orchestrator = self._add(
            ORCHESTRATOR,
            ["orchestrator", "--data-dir", str(self._data_dir), *arguments],
            is_serving=self._is_serving,
        )
        token = await self._token()
        self.api = await self._ways.enter_async_context(
            Api(f"http://127.0.0.1:{self._port}", token, self._history)
        )
        await _until(self._is_serving, "the orchestrator is not ready")
        for name in AGENTS:
            await self._start_agent(name)
        await _until(self._have_all_come, "the agents have not come")
        assert orchestrator.pid is not None

    async def _start_agent(self, name: str) -> None:
        proxy = await self._ways.enter_async_context(Proxy(self._port, self._chance))
        self.proxies[name] = proxy
        arguments = ("--url", f"http://127.0.0.1:{proxy.port}")
        self._add(
            name,
            ["agent_runtime", name, "--data-dir", str(self._directory), *arguments],
            environment={"XAGENT_ENROLMENT_TOKEN": await self.api.enrolment_token(name)},
        )

    def _add(
        self,
        name: str,
        arguments: list[str],
        *,
        is_serving: Callable[[], Awaitable[bool]] | None = None,
        environment: dict[str, str] | None = None,
    ) -> Member:
        member = Member(
            name,
            arguments,
            directory=self._directory,
            history=self._history,
            pause=self._pause,
            is_serving=is_serving,
            environment=environment,
        )
        self.members[name] = member
        self._tasks.create_task(member.run())
        return member

    async def _is_serving(self) -> bool:
        return hasattr(self, "api") and await self.api.is_ready()

    async def _have_all_come(self) -> bool:
        agents = await self.api.agents()
        return agents is not None and len(agents) == len(AGENTS) and await self.is_whole()

    async def _token(self) -> str:
        path = self._data_dir / "token"

        async def is_written() -> bool:
            return path.exists() and bool(path.read_text().strip())

        await _until(is_written, "the orchestrator made no token")
        return path.read_text().strip()


async def _until(holds: Callable[[], Awaitable[bool]], complaint: str) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not await holds():
        if time.monotonic() > give_up_at:
            raise DidNotStart(complaint)
        await asyncio.sleep(LOOK_SECONDS)


def _free_port(chance: Random) -> int:
    while True:
        port = chance.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
