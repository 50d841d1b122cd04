"""The tables: every state with every event and every message."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from tests.xagent_protocol.messages import FROM_AGENT, FROM_ORCHESTRATOR
from xagent_protocol.errors import IllegalMove
from xagent_protocol.outcomes import Effect, OutcomeState
from xagent_protocol.transitions import (
    AGENT_SESSION_MOVES,
    COMMAND_MOVES,
    EVENT_OF_OUTCOME,
    ORCHESTRATOR_SESSION_MOVES,
    TERMINAL_STATES,
    CommandEvent,
    CommandState,
    Progress,
    SessionState,
    advance,
    request_cancel,
)

# Written out from docs/delivery.md, and not computed from the table it is to check.
ROWS = """
queued      dispatch  dispatched
queued      expire    expired
queued      withdraw  cancelled
dispatched  start     running
dispatched  succeed   succeeded
dispatched  fail      failed
dispatched  stop      cancelled
dispatched  time_out  timed_out
dispatched  return    queued
dispatched  retry     queued
dispatched  lose      lost
running     succeed   succeeded
running     fail      failed
running     stop      cancelled
running     time_out  timed_out
running     retry     queued
running     lose      lost
"""
EXPECTED = {
    (CommandState(state), CommandEvent(event)): CommandState(after)
    for state, event, after in (row.split() for row in ROWS.strip().splitlines())
}
PAIRS = list(itertools.product(CommandState, CommandEvent))


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_of_state_and_event(state: CommandState, event: CommandEvent) -> None:
    before = Progress(state, attempt=1)

    if (state, event) in EXPECTED:
        assert advance(before, event).state is EXPECTED[state, event]
    else:
        with pytest.raises(IllegalMove, match=state):
            advance(before, event)


def test_the_table_names_every_state_and_its_terminal_ones_have_no_way_out() -> None:
    assert set(COMMAND_MOVES) == set(CommandState)
    assert {
        CommandState.SUCCEEDED,
        CommandState.FAILED,
        CommandState.CANCELLED,
        CommandState.EXPIRED,
        CommandState.TIMED_OUT,
        CommandState.LOST,
    } == TERMINAL_STATES
    assert all(state.is_terminal is (state in TERMINAL_STATES) for state in CommandState)


def test_every_end_an_agent_reports_has_its_event() -> None:
    assert set(EVENT_OF_OUTCOME) == set(OutcomeState)
    for outcome, event in EVENT_OF_OUTCOME.items():
        assert advance(Progress(CommandState.RUNNING), event).state == outcome.value


def test_each_dispatch_is_an_attempt() -> None:
    progress = Progress(CommandState.QUEUED)
    for attempt in (1, 2, 3):
        progress = advance(progress, CommandEvent.DISPATCH)
        assert progress.attempt == attempt
        progress = advance(progress, CommandEvent.RETURN)


def test_what_was_returned_has_never_begun() -> None:
    progress = Progress(CommandState.DISPATCHED, attempt=1)

    progress = advance(progress, CommandEvent.RETURN)

    assert (progress.effect, progress.tainted) == (Effect.NONE, False)
    assert advance(progress, CommandEvent.WITHDRAW).effect is Effect.NONE


@pytest.mark.parametrize("event", [CommandEvent.EXPIRE, CommandEvent.WITHDRAW])
def test_what_was_retried_can_never_again_be_called_never_begun(event: CommandEvent) -> None:
    progress = advance(Progress(CommandState.RUNNING, attempt=1), CommandEvent.RETRY)
    assert progress.tainted

    assert advance(progress, event).effect is Effect.UNKNOWN


@pytest.mark.parametrize("state", [CommandState.DISPATCHED, CommandState.RUNNING])
def test_what_is_lost_may_have_run(state: CommandState) -> None:
    assert advance(Progress(state), CommandEvent.LOSE).effect is Effect.UNKNOWN


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("event", EVENT_OF_OUTCOME.values())
def test_an_effect_is_as_reported_unless_an_earlier_attempt_may_have_run(
    event: CommandEvent, effect: Effect
) -> None:
    untainted = advance(Progress(CommandState.RUNNING), event, effect)
    tainted = advance(
        Progress(CommandState.RUNNING, effect=Effect.UNKNOWN, tainted=True), event, effect
    )

    assert untainted.effect is effect
    assert tainted.effect is Effect.UNKNOWN


@pytest.mark.parametrize("state", CommandState)
def test_a_cancel_is_noted_only_while_an_agent_has_the_command(state: CommandState) -> None:
    before = Progress(state, attempt=1)

    if state in (CommandState.DISPATCHED, CommandState.RUNNING):
        after = request_cancel(before)
        assert after.cancel_requested
        assert after.state is state
        assert request_cancel(after) == after
    else:
        with pytest.raises(IllegalMove):
            request_cancel(before)


@given(st.lists(st.sampled_from(CommandEvent)))
def test_no_history_leaves_a_terminal_state_or_forgets_a_cancel(
    history: list[CommandEvent],
) -> None:
    progress = Progress(CommandState.QUEUED)
    for event in history:
        before = progress
        try:
            progress = advance(before, event)
        except IllegalMove:
            continue
        assert not before.state.is_terminal
        assert progress.attempt >= before.attempt
        assert progress.tainted >= before.tainted
        assert progress.cancel_requested is before.cancel_requested
        if before.effect is not Effect.NONE:
            assert progress.effect is not Effect.NONE


def test_the_session_tables_name_only_words_of_the_wire() -> None:
    for moves in ORCHESTRATOR_SESSION_MOVES.values():
        assert set(moves) <= set(FROM_AGENT)
    for moves in AGENT_SESSION_MOVES.values():
        assert set(moves) <= set(FROM_ORCHESTRATOR)
    for table in (ORCHESTRATOR_SESSION_MOVES, AGENT_SESSION_MOVES):
        assert all(after in table for moves in table.values() for after in moves.values())
        assert table[SessionState.CLOSED] == {}
