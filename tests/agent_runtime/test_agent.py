"""One agent with all its parts, but a browser of paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_runtime.agent import Drive, run_agent
from agent_runtime.browser.errors import BrowserUnavailable
from agent_runtime.errors import AlreadyRunning, Superseded
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop
from agent_runtime.work.artifacts import ArtifactTransfers
from tests.agent_runtime.fake_orchestrator import (
    DEADLINE_SECONDS,
    LIMITS,
    FakeOrchestrator,
    Reply,
    ack,
)
from tests.agent_runtime.fake_performer import FakePerformer, command
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import AgentId, InstallId, SessionId
from xagent_protocol.messages import (
    BrowserStatus,
    Goodbye,
    Hello,
    Inventory,
    Limits,
    Result,
    Started,
    Welcome,
)


class PaperBrowser:
    """Writes down what is done to it."""

    def __init__(self, *, fails: bool = False) -> None:
        """Start well, or not at all."""
        self.life: list[str] = []
        self.limits: list[Limits] = []
        self._fails = fails

    async def start(self) -> None:
        """Launch."""
        if self._fails:
            raise BrowserUnavailable("no browser was found: install one")
        self.life.append("start")

    async def close(self) -> None:
        """End."""
        self.life.append("close")

    async def watch(self) -> None:
        """Nothing ever happens to paper."""
        await asyncio.Event().wait()

    def status(self) -> BrowserStatus:
        """It is always well."""
        return BrowserStatus("paper", "1", 1, True, True)


class World:
    """An agent's surroundings."""

    def __init__(self, url: str, data_directory: Path, performer: FakePerformer) -> None:
        """Prepare an agent called alpha."""
        self.settings = Settings(
            AgentId("alpha"), url, data_directory, labels={"region": "eu"}, enrolment_token="given"
        )
        self.stop = Stop()
        self.browser = PaperBrowser()
        self.performer = performer

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[None]:
        """Run the agent; at the end of the context it has to end of itself."""
        async with asyncio.timeout(2 * DEADLINE_SECONDS), asyncio.TaskGroup() as tasks:
            tasks.create_task(run_agent(self.settings, self.stop, self._drive))
            yield

    def _drive(
        self,
        settings: Settings,
        directory: Path,
        install_id: InstallId,
        on_change: Callable[[], None],
        transfers: ArtifactTransfers,
    ) -> Drive:
        return Drive(self.browser, self.performer, self.browser.limits.append, {})


@pytest.fixture
def world(orchestrator: FakeOrchestrator, tmp_path: Path, performer: FakePerformer) -> World:
    """An agent that is about to start, and known to its orchestrator."""
    return World(orchestrator.url, tmp_path, performer)


async def test_an_agent_from_its_enrolment_to_its_goodbye(
    world: World, orchestrator: FakeOrchestrator
) -> None:
    orchestrator.handshakes.append(Reply.json(401, code="unauthorized"))
    orchestrator.answer("POST", "/api/enrolments", Reply.json(201, agent_id="alpha"))

    async with world.agent():
        visit = await orchestrator.visit()
        await visit.welcome(4)
        visit.say(command("r1"))
        result = await visit.hear(Result)
        visit.say(ack(result))
        world.stop.ask("sigterm")
        assert await visit.hear(Goodbye) == Goodbye("sigterm", returning=False)

    assert [request.path for request in orchestrator.requests] == ["/api/enrolments"]
    assert world.browser.life == ["start", "close"]
    assert world.browser.limits == [LIMITS]


async def test_a_restarted_agent_is_the_same_install_and_has_seen_the_epoch(
    world: World, orchestrator: FakeOrchestrator
) -> None:
    hellos = []
    for epoch in (4, 5):
        world.stop = Stop()
        async with world.agent():
            visit = await orchestrator.visit()
            hellos.append(await visit.hear(Hello))
            visit.say(Welcome(1, SessionId("s"), epoch, LIMITS))
            await visit.hear(Inventory)
            world.stop.ask("sigterm")
    first, second = hellos

    assert first.install_id == second.install_id
    assert first.boot_id != second.boot_id
    assert first.journal_id == second.journal_id
    assert (first.highest_epoch, second.highest_epoch) == (0, 4)
    assert first.labels == {"region": "eu"}


async def test_a_stop_waits_for_the_running_command_and_its_acknowledgement(
    world: World, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with world.agent():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(command("r1", "hold", page="p1"), command("r2", page="p1"))
        await visit.hear(Started)

        world.stop.ask("sigterm")
        refused = await visit.hear(Result)
        performer.release("r1")
        finished = await visit.hear(Result)
        visit.say(ack(refused), ack(finished))
        await visit.hear(Goodbye)

    assert refused.outcome.error is not None
    assert refused.outcome.error.code == ErrorCode.AGENT_STOPPING
    assert (finished.request_id, finished.outcome.state) == ("r1", "succeeded")


async def test_whoever_insists_waits_for_nothing(
    world: World, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with world.agent():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(command("r1", "hold"))
        await visit.hear(Started)

        world.stop.insist("sigint")
        world.stop.insist("sigint")

    assert performer.stopped == ["r1"]
    assert world.browser.life == ["start", "close"]


async def test_a_stop_while_nobody_listens_ends_at_once(
    world: World, orchestrator: FakeOrchestrator
) -> None:
    orchestrator.handshakes.extend([Reply(503)] * 100)

    async with world.agent():
        world.stop.ask("parent_gone")

    assert world.browser.life[-1] == "close"


async def test_a_superseded_agent_ends_and_closes_its_browser(
    world: World, orchestrator: FakeOrchestrator
) -> None:
    with pytest.RaisesGroup(Superseded, flatten_subgroups=True):
        async with world.agent():
            visit = await orchestrator.visit()
            await visit.welcome()
            visit.close(CloseCode.CONFLICT, "superseded")

    assert world.browser.life == ["start", "close"]


async def test_without_a_browser_nobody_is_dialled(
    world: World, orchestrator: FakeOrchestrator
) -> None:
    world.browser = PaperBrowser(fails=True)

    with pytest.RaisesGroup(BrowserUnavailable, flatten_subgroups=True):
        async with world.agent():
            pass

    assert orchestrator.dials == 0
    assert world.browser.life == ["close"]


async def test_a_second_agent_on_the_same_directory_does_not_start(
    world: World, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with world.agent():
        await (await orchestrator.visit()).welcome()
        second = World(orchestrator.url, world.settings.data_directory, performer)

        with pytest.RaisesGroup(AlreadyRunning, flatten_subgroups=True):
            async with second.agent():
                pass

        world.stop.ask("sigterm")
    assert second.browser.life == []
