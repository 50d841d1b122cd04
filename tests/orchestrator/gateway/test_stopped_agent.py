"""A real agent whose process stands still for longer than its lease."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from orchestrator.settings import Settings, Timers
from tests.orchestrator.gateway.conftest import TOKEN, eventually, running
from tests.paper_agent import PaperAgent


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGSTOP")
async def test_a_stopped_agent_is_lost_and_on_waking_brings_the_result_of_what_ran(
    data_dir: Path,
) -> None:
    """F25: and it began once."""
    (data_dir / "token").write_text(TOKEN)
    agent = PaperAgent("alpha", data_dir)
    timers = Timers(beat=0.2, suspect=0.5, lost=0.8)
    async with running(Settings(data_dir, timers=timers)) as server:

        async def is_here() -> bool:
            answer = await server.client.get("/api/agents/alpha")
            return answer.status_code == 200 and answer.json()["contact"]["connected"]["value"]

        async def has_begun() -> bool:
            return bool(agent.deeds)

        async def is_lost() -> bool:
            ended = (await server.last_session("alpha"))["end_reason"] or ""
            return ended.startswith("lost: silent") and not await is_here()

        agent.start(server.url)
        try:
            await eventually(is_here, seconds=15)
            await server.post("alpha", action="hold", request_id="r1", wait=0)
            await eventually(has_begun)
            psutil.Process(agent.process.pid).suspend()
            await eventually(is_lost)
            state = (await server.client.get("/api/commands/r1")).json()["state"]
            agent.release("r1")
            psutil.Process(agent.process.pid).resume()
            await eventually(is_here)
            answer = await server.client.get("/api/commands/r1", params={"wait": 5})
        finally:
            agent.kill()

    assert state in ("dispatched", "running")
    assert answer.json()["state"] == "succeeded"
    assert agent.deeds == [("r1", 1)]
