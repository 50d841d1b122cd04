"""The exit statuses, which scripts may trust."""

from __future__ import annotations

import pytest

from xagent_client import Command, NoToken, Unreachable
from xagent_client.cli.exit_status import MEANINGS, ExitStatus, explain, of_command, of_error
from xagent_client.errors import refusal
from xagent_client.models import Problem
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.outcomes import Effect
from xagent_protocol.transitions import CommandState

EXPECTED = {
    CommandState.QUEUED: 5,
    CommandState.DISPATCHED: 5,
    CommandState.RUNNING: 5,
    CommandState.SUCCEEDED: 0,
    CommandState.FAILED: 1,
    CommandState.CANCELLED: 1,
    CommandState.EXPIRED: 1,
    CommandState.TIMED_OUT: 4,
    CommandState.LOST: 4,
}


@pytest.mark.parametrize("state", CommandState)
def test_every_state_has_its_status(state: CommandState) -> None:
    command = Command(RequestId("r"), AgentId("a"), "title", state)

    assert of_command(command) == EXPECTED[state]


def test_a_failure_whose_effect_is_unknown_is_unknown() -> None:
    command = Command(
        RequestId("r"), AgentId("a"), "click", CommandState.FAILED, effect=Effect.UNKNOWN
    )

    assert of_command(command) == ExitStatus.UNKNOWN


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "agent_unknown", 3),
        (503, "agent_offline", 3),
        (503, "draining", 3),
        (401, "unauthorized", 3),
        (404, "command_unknown", 2),
        (422, "action_unknown", 2),
        (422, "invalid_params", 2),
        (422, "request_id_reused", 1),
        (429, "queue_full", 1),
        (500, "internal_error", 1),
    ],
)
def test_every_refusal_has_its_status(status: int, code: str, expected: int) -> None:
    assert of_error(refusal(Problem(status, code))) == expected


def test_an_outage_is_told_from_an_unknown_outcome() -> None:
    assert of_error(NoToken("none")) == 3
    assert of_error(Unreachable("away")) == 3
    assert of_error(Unreachable("away", "r1")) == 4


def test_every_status_is_explained() -> None:
    assert set(MEANINGS) == set(ExitStatus)
    assert len(explain().splitlines()) == len(ExitStatus)
