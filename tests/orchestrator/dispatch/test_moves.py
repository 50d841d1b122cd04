"""The moves as functions from record to record."""

from __future__ import annotations

import msgspec
import pytest

from orchestrator.dispatch import moves
from tests.orchestrator.records import command_record, session_record
from xagent_protocol.errors import IllegalMove
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState
from xagent_protocol.transitions import CommandEvent, CommandState

QUEUED = command_record()
DISPATCHED = moves.dispatched(QUEUED, session_record(epoch=3), reads=False)
SUCCESS = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, duration_ms=10.0)


def test_a_dispatch_binds_to_the_session() -> None:
    assert DISPATCHED.state is CommandState.DISPATCHED
    assert DISPATCHED.progress.attempt == 1
    assert (DISPATCHED.epoch, DISPATCHED.journal_id, DISPATCHED.boot_id) == (
        *(3, "journal-1", "boot-1"),
    )
    assert DISPATCHED.dispatched_at is not None


def test_the_start_is_as_told_or_else_reckoned_from_the_duration() -> None:
    told = moves.finished(msgspec.structs.replace(DISPATCHED, started_at=5000), SUCCESS)
    reckoned = moves.finished(DISPATCHED, SUCCESS)
    endless = moves.finished(DISPATCHED, msgspec.structs.replace(SUCCESS, duration_ms=1e308))

    assert told.started_at == 5000
    assert reckoned.finished_at is not None
    assert reckoned.started_at == reckoned.finished_at - 10
    assert endless.started_at == DISPATCHED.created_at


def test_what_may_have_run_is_said_to_who_looks_at_the_end() -> None:
    again = moves.queued_again(DISPATCHED, CommandEvent.RETRY)

    for fresh, tainted in (
        (moves.expired(QUEUED), moves.expired(again)),
        (moves.withdrawn(QUEUED), moves.withdrawn(again)),
    ):
        assert fresh.error is not None
        assert tainted.error is not None
        assert "nothing was sent" in fresh.error.message
        assert "look at the page first" in tainted.error.message


@pytest.mark.parametrize("move", [moves.expired, moves.withdrawn])
def test_what_the_agent_has_does_not_end_in_the_queue(move: object) -> None:
    assert callable(move)
    with pytest.raises(IllegalMove):
        move(DISPATCHED)


def test_what_is_over_does_not_start() -> None:
    with pytest.raises(IllegalMove):
        moves.started(moves.finished(DISPATCHED, SUCCESS))
