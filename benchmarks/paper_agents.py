"""Many whole agents in one process, each with a browser of paper.

Everything but the browser is the product's own: identity, journal, outbox, link, back-off. So
what a fleet does to an orchestrator that comes back is seen, and not imagined.

    python -m benchmarks.paper_agents URL COUNT DATA_DIR
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog
import uvloop

from agent_runtime.agent import Drive, run_agent
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop
from agent_runtime.work.artifacts import ArtifactTransfers
from xagent_protocol.ids import AgentId, InstallId
from xagent_protocol.messages import ActionSpec, BrowserStatus, Command, Limits
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState

ACTION = ActionSpec("echo", "test", "Answer 2.", True, True, {"type": "object"}, {})


class PaperBrowser:
    """It starts at once, and nothing ever happens to it."""

    async def start(self) -> None:
        """Launch."""

    async def close(self) -> None:
        """End."""

    async def watch(self) -> None:
        """Stay."""
        await asyncio.Event().wait()

    def status(self) -> BrowserStatus:
        """It is always well."""
        return BrowserStatus("paper", "1", 1, ok=True, headless=True)


class PaperPerformer:
    """Answers at once."""

    def specs(self) -> tuple[ActionSpec, ...]:
        """List the one thing it can do."""
        return (ACTION,)

    def lane(self, command: Command) -> str | None:
        """Nothing waits for anything."""
        return None

    async def perform(self, command: Command) -> Outcome:
        """Do nothing."""
        return Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, msgspec.Raw(b"2"))

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Describe what was stopped."""
        error = CommandError("cancelled", "it was cancelled")
        return Outcome(OutcomeState.CANCELLED, Effect.NONE, error=error)


def paper(
    settings: Settings,
    directory: Path,
    install_id: InstallId,
    on_change: Callable[[], None],
    transfers: ArtifactTransfers,
) -> Drive:
    """Build what stands for a browser and its driver."""

    def heed(limits: Limits) -> None:
        """Have nothing that could be too long."""

    return Drive(PaperBrowser(), PaperPerformer(), heed, {})


async def _run(url: str, count: int, data_dir: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            settings = Settings(AgentId(f"paper-{number:04}"), url, data_dir)
            tasks.create_task(run_agent(settings, Stop(), paper))


def main() -> None:
    """Run until killed."""
    # A fleet that loses its orchestrator has a lot to say, and nobody here reads it.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    url, count, data_dir = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    uvloop.run(_run(url, count, data_dir))


if __name__ == "__main__":
    main()
