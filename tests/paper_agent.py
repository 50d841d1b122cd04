"""A whole agent as a process of its own, but with a browser of paper.

What a command does is a line in a file, so that whoever kills the agent can count what was done.
Run it with the arguments NAME, URL, the data directory and the file of deeds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from agent_runtime import logs
from agent_runtime.agent import Drive, run_agent
from agent_runtime.settings import LogFormat, Settings
from agent_runtime.stop import Stop, signals_to
from agent_runtime.work.artifacts import ArtifactTransfers
from benchmarks.paper_agents import PaperBrowser as PaperBrowser
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import AgentId, InstallId
from xagent_protocol.messages import ActionSpec, Command, Limits
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState

DEADLINE_SECONDS: Final = 20.0
REPOSITORY: Final = Path(__file__).parents[1]
RELEASE_SUFFIX: Final = ".release"

ACTIONS: Final = tuple(
    ActionSpec(name, "test", description, reads, True, {"type": "object"}, {})
    for name, description, reads in (
        ("press", "Write a line.", False),
        ("hold", "Write a line, and wait to be released.", False),
        ("look", "Write a line, and call it reading.", True),
    )
)


class PaperPerformer:
    """Writes down each command that it begins."""

    def __init__(self, deeds: Path) -> None:
        """Write to *deeds*."""
        self._deeds = deeds

    def specs(self) -> tuple[ActionSpec, ...]:
        """List what it can do."""
        return ACTIONS

    def lane(self, command: Command) -> str | None:
        """Each page is a lane."""
        return command.page

    async def perform(self, command: Command) -> Outcome:
        """Do it."""
        with self._deeds.open("a") as file:
            file.write(f"{command.request_id} {command.attempt}\n")
        if command.action == "hold":
            release = self._deeds.with_name(f"{command.request_id}{RELEASE_SUFFIX}")
            while not release.exists():  # noqa: ASYNC110 (another process makes it)
                await asyncio.sleep(0.01)
        return Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, msgspec.Raw(b'"done"'))

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Describe what was stopped."""
        effect = Effect.PARTIAL if begun else Effect.NONE
        error = CommandError(ErrorCode.CANCELLED, "it was cancelled")
        return Outcome(OutcomeState.CANCELLED, effect, error=error)


class PaperAgent:
    """One install of an agent, which is killed and started again; made by tests."""

    def __init__(self, name: str, data_dir: Path) -> None:
        """Keep everything in *data_dir*."""
        self.name = name
        self.data_dir = data_dir
        self.directory = data_dir / "agents" / name
        self._deeds = data_dir / f"{name}.deeds"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of the present life."""
        assert self._process is not None
        return self._process

    @property
    def deeds(self) -> list[tuple[str, int]]:
        """What was done: request ids with the attempt, in order."""
        if not self._deeds.exists():
            return []
        words = (line.split() for line in self._deeds.read_text().splitlines())
        return [(request_id, int(attempt)) for request_id, attempt in words]

    @property
    def log(self) -> str:
        """What it has logged in all its lives."""
        return self.data_dir.joinpath(f"{self.name}.log").read_text()

    def start(self, url: str, *, crash_at: str = "") -> None:
        """Begin a life, which may have to end at a named place."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("XAGENT_")
        }
        with (self.data_dir / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.paper_agent"),
                    *(self.name, url, str(self.data_dir), str(self._deeds)),
                ],
                cwd=REPOSITORY,
                env={**environment, "XAGENT_CRASH_AT": crash_at},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def release(self, request_id: str) -> None:
        """Let a command that is held go on."""
        self._deeds.with_name(f"{request_id}{RELEASE_SUFFIX}").touch()

    def wait(self) -> int:
        """Wait for the end of this life; return its exit status, negative if it was killed."""
        return self.process.wait(DEADLINE_SECONDS)

    def kill(self) -> None:
        """End this life at once, if it lasts."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)

    def terminate(self) -> None:
        """Ask for an orderly end; the second time, for one at once."""
        self.process.send_signal(signal.SIGTERM)


async def _main(name: str, url: str, data_dir: str, deeds: str) -> None:
    def drive(
        settings: Settings,
        directory: Path,
        install_id: InstallId,
        on_change: Callable[[], None],
        transfers: ArtifactTransfers,
    ) -> Drive:
        return Drive(PaperBrowser(), PaperPerformer(Path(deeds)), _heed, {})

    stop = Stop()
    with signals_to(stop):
        await run_agent(Settings(AgentId(name), url, Path(data_dir)), stop, drive)


def _heed(limits: Limits) -> None:
    """Have no use for limits."""


if __name__ == "__main__":
    os.umask(0o077)
    logs.configure(AgentId(sys.argv[1]), LogFormat.JSON)
    asyncio.run(_main(*sys.argv[1:]))
