"""A fleet that loses its orchestrator, and finds it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.fleet import Fleet, start, until

pytestmark = pytest.mark.slow

AGENTS: Final = 30


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """An orchestrator and many agents in one process."""
    fleet = Fleet(tmp_path)
    fleet.start_orchestrator()
    arguments = (fleet.url, str(AGENTS), str(tmp_path))
    log = tmp_path / "paper.log"
    fleet.agents["paper"] = start("benchmarks.paper_agents", *arguments, log=log)
    yield fleet
    fleet.end()


def connected(fleet: Fleet) -> list[dict[str, Any]]:
    """List who is there."""
    with fleet.client() as client:
        agents = client.get("/api/agents", params={"limit": 100}).raise_for_status().json()
    return [one for one in agents["items"] if one["contact"]["connected"]["value"]]


def test_f47_all_are_back_soon_and_not_all_at_once(fleet: Fleet) -> None:
    """The list of agents is answered meanwhile."""
    until(lambda: len(connected(fleet)) == AGENTS, 40)

    fleet.kill_orchestrator()
    fleet.start_orchestrator()

    until(lambda: len(connected(fleet)) == AGENTS, 30)
    came = [datetime.fromisoformat(one["session"]["started_at"]) for one in connected(fleet)]
    assert (max(came) - min(came)).total_seconds() > 0.2
