"""What the agent holds of each command, in one life and in the next."""

from __future__ import annotations

from pathlib import Path

from agent_runtime.work.journal import Journal
from tests.agent_runtime.fake_performer import command, succeeded
from tests.agent_runtime.journals import journal_in, left_by_a_kill
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import InventoryItem, InventoryState, Result, ResultRef
from xagent_protocol.outcomes import Effect, OutcomeState

ONE, TWO, THREE = RequestId("r1"), RequestId("r2"), RequestId("r3")


def run(journal: Journal, request_id: RequestId, attempt: int = 1, action: str = "echo") -> None:
    """Let a command be received, begin and end."""
    asked = command(request_id, action, attempt=attempt)
    journal.received(asked)
    journal.started(request_id)
    journal.done(request_id, succeeded(asked))


def states(journal: Journal) -> list[tuple[str, int, str]]:
    """How far everything is."""
    return [(item.request_id, item.attempt, item.state.value) for item in journal.inventory()]


def test_each_step_shows_in_the_inventory(journal: Journal) -> None:
    shown = []

    journal.received(command("r1", attempt=3))
    shown.append(journal.inventory())
    journal.started(ONE)
    shown.append(journal.inventory())
    journal.done(ONE, succeeded(command("r1")))
    shown.append(journal.inventory())

    assert shown == [
        (InventoryItem(ONE, 3, state, "echo"),)
        for state in (InventoryState.RECEIVED, InventoryState.STARTED, InventoryState.DONE)
    ]


def test_only_what_is_over_has_a_result_and_may_be_forgotten(journal: Journal) -> None:
    result = ResultRef(ONE, 1)
    journal.received(command("r1"))
    journal.started(ONE)

    assert journal.results() == ()
    assert journal.forget([result]) == []
    assert journal.find(ONE) is not None

    outcome = succeeded(command("r1"))
    journal.done(ONE, outcome)

    assert journal.forget([ResultRef(ONE, 2)]) == [], "that is another attempt's"
    assert journal.results() == (Result(ONE, 1, outcome),)
    assert [entry.request_id for entry in journal.forget([result])] == ["r1"]
    assert journal.inventory() == ()
    assert journal.forget([result]) == []


def test_the_next_life_holds_what_began_and_what_was_not_acknowledged(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        run(journal, ONE)
        run(journal, TWO)
        journal.received(command("r3"))
        journal.started(THREE)
        journal.forget([ResultRef(ONE, 1)])
        done = journal.results()
        left = left_by_a_kill(tmp_path)

    with journal_in(left) as next_life:
        assert states(next_life) == [("r2", 1, "done"), ("r3", 1, "interrupted")]
        replayed, interrupted = next_life.results()

    assert (replayed,) == done
    assert interrupted.outcome.state is OutcomeState.FAILED
    assert interrupted.outcome.effect is Effect.UNKNOWN
    assert interrupted.outcome.error is not None
    assert interrupted.outcome.error.code == ErrorCode.AGENT_RESTARTED


def test_results_come_in_the_order_of_their_commands_also_in_the_next_life(tmp_path: Path) -> None:
    names = [RequestId(f"r{number}") for number in (9, 1, 5)]
    with journal_in(tmp_path) as journal:
        for name in names:
            journal.received(command(name))
        for name in reversed(names):
            journal.started(name)
            journal.done(name, succeeded(command(name)))
        assert [result.request_id for result in journal.results()] == names

    with journal_in(tmp_path) as journal:
        run(journal, RequestId("r2"))
        assert [result.request_id for result in journal.results()] == [*names, "r2"]


def test_what_is_forgotten_in_the_next_life_is_forgotten_in_all(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        run(journal, ONE)
        journal.received(command("r2"))
        journal.started(TWO)
    with journal_in(tmp_path) as journal:
        journal.forget([ResultRef(ONE, 1), ResultRef(TWO, 1)])

    with journal_in(tmp_path) as journal:
        assert journal.inventory() == ()


def test_what_was_received_and_never_began_is_absent_under_the_same_id(tmp_path: Path) -> None:
    """That proves it, so the orchestrator may send it again."""
    with journal_in(tmp_path) as journal:
        journal.received(command("r1"))
        journal_id = journal.journal_id
        left = left_by_a_kill(tmp_path)

    with journal_in(left) as next_life:
        assert next_life.inventory() == ()
        assert next_life.journal_id == journal_id


def test_the_end_of_what_never_began_is_not_kept_either(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        journal.received(command("r1"))
        journal.done(ONE, succeeded(command("r1")))
        assert len(journal.results()) == 1
        left = left_by_a_kill(tmp_path)

    with journal_in(left) as next_life:
        assert next_life.inventory() == ()


def test_a_read_is_held_while_the_process_lives_and_no_longer(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        run(journal, ONE, action="look")
        journal.received(command("r2", "look"))
        journal.started(TWO)
        assert states(journal) == [("r1", 1, "done"), ("r2", 1, "started")]
        left = left_by_a_kill(tmp_path)
        journal.forget([ResultRef(ONE, 1)])
        assert states(journal) == [("r2", 1, "started")]

    with journal_in(left) as next_life:
        assert next_life.inventory() == ()


def test_a_newer_attempt_takes_the_place_of_an_interrupted_one(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        journal.received(command("r1"))
        journal.started(ONE)
    with journal_in(tmp_path) as journal:
        journal.received(command("r1", attempt=2))
        not_begun = left_by_a_kill(tmp_path, "not-begun")
        journal.started(ONE)
        begun = left_by_a_kill(tmp_path, "begun")
        journal.done(ONE, succeeded(command("r1")))
        assert states(journal) == [("r1", 2, "done")]

    for left, expected in (
        (not_begun, ("r1", 1, "interrupted")),
        (begun, ("r1", 2, "interrupted")),
        (tmp_path, ("r1", 2, "done")),
    ):
        with journal_in(left) as journal:
            assert states(journal) == [expected]


def test_the_end_of_an_attempt_that_never_began_is_not_ascribed_to_the_earlier_one(
    tmp_path: Path,
) -> None:
    with journal_in(tmp_path) as journal:
        journal.received(command("r1"))
        journal.started(ONE)
    with journal_in(tmp_path) as journal:
        journal.received(command("r1", attempt=2))
        journal.done(ONE, succeeded(command("r1")))
        left = left_by_a_kill(tmp_path)
        journal.forget([ResultRef(ONE, 2)])

    with journal_in(left) as next_life:
        assert states(next_life) == [("r1", 1, "interrupted")]
    with journal_in(tmp_path) as next_life:
        assert next_life.inventory() == ()
