"""Agents that are killed between any two steps of a command, and what becomes of the command.

The agents are whole, with real journals, processes and sockets, but for their browser. Their
deeds are counted outside of them.
"""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from agent_runtime.crash import CrashPoint
from tests.end_to_end.fleet import Fleet, until
from tests.paper_agent import PaperAgent

pytestmark = pytest.mark.slow

_names: Final = (f"paper-{number}" for number in count(1))

End = tuple[str, str, str | None, int]
"""State, effect, code and attempt of a command that is over."""

SUCCEEDED: Final = ("succeeded", "complete", None, 1)
BEGUN_LATER: Final = ("succeeded", "complete", None, 2)
BEGUN_AGAIN: Final = ("succeeded", "unknown", None, 2)
RESTARTED: Final = ("failed", "unknown", "agent_restarted", 1)
LOST: Final = ("lost", "unknown", "outcome_unknown", 1)


@pytest.fixture(scope="module")
def orchestrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An orchestrator alone; its agents are of paper."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    fleet.start_orchestrator()
    try:
        yield fleet
    finally:
        fleet.end()


@pytest.fixture
def agent(orchestrator: Fleet) -> Iterator[PaperAgent]:
    """An agent that has yet to begin its first life."""
    agent = PaperAgent(next(_names), orchestrator.data_dir)
    try:
        yield agent
    finally:
        agent.kill()


def run_and_die(
    orchestrator: Fleet, agent: PaperAgent, point: CrashPoint, action: str = "press", **body: Any
) -> str:
    """Let the first life of an agent take one command and die at *point*; return its id."""
    agent.start(orchestrator.url, crash_at=point)
    until(lambda: orchestrator.contact(agent.name)["connected"])
    command = orchestrator.run(agent.name, action, wait=0, **body)
    assert agent.wait() == -signal.SIGKILL
    request_id: str = command["request_id"]
    return request_id


def end_of(orchestrator: Fleet, request_id: str) -> End:
    """Wait until a command is over, and say how."""
    command = orchestrator.get(f"/api/commands/{request_id}", wait=30)
    code = command["error"]["code"] if command["error"] else None
    return command["state"], command["effect"], code, command["attempt"]


def attempts(agent: PaperAgent, request_id: str) -> list[int]:
    """Say which attempts of a command did something."""
    return [attempt for name, attempt in agent.deeds if name == request_id]


def is_forgotten(agent: PaperAgent) -> bool:
    """Say whether an agent that has ended holds nothing any more."""
    with closing(sqlite3.connect(agent.directory / "journal.db")) as journal:
        [rows] = journal.execute("SELECT count(*) FROM entries").fetchone()
    return bool(rows == 0)


@pytest.mark.parametrize(
    ("point", "end", "done"),
    [
        pytest.param("command-received", BEGUN_LATER, [2], id="f9-received"),
        pytest.param("before-started", BEGUN_LATER, [2], id="f9-about-to-start"),
        pytest.param("after-started", RESTARTED, [], id="f10-started"),
        pytest.param("before-done", RESTARTED, [1], id="f10-acted"),
        pytest.param("after-done", SUCCEEDED, [1], id="f11-done"),
        pytest.param("result-sent", SUCCEEDED, [1], id="f11-sent"),
        pytest.param("before-forget", SUCCEEDED, [1], id="acknowledged"),
        pytest.param("after-forget", SUCCEEDED, [1], id="forgotten"),
    ],
)
def test_f9_f10_f11_a_command_that_writes_is_begun_at_most_once(
    orchestrator: Fleet, agent: PaperAgent, point: CrashPoint, end: End, done: list[int]
) -> None:
    request_id = run_and_die(orchestrator, agent, point)

    agent.start(orchestrator.url)

    assert end_of(orchestrator, request_id) == end
    assert attempts(agent, request_id) == done
    assert orchestrator.run(agent.name, "press", if_offline="queue")["state"] == "succeeded"
    agent.terminate()
    assert agent.wait() == 0
    assert is_forgotten(agent)


@pytest.mark.parametrize(
    ("point", "end", "done"),
    [
        pytest.param("before-started", BEGUN_LATER, [2], id="f9"),
        pytest.param("after-started", BEGUN_AGAIN, [2], id="f10-started"),
        pytest.param("before-done", BEGUN_AGAIN, [1, 2], id="f10-acted"),
        pytest.param("after-done", SUCCEEDED, [1], id="f11"),
    ],
)
def test_f10_what_is_idempotent_is_begun_again_if_it_may_have_run(
    orchestrator: Fleet, agent: PaperAgent, point: CrashPoint, end: End, done: list[int]
) -> None:
    request_id = run_and_die(orchestrator, agent, point, idempotent=True)

    agent.start(orchestrator.url)

    assert end_of(orchestrator, request_id) == end
    assert attempts(agent, request_id) == done


def test_f10_an_idempotent_command_is_begun_three_times_and_then_ends(
    orchestrator: Fleet, agent: PaperAgent
) -> None:
    request_id = run_and_die(orchestrator, agent, "before-done", idempotent=True)
    for _ in range(2):
        agent.start(orchestrator.url, crash_at="before-done")
        assert agent.wait() == -signal.SIGKILL

    agent.start(orchestrator.url)

    assert end_of(orchestrator, request_id) == ("failed", "unknown", "agent_restarted", 3)
    assert attempts(agent, request_id) == [1, 2, 3]


def test_a_read_is_done_again_whatever_became_of_it(orchestrator: Fleet, agent: PaperAgent) -> None:
    request_id = run_and_die(orchestrator, agent, "command-received", "look")

    agent.start(orchestrator.url)

    assert end_of(orchestrator, request_id) == BEGUN_AGAIN
    assert attempts(agent, request_id) == [2]


def test_a_cancellation_asked_for_meanwhile_keeps_a_command_from_beginning(
    orchestrator: Fleet, agent: PaperAgent
) -> None:
    request_id = run_and_die(orchestrator, agent, "before-started")
    with orchestrator.client() as client:
        client.post(f"/api/commands/{request_id}/cancel")

    agent.start(orchestrator.url)

    assert end_of(orchestrator, request_id) == ("cancelled", "none", "cancelled", 1)
    assert attempts(agent, request_id) == []


def _delete(directory: Path) -> None:
    for path in directory.glob("journal.db*"):
        path.unlink()


def _corrupt(directory: Path) -> None:
    (directory / "journal.db").write_bytes(b"\xff" * 9000)


@pytest.mark.parametrize("harm", [_delete, _corrupt])
@pytest.mark.parametrize(
    ("idempotent", "end", "done"), [(False, LOST, [1]), (True, BEGUN_AGAIN, [1, 2])]
)
def test_f13_without_its_journal_nobody_knows_what_an_agent_did(
    orchestrator: Fleet,
    agent: PaperAgent,
    harm: Callable[[Path], None],
    idempotent: bool,
    end: End,
    done: list[int],
) -> None:
    request_id = run_and_die(orchestrator, agent, "after-done", idempotent=idempotent)
    harm(agent.directory)

    agent.start(orchestrator.url)

    assert end_of(orchestrator, request_id) == end
    assert attempts(agent, request_id) == done
    assert orchestrator.run(agent.name, "press", if_offline="queue")["state"] == "succeeded"
