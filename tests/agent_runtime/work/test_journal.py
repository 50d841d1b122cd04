"""What the agent holds of each command."""

from __future__ import annotations

from agent_runtime.work.journal import Journal
from tests.agent_runtime.fake_performer import command, succeeded
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import InventoryItem, InventoryState, Result, ResultRef

ONE = RequestId("r1")


def test_each_step_shows_in_the_inventory() -> None:
    journal = Journal()
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


def test_only_what_is_done_has_a_result_and_may_be_forgotten() -> None:
    journal = Journal()
    journal.received(command("r1"))
    journal.started(ONE)

    assert journal.results() == ()
    assert journal.forget(ResultRef(ONE, 1)) is None
    assert journal.find(ONE) is not None

    outcome = succeeded(command("r1"))
    journal.done(ONE, outcome)

    assert journal.forget(ResultRef(ONE, 2)) is None, "that is another attempt's"
    assert journal.results() == (Result(ONE, 1, outcome),)
    assert journal.forget(ResultRef(ONE, 1)) is not None
    assert journal.inventory() == ()
    assert journal.forget(ResultRef(ONE, 1)) is None


def test_every_journal_has_an_id_of_its_own() -> None:
    assert Journal().journal_id != Journal().journal_id
