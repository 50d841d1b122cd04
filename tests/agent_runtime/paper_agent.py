"""An agent in a process of its own, with all its parts but a browser of paper.

`python -m tests.agent_runtime.paper_agent URL DATA_DIRECTORY`: alpha knows the action `hold`, which
notes each beginning in the file `begun` and ends when there is a file `released`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from agent_runtime.agent import Drive, run_agent
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop
from agent_runtime.work.artifacts import ArtifactUploads
from tests.agent_runtime.fake_performer import FakePerformer, succeeded
from tests.agent_runtime.test_agent import PaperBrowser
from xagent_protocol.ids import AgentId, InstallId
from xagent_protocol.messages import ActionSpec, Command
from xagent_protocol.outcomes import Outcome

HOLD = ActionSpec("hold", "test", "Wait for a file.", False, True, {}, {})


class HoldingPerformer(FakePerformer):
    """Holds what it is given in *directory*."""

    def __init__(self, directory: Path) -> None:
        """Use the files of *directory*."""
        super().__init__()
        self._directory = directory

    def specs(self) -> tuple[ActionSpec, ...]:
        """One action is enough."""
        return (HOLD,)

    async def perform(self, command: Command) -> Outcome:
        """Hold."""
        with (self._directory / "begun").open("a") as begun:
            begun.write(f"{command.request_id}\n")
        while not (self._directory / "released").exists():  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.01)
        return succeeded(command)


async def run(url: str, directory: Path) -> None:
    """Run until killed."""

    def drive(
        settings: Settings,
        agent_directory: Path,
        install_id: InstallId,
        on_change: Callable[[], None],
        uploads: ArtifactUploads,
    ) -> Drive:
        return Drive(PaperBrowser(), HoldingPerformer(directory), lambda limits: None)

    await run_agent(Settings(AgentId("alpha"), url, directory), Stop(), drive)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2])))
