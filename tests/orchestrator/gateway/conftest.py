"""A real orchestrator on a real port in this process, and agents that dial it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from uvicorn.server import ServerState

from orchestrator.access.keys import UserToken
from orchestrator.app import Orchestrator, open_orchestrator
from orchestrator.server import server_configuration
from orchestrator.settings import Bounds, Settings, Timers
from orchestrator.store.database import FILE_NAME
from tests.null_agent import NullAgent, serving

TOKEN = "xagent_" + "t" * 43
QUICK = Timers(hello=0.2, beat=0.1, suspect=0.2, lost=0.7, grace=0.1, stall=0.3, sweep=0.05)


@dataclass
class Server:
    """A running orchestrator and a client of its API."""

    url: str
    orchestrator: Orchestrator
    client: httpx2.AsyncClient
    state: ServerState

    async def enrolled(self, agent_id: str, **given: str) -> NullAgent:
        """Return an agent that may come in."""
        return await NullAgent(self.url, agent_id, **given).enrol(TOKEN)  # type: ignore[arg-type]

    async def post(self, agent_id: str, **body: Any) -> httpx2.Response:
        """Submit a command."""
        wait = body.pop("wait", 5)
        return await self.client.post(
            f"/api/agents/{agent_id}/commands", params={"wait": wait}, json=body
        )

    async def echo(self, agent_id: str, text: str) -> Any:
        """Ask an agent for its echo and return it."""
        answer = await self.post(agent_id, action="echo", params={"text": text})
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]["text"]

    async def contact(self, agent_id: str) -> dict[str, bool]:
        """Return the three facts."""
        agent = (await self.client.get(f"/api/agents/{agent_id}")).json()
        return {name: fact["value"] for name, fact in agent["contact"].items()}

    async def last_session(self, agent_id: str) -> dict[str, Any]:
        """Return the latest stay as the history tells it."""
        answer = await self.client.get(f"/api/agents/{agent_id}/sessions")
        session: dict[str, Any] = answer.json()["items"][0]
        return session


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Server]:
    """Serve on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with open_orchestrator(settings, UserToken(TOKEN)) as orchestrator:
        config = server_configuration(settings, orchestrator)
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=15) as client:
            yield Server(url, orchestrator, client, server.server_state)
        await server.shutdown(sockets=[listener])


@pytest.fixture
def data_dir(tmp_path: Path, migrated: Path) -> Path:
    """A data directory with an empty database."""
    shutil.copy(migrated, tmp_path / FILE_NAME)
    return tmp_path


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[Server]:
    """An orchestrator with patient timers."""
    async with running(Settings(data_dir)) as server:
        yield server


@pytest.fixture
async def quick(data_dir: Path) -> AsyncIterator[Server]:
    """An orchestrator that soon loses patience, and takes little before it does."""
    bounds = Bounds(unsent_bytes=64 * 1024**2)
    async with running(Settings(data_dir, timers=QUICK, bounds=bounds)) as server:
        yield server


@pytest.fixture
async def bystander(server: Server) -> AsyncIterator[NullAgent]:
    """Another agent, whom none of it may touch."""
    async with serving(await server.enrolled("bystander")) as agent:
        yield agent


async def eventually(holds: Callable[[], Awaitable[object]], seconds: float = 5) -> None:
    """Wait until what *holds* asks is true."""
    give_up_at = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        await asyncio.sleep(0.02)
