"""One real agent that can be asked for one thing more: to have an artifact on its disk.

python -m benchmarks.artifact_agent NAME --url URL --data-dir DIR
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import uvloop

from agent_runtime.actions.call import Call
from agent_runtime.actions.performer import Performer
from agent_runtime.actions.registry import ActionRegistry, action
from agent_runtime.actions.vocabulary import standard_registry
from agent_runtime.agent import Drive, drive_chromium, run_agent
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop, signals_to
from agent_runtime.work.artifacts import ArtifactTransfers
from xagent_protocol.ids import InstallId


@action(family="bench", reads=True, on_page=False)
async def have(call: Call, *, artifact_id: str) -> int:
    """Fetch an artifact, and return how long its file is."""
    fetched = await call.fetch(artifact_id)
    stat = await asyncio.to_thread(fetched.path.stat)
    return stat.st_size


def drive(
    settings: Settings,
    directory: Path,
    install_id: InstallId,
    on_change: Callable[[], None],
    transfers: ArtifactTransfers,
) -> Drive:
    """Build a real browser with the standard actions and `have`."""
    standard = standard_registry()
    actions = [standard.named(spec.name) for spec in standard.specs()]
    built = drive_chromium(settings, directory, install_id, on_change, transfers)
    assert isinstance(built.performer, Performer)
    built.performer._registry = ActionRegistry([*actions, have])
    return built


async def _run() -> None:
    stop = Stop()
    with signals_to(stop):
        await run_agent(Settings.read(sys.argv[1:], {}), stop, drive)


if __name__ == "__main__":
    uvloop.run(_run())
