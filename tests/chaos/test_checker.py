"""Each invariant has histories that break it, and is silent about those that do not."""

from __future__ import annotations

import msgspec
import pytest

from chaos.checker import INVARIANTS
from chaos.records import Asked, Body, Lagged, Launched, SessionRow
from tests.chaos.story import Story, view, wall

TITLE = Body(action="title", request_id="r1")


@pytest.fixture
def story() -> Story:
    """A run in which one command has succeeded."""
    story = Story()
    story.succeed("r1")
    return story


def test_a_run_in_which_all_is_well_breaks_nothing(story: Story) -> None:
    """And each invariant had a chance to be broken, so silence means something."""
    story.succeed("r2", at=2.0)
    cancelled = view("r3", "cancelled", "none", code="cancelled")
    story.call("r3", cancelled)
    story.remain(cancelled)
    story.call("r4", 401, is_authorized=False)
    story.see(at=3.0, connected=True)
    story.suffer("agent-freeze", "alpha", at=20.0, until=60.0)
    story.see(at=50.0, connected=False)
    story.suffer("agent-kill", "alpha", at=70.0)
    story.end_process("alpha", at=70.1, status=-9)
    story.suffer("orchestrator-term", "orchestrator", at=80.0)
    story.end_process("orchestrator", at=84.0, status=0)
    story.sessions = [msgspec.structs.replace(story.sessions[0], ended_at=wall(60.0))]

    assert story.broken() == set()
    assert story.tried() == set(INVARIANTS)


def test_the_same_run_breaks_nothing_while_it_goes_on(story: Story) -> None:
    story.call("r2", view("r2", "dispatched", "none", finished_at=None), at=5.0)

    assert story.broken(is_over=False) == set()


# --- I1 -------------------------------------------------------------------------------------


def test_a_command_begun_twice_breaks_i1(story: Story) -> None:
    story.execution("r1", at=9.0, nonce="another")

    assert story.broken() == {"I1"}


def test_an_idempotent_command_may_begin_once_an_attempt() -> None:
    story = Story()
    body = Body(action="evaluate", request_id="r1", idempotent=True)
    command = view("r1", result="second", idempotent=True, attempt=2)
    story.call("r1", command, body=body)
    story.execution("r1", at=1.2, nonce="first")
    story.execution("r1", at=1.3, nonce="second")
    story.remain(command, tainted=True)
    assert story.broken() == set()

    story.execution("r1", at=1.4, nonce="third")

    assert story.broken() == {"I1"}


# --- I2 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"state": "failed"},
        {"effect": "unknown"},
        {"result": msgspec.Raw(b'"other"')},
        {"attempt": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_end_that_changes_breaks_i2(story: Story, change: dict[str, object]) -> None:
    story.call("r1", msgspec.structs.replace(story.listed[0], **change), operation="fetch", at=9.0)

    assert "I2" in story.broken()


def test_a_command_that_is_over_and_runs_again_breaks_i2(story: Story) -> None:
    story.call("r1", view("r1", "running", finished_at=None), operation="fetch", at=9.0)

    assert story.broken() == {"I2"}


def test_an_answer_that_was_under_way_before_the_end_breaks_nothing(story: Story) -> None:
    story.call(
        "r1", view("r1", "running", finished_at=None), operation="fetch", at=1.4, seconds=0.3
    )

    assert story.broken() == set()


def test_a_database_that_says_otherwise_breaks_i2_and_i15(story: Story) -> None:
    story.rows[0] = msgspec.structs.replace(story.rows[0], state="failed")

    assert story.broken() == {"I2", "I15"}


# --- I3 -------------------------------------------------------------------------------------


def test_an_acknowledged_command_that_is_nowhere_breaks_i3() -> None:
    story = Story()
    story.call("r1", view("r1", "dispatched", "none", finished_at=None))

    assert story.broken() == {"I3"}


def test_a_command_that_never_ends_breaks_i3() -> None:
    story = Story()
    command = view("r1", "dispatched", "none", finished_at=None)
    story.call("r1", command)
    story.remain(command)

    assert story.broken() == {"I3"}


def test_an_acknowledged_command_that_is_unknown_later_breaks_i3(story: Story) -> None:
    story.call("r1", 404, operation="fetch", at=9.0)

    assert story.broken() == {"I3"}


def test_a_command_whose_submission_broke_owes_nothing() -> None:
    story = Story()
    story.call("r1", "ReadError")

    assert story.broken() == set()


# --- I4 -------------------------------------------------------------------------------------


def test_a_success_that_the_site_never_saw_breaks_i4() -> None:
    story = Story()
    command = view("r1", result="nonce")
    story.call("r1", command)
    story.remain(command)

    assert story.broken() == {"I4"}


def test_a_success_with_the_result_of_nobody_breaks_i4(story: Story) -> None:
    command = msgspec.structs.replace(story.listed[0], request_id="r2")
    story.call("r2", command)
    story.execution("r2", at=1.4, nonce="nonce-of-r2")
    story.remain(command)

    assert story.broken() == {"I4"}


def test_a_success_of_an_execution_before_the_recorded_attempt_breaks_i4() -> None:
    story = Story()
    body = Body(action="evaluate", request_id="r1", idempotent=True)
    command = view("r1", result="n", idempotent=True, attempt=2)
    story.call("r1", command, body=body)
    story.execution("r1", at=1.0, nonce="n")
    story.remain(command, dispatched_at=wall(1.4), tainted=True)

    assert story.broken() == {"I4"}


# --- I5, I10 --------------------------------------------------------------------------------


def test_an_effect_of_none_that_had_begun_breaks_i5() -> None:
    story = Story()
    command = view("r1", "failed", "none", code="selector_not_found")
    story.call("r1", command)
    story.execution("r1")
    story.remain(command)

    assert story.broken() == {"I5"}


def test_a_cancelled_command_that_begins_later_breaks_i10() -> None:
    story = Story()
    command = view("r1", "cancelled", "none", code="cancelled")
    story.call("r1", command)
    story.execution("r1", at=9.0)
    story.remain(command)

    assert story.broken() == {"I5", "I10"}


# --- I6 -------------------------------------------------------------------------------------


def test_another_command_under_the_same_name_is_refused(story: Story) -> None:
    story.call("r1", 422, code="request_id_reused", body=TITLE, at=3.0)
    assert story.broken() == set()

    story.call("r1", story.listed[0], body=TITLE, at=4.0)

    assert story.broken() == {"I6"}


def test_another_refusal_of_it_breaks_i6(story: Story) -> None:
    story.call("r1", 404, code="agent_unknown", body=TITLE, at=3.0)

    assert "I6" in story.broken()


def test_the_same_command_that_is_refused_as_another_breaks_i6(story: Story) -> None:
    story.call("r1", 422, code="request_id_reused", at=3.0)

    assert story.broken() == {"I6"}


def test_an_answer_about_something_else_breaks_i6(story: Story) -> None:
    story.call("r2", view("r2", result="nonce-of-r1", agent_id="beta"), at=3.0)

    assert "I6" in story.broken()


def test_an_answer_with_other_params_breaks_i6(story: Story) -> None:
    changed = msgspec.structs.replace(story.listed[0], params=msgspec.Raw(b'{"a": 1}'))
    story.call("r1", changed, at=3.0)

    assert story.broken() == {"I6"}


# --- I8 -------------------------------------------------------------------------------------


def test_an_epoch_that_does_not_grow_breaks_i8(story: Story) -> None:
    story.sessions = [
        SessionRow(
            session_id=name, agent_id="alpha", epoch=1, started_at=wall(at), ended_at=wall(at + 1)
        )
        for name, at in (("s1", 0.0), ("s2", 50.0))
    ]

    assert story.broken() == {"I8"}


def test_two_open_sessions_break_i8(story: Story) -> None:
    story.sessions.append(
        SessionRow(session_id="s2", agent_id="alpha", epoch=2, started_at=wall(50.0))
    )

    assert story.broken() == {"I8"}


def test_a_dispatch_under_an_epoch_that_was_over_breaks_i8(story: Story) -> None:
    story.sessions = [
        SessionRow(
            session_id="s1", agent_id="alpha", epoch=1, started_at=wall(0.0), ended_at=wall(0.5)
        ),
        SessionRow(session_id="s2", agent_id="alpha", epoch=2, started_at=wall(0.6)),
    ]

    assert story.broken() == {"I8"}


def test_an_epoch_that_nobody_had_breaks_i8(story: Story) -> None:
    story.rows[0] = msgspec.structs.replace(story.rows[0], epoch=7)

    assert story.broken() == {"I8"}


# --- I9 -------------------------------------------------------------------------------------


def test_a_later_command_that_begins_first_breaks_i9(story: Story) -> None:
    story.succeed("r2", at=0.9)

    assert story.broken() == {"I9"}


def test_what_was_retried_has_lost_its_place(story: Story) -> None:
    story.succeed("r2", at=0.9)
    story.rows[1] = msgspec.structs.replace(story.rows[1], tainted=True)

    assert story.broken() == set()


# --- I11 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("too_many", [{"queued": 101}, {"in_flight": 17}])
def test_more_than_the_limits_allow_breaks_i11(story: Story, too_many: dict[str, int]) -> None:
    story.see(at=3.0, connected=True, **too_many)

    assert story.broken() == {"I11"}


# --- I12 ------------------------------------------------------------------------------------


def test_a_call_that_takes_too_long_breaks_i12(story: Story) -> None:
    story.call("r1", story.listed[0], operation="fetch", wait=3.0, at=10.0, seconds=4.9)
    assert story.broken() == set()

    story.call("r1", story.listed[0], operation="fetch", wait=3.0, at=20.0, seconds=5.1)

    assert story.broken() == {"I12"}


def test_a_call_that_never_ends_breaks_i12(story: Story) -> None:
    story.add(Asked(at=10.0, call=99, operation="fetch", request_id="r1"))

    assert story.broken() == {"I12"}


@pytest.mark.parametrize(
    ("name", "target"), [("orchestrator-freeze", "orchestrator"), ("disk-full", "disk")]
)
def test_a_call_may_take_longer_while_it_cannot_be_answered(
    story: Story, name: str, target: str
) -> None:
    story.suffer(name, target, at=10.0, until=14.0)
    story.call("r1", story.listed[0], operation="fetch", at=10.0, seconds=5.5)
    assert story.broken() == set()

    story.call("r1", story.listed[0], operation="fetch", at=30.0, seconds=5.5)

    assert story.broken() == {"I12"}


def test_a_call_may_wait_for_a_server_that_starts(story: Story) -> None:
    story.suffer("orchestrator-kill", "orchestrator", at=10.0)
    story.end_process("orchestrator", at=10.0, status=-9)
    story.add(Launched(at=10.5, process="orchestrator", pid=3))
    story.call("r1", "ReadError", operation="fetch", at=10.6, seconds=20.0)

    assert story.broken() == set()


def test_what_the_harness_slept_through_is_not_counted(story: Story) -> None:
    story.call("r1", story.listed[0], operation="fetch", at=10.0, seconds=5.0)
    story.add(Lagged(at=14.0, seconds=3.5))

    assert story.broken() == set()


# --- I13 ------------------------------------------------------------------------------------


def test_a_dead_agent_that_is_shown_as_connected_breaks_i13(story: Story) -> None:
    story.suffer("agent-freeze", "alpha", at=20.0, until=60.0)
    story.see(at=32.0, connected=True)
    assert story.broken() == set()

    story.see(at=34.0, connected=True)

    assert story.broken() == {"I13"}


def test_nobody_can_say_so_while_the_orchestrator_is_away(story: Story) -> None:
    story.suffer("agent-freeze", "alpha", at=20.0, until=60.0)
    story.suffer("orchestrator-freeze", "orchestrator", at=28.0, until=29.0)
    story.see(at=34.0, connected=True)

    assert story.broken() == set()


def test_an_agent_that_was_killed_while_it_was_frozen_may_be_back_already(story: Story) -> None:
    story.suffer("agent-freeze", "alpha", at=20.0, until=60.0)
    story.suffer("agent-kill", "alpha", at=25.0)
    story.end_process("alpha", at=25.0, status=-9)
    story.add(Launched(at=26.0, process="alpha", pid=4))
    story.see(at=45.0, connected=True)

    assert story.broken() == set()


def test_a_live_agent_that_is_called_lost_breaks_i13(story: Story) -> None:
    ended = {"ended_at": wall(50.0), "end_reason": "lost: silent for 9 s"}
    story.sessions = [msgspec.structs.replace(story.sessions[0], **ended)]

    assert story.broken() == {"I13"}


def test_an_agent_whose_network_was_bad_may_be_lost(story: Story) -> None:
    ended = {"ended_at": wall(50.0), "end_reason": "lost: silent for 9 s"}
    story.sessions = [msgspec.structs.replace(story.sessions[0], **ended)]
    story.suffer("network-timeout", "alpha", at=41.0, until=60.0)

    assert story.broken() == set()


# --- I14 ------------------------------------------------------------------------------------


def test_a_stranger_who_is_let_in_breaks_i14() -> None:
    story = Story()
    command = view("r1", "dispatched", "none", finished_at=None)
    story.call("r1", command, is_authorized=False)

    assert "I14" in story.broken()


def test_a_refused_stranger_whose_command_is_there_breaks_i14() -> None:
    story = Story()
    story.call("r1", 401, is_authorized=False)
    story.execution("r1")

    assert "I14" in story.broken()


# --- I15 ------------------------------------------------------------------------------------


def test_a_command_that_only_the_database_knows_breaks_i15(story: Story) -> None:
    story.listed.clear()

    assert story.broken() == {"I15"}


def test_a_command_that_is_listed_twice_breaks_i15(story: Story) -> None:
    story.listed.append(story.listed[0])

    assert story.broken() == {"I15"}


def test_a_command_that_everybody_was_refused_breaks_i15(story: Story) -> None:
    command = view("r2", "expired", "none", code="ttl_expired")
    story.call("r2", 503, code="agent_offline", at=3.0)
    story.remain(command)

    assert story.broken() == {"I15"}


def test_an_execution_of_a_command_that_nobody_recorded_breaks_i15(story: Story) -> None:
    story.call("r2", "ReadError", at=3.0)
    story.execution("r2", at=3.2)

    assert story.broken() == {"I15"}


# --- processes ------------------------------------------------------------------------------


def test_a_drain_that_takes_too_long_is_found(story: Story) -> None:
    story.suffer("orchestrator-term", "orchestrator", at=20.0)
    story.end_process("orchestrator", at=35.5, status=0)

    assert story.broken() == {"drain"}


def test_a_process_that_ends_by_itself_is_found(story: Story) -> None:
    story.end_process("alpha", at=20.0, status=3)

    assert story.broken() == {"exits"}


def test_a_stop_that_ends_with_an_error_is_found(story: Story) -> None:
    story.suffer("agent-term", "alpha", at=20.0)
    story.end_process("alpha", at=21.0, status=1)

    assert story.broken() == {"exits"}


def test_a_drain_that_is_cut_short_by_a_kill_is_explained(story: Story) -> None:
    story.suffer("orchestrator-term", "orchestrator", at=20.0)
    story.suffer("orchestrator-kill", "orchestrator", at=21.0)
    story.end_process("orchestrator", at=21.0, status=-9)

    assert story.broken() == set()


def test_a_crash_point_that_was_reached_explains_an_end(story: Story) -> None:
    story.suffer("crash-point", "alpha", at=20.0, detail="somewhere:1")
    story.end_process("alpha", at=20.0, status=-9)

    assert story.broken() == set()


def test_what_a_dead_agent_leaves_behind_is_found(story: Story) -> None:
    story.leave_orphan(at=40.0)

    assert story.broken() == {"orphans"}
