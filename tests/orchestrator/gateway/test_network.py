"""An orchestrator and a whole agent, with a browser of paper, over a network that breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from agent_runtime.agent import Drive, run_agent
from agent_runtime.settings import Settings as AgentSettings
from agent_runtime.stop import Stop
from agent_runtime.work.artifacts import ArtifactTransfers
from orchestrator.settings import Settings, Timers
from tests.network import Network, network_to
from tests.orchestrator.gateway.conftest import TOKEN, Server, eventually, running
from tests.paper_agent import RELEASE_SUFFIX, PaperBrowser, PaperPerformer
from xagent_protocol.ids import AgentId, InstallId
from xagent_protocol.messages import Limits

pytestmark = pytest.mark.slow

TIMERS = Timers(beat=0.2, suspect=0.5, lost=0.8, sweep=0.05)


@dataclass
class World:
    """The agent alpha, its orchestrator, and the network between them."""

    server: Server
    network: Network
    deeds: Path

    async def begin(self, request_id: str) -> None:
        """Ask for a command that goes on until it is released, and wait until it has begun."""
        await self.ask(request_id)
        await eventually(lambda: self._has_begun(request_id))

    async def ask(self, request_id: str) -> None:
        """Ask for it, and do not wait."""
        answer = await self.server.post("alpha", action="hold", request_id=request_id, wait=0)
        assert answer.status_code == 202, answer.text

    def release(self, request_id: str) -> None:
        """Let it go on."""
        self.deeds.with_name(f"{request_id}{RELEASE_SUFFIX}").touch()

    async def ended(self, request_id: str) -> dict[str, Any]:
        """Return the command when it is over."""
        answer = await self.server.client.get(f"/api/commands/{request_id}", params={"wait": 8})
        command: dict[str, Any] = answer.json()
        return command

    async def session(self) -> str:
        """Name the present or the last stay."""
        return str((await self.server.last_session("alpha"))["session_id"])

    async def until_back(self, before: str, seconds: float = 5) -> None:
        """Wait for another stay than this."""

        async def is_back() -> bool:
            is_here = (await self.server.contact("alpha"))["connected"]
            return is_here and await self.session() != before

        await eventually(is_back, seconds)

    def done(self) -> list[str]:
        """Return what was begun, once for each beginning."""
        return [line.split()[0] for line in self.deeds.read_text().splitlines()]

    async def _has_begun(self, request_id: str) -> bool:
        return self.deeds.exists() and request_id in self.done()


@pytest.fixture
async def world(data_dir: Path) -> AsyncIterator[World]:
    """All of it, and alpha is here."""
    (data_dir / "token").write_text(TOKEN)
    deeds = data_dir / "deeds"

    def drive(
        settings: AgentSettings,
        directory: Path,
        install_id: InstallId,
        on_change: Callable[[], None],
        transfers: ArtifactTransfers,
    ) -> Drive:
        return Drive(PaperBrowser(), PaperPerformer(deeds), _heed, {})

    async with running(Settings(data_dir, timers=TIMERS)) as server:
        address = urlsplit(server.url)
        assert address.hostname is not None
        assert address.port is not None
        async with (
            network_to(address.hostname, address.port) as network,
            asyncio.TaskGroup() as tasks,
        ):
            settings = AgentSettings(AgentId("alpha"), network.url, data_dir)
            stop = Stop()
            tasks.create_task(run_agent(settings, stop, drive))
            world = World(server, network, deeds)

            async def is_here() -> bool:
                answer = await server.client.get("/api/agents/alpha")
                return answer.status_code == 200 and answer.json()["contact"]["connected"]["value"]

            await eventually(is_here)
            yield world
            for _ in range(2):
                stop.insist("the test is over")


def _heed(limits: Limits) -> None:
    """Have no use for limits."""


async def test_a_reset_changes_the_state_of_nothing(world: World) -> None:
    """F17, of an idle socket: the agent is back within two seconds."""
    await world.begin("r1")
    before = await world.session()

    world.network.reset()
    await world.until_back(before, seconds=2)

    async def runs() -> bool:
        told = (await world.server.client.get("/api/commands/r1")).json()
        return bool(told["state"] == "running")

    # It was sent, at the least; that it runs is told at once or by the inventory.
    await eventually(runs)
    world.release("r1")
    assert (await world.ended("r1"))["state"] == "succeeded"
    assert world.done() == ["r1"]


async def test_a_result_that_is_cut_in_the_middle_comes_whole_over_the_next_socket(
    world: World,
) -> None:
    """F17, in the middle of a frame."""
    await world.begin("r1")

    world.network.cut_up_after(11)
    world.release("r1")
    ended = await world.ended("r1")

    assert (ended["state"], ended["result"]) == ("succeeded", "done")
    assert world.done() == ["r1"]


async def test_both_ends_notice_that_nothing_passes_and_what_was_sent_into_the_void_runs_once(
    world: World,
) -> None:
    """F18: no packet arrives, in either direction, and none says so."""
    await world.begin("r1")
    before = await world.session()

    world.network.swallow(up=True, down=True)
    await world.ask("r2")
    world.release("r1")
    world.release("r2")

    await world.until_back(before)
    assert (await world.ended("r1"))["state"] == "succeeded"
    assert (await world.ended("r2"))["state"] == "succeeded"
    assert world.done() == ["r1", "r2"]


async def test_a_result_that_never_arrived_comes_after_the_reconnect(world: World) -> None:
    """F19: what the orchestrator says arrives, what the agent says does not."""
    before = await world.session()

    world.network.swallow(up=True)
    await world.begin("r1")
    world.release("r1")

    await world.until_back(before)
    assert (await world.ended("r1"))["state"] == "succeeded"
    assert world.done() == ["r1"]
