"""An orchestrator that is killed between any two steps of a command, and what becomes of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from orchestrator.crash import CrashPoint
from tests.end_to_end.fleet import Fleet, until
from tests.paper_agent import PaperAgent

pytestmark = pytest.mark.slow

AGENT: Final = "paper"
ONE: Final = "the-one"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """An orchestrator that has yet to start."""
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.end()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[PaperAgent]:
    """An agent of paper that has yet to start."""
    agent = PaperAgent(AGENT, tmp_path)
    yield agent
    agent.kill()


def ask(fleet: Fleet, action: str = "press") -> dict[str, Any]:
    """Ask for the one command, for the first time or again."""
    return fleet.run(AGENT, action, request_id=ONE, if_offline="queue")


def ask_and_hear_nothing(fleet: Fleet, agent: PaperAgent, point: CrashPoint) -> None:
    """Ask an orchestrator that dies at *point*; then start it again, as it was."""
    fleet.start_orchestrator(crash_at=point)
    agent.start(fleet.url)
    until(lambda: fleet.contact(AGENT)["connected"])
    with pytest.raises(httpx2.TransportError):
        ask(fleet)
    assert fleet.orchestrator is not None
    assert fleet.orchestrator.wait() == -signal.SIGKILL
    fleet.start_orchestrator()


def status_of_the_one(fleet: Fleet) -> int:
    """Look whether the command is known."""
    with fleet.client() as client:
        return client.get(f"/api/commands/{ONE}").status_code


@pytest.mark.parametrize(
    ("point", "is_known", "attempt"),
    [
        pytest.param("before-submit", False, 1, id="f1"),
        pytest.param("after-submit", True, 2, id="f2-f3"),
        pytest.param("result-received", True, 1, id="f5"),
        pytest.param("result-recorded", True, 1, id="f6"),
    ],
)
def test_f1_f2_f3_f5_f6_who_asks_again_gets_the_one_command_begun_once(
    fleet: Fleet, agent: PaperAgent, point: CrashPoint, is_known: bool, attempt: int
) -> None:
    ask_and_hear_nothing(fleet, agent, point)

    assert status_of_the_one(fleet) == (200 if is_known else 404)
    command = ask(fleet)

    assert (command["state"], command["effect"]) == ("succeeded", "complete")
    assert command["attempt"] == attempt
    assert agent.deeds == [(ONE, attempt)]
    agent.terminate()
    assert agent.wait() == 0
    assert "nobody has acknowledged" not in agent.log


def test_f3_f4_a_frame_that_is_on_its_way_arrives_once_or_is_sent_again(
    fleet: Fleet, agent: PaperAgent
) -> None:
    """Whether it had left the process or not."""
    ask_and_hear_nothing(fleet, agent, "command-sent")

    command = ask(fleet)

    assert (command["state"], command["effect"]) == ("succeeded", "complete")
    assert agent.deeds == [(ONE, command["attempt"])]


def test_f4_what_an_agent_runs_meanwhile_is_handed_in(fleet: Fleet, agent: PaperAgent) -> None:
    fleet.start_orchestrator()
    agent.start(fleet.url)
    until(lambda: fleet.contact(AGENT)["connected"])
    fleet.run(AGENT, "hold", request_id=ONE, if_offline="queue", wait=0)
    until(lambda: agent.deeds)

    fleet.kill_orchestrator()
    agent.release(ONE)
    fleet.start_orchestrator()

    command = ask(fleet, "hold")
    assert (command["state"], command["effect"], command["attempt"]) == ("succeeded", "complete", 1)
    assert agent.deeds == [(ONE, 1)]


def test_f7_an_orchestrator_that_is_killed_again_and_again_keeps_every_command(
    fleet: Fleet, agent: PaperAgent
) -> None:
    fleet.start_orchestrator()
    agent.start(fleet.url)
    until(lambda: fleet.contact(AGENT)["connected"])
    asked = []

    for life in range(4):
        for number in range(5):
            asked.append(f"life-{life}-{number}")
            fleet.run(AGENT, "press", request_id=asked[-1], if_offline="queue", wait=0)
        fleet.kill_orchestrator()
        fleet.start_orchestrator()

    ended = [fleet.run(AGENT, "press", request_id=one, if_offline="queue") for one in asked]
    assert {(one["state"], one["effect"]) for one in ended} == {("succeeded", "complete")}
    assert sorted(request_id for request_id, _ in agent.deeds) == sorted(asked)
