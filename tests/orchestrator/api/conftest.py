"""A whole orchestrator without its server: real database, guard, gateway; agents are stand-ins."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp

from orchestrator.access.keys import UserToken
from orchestrator.app import Orchestrator, open_orchestrator
from orchestrator.settings import Bounds, Settings
from orchestrator.store.database import FILE_NAME
from orchestrator.store.schema import upgrade
from tests.orchestrator.api.stand_ins import ACTIONS, InstantAgent, hello
from xagent_protocol.messages import ActionSpec

TOKEN = "xagent_" + "t" * 43
ARTIFACT_BYTES = 2 * 1024 * 1024


def credential(agent_id: str) -> str:
    """Return the credential that the stand-in of this name has."""
    return "xagent_agent_" + sha256(agent_id.encode()).hexdigest()


@dataclass
class Api:
    """The API under test, and what a test may want to move by hand."""

    orchestrator: Orchestrator
    client: httpx2.AsyncClient
    tasks: asyncio.TaskGroup
    data_dir: Path
    agents: list[InstantAgent] = field(default_factory=list)

    @property
    def app(self) -> ASGIApp:
        """The application behind its guard."""
        return self.orchestrator.app

    async def enrol(self, agent_id: str) -> None:
        """Let an agent exist that has never been here."""
        issued = await self.client.post(f"/api/agents/{agent_id}/enrolment")
        body = {
            "agent_id": agent_id,
            "install_id": hello(agent_id).install_id,
            "credential_sha256": sha256(credential(agent_id).encode()).hexdigest(),
        }
        headers = {"Authorization": f"Bearer {issued.json()['token']}"}
        enrolled = await self.client.post("/api/enrolments", json=body, headers=headers)
        assert enrolled.status_code == 201, enrolled.text

    async def connect(
        self, agent_id: str, actions: tuple[ActionSpec, ...] = ACTIONS
    ) -> InstantAgent:
        """Let an agent that exists be here, ready for commands."""
        agent = InstantAgent(self.app, agent_id, credential(agent_id), actions)
        self.agents.append(agent)
        self.tasks.create_task(agent.run())
        async with asyncio.timeout(5):
            await agent.is_heard.wait()
        return agent

    async def settle(self, agent_id: str, *, connected: bool) -> None:
        """Wait until an agent is shown as being here, or not."""
        async with asyncio.timeout(5):
            while True:
                agent = (await self.client.get(f"/api/agents/{agent_id}")).json()
                if agent["contact"]["connected"]["value"] is connected:
                    return
                await asyncio.sleep(0)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without a row, made once: it is faster copied than made anew."""
    path = tmp_path_factory.mktemp("empty") / FILE_NAME
    upgrade(path)
    return path


@pytest.fixture
async def api(tmp_path: Path, empty_database: Path) -> AsyncIterator[Api]:
    """The API with one agent, `alpha`, that is here, and one, `gone`, that never was."""
    shutil.copy(empty_database, tmp_path / FILE_NAME)
    settings = Settings(tmp_path, bounds=Bounds(artifact_bytes=ARTIFACT_BYTES))
    async with (
        open_orchestrator(settings, UserToken(TOKEN)) as orchestrator,
        make_client(orchestrator.app) as client,
        asyncio.TaskGroup() as tasks,
    ):
        api = Api(orchestrator, client, tasks, tmp_path)
        for name in ("alpha", "gone"):
            await api.enrol(name)
        await api.connect("alpha")
        yield api
        for agent in api.agents:
            await agent.leave()


def make_client(app: ASGIApp) -> httpx2.AsyncClient:
    """Return a client of *app* that presents the user's token."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://127.0.0.1:8000",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
