"""New commands run; repeated ones never run twice."""

from __future__ import annotations

import pytest

from agent_runtime.work.inbox import REMEMBERED, Inbox
from agent_runtime.work.journal import Journal
from agent_runtime.work.outbox import Outbox
from tests.agent_runtime.fake_performer import command, succeeded
from xagent_protocol.codec import decode_from_agent
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import (
    Ack,
    Cancel,
    Command,
    InventoryItem,
    InventoryState,
    Result,
    ResultRef,
)

ONE = RequestId("r1")


class Desk:
    """An inbox whose runner only writes down what it is asked."""

    def __init__(self, journal: Journal) -> None:
        """Put the parts together, with a socket that is open."""
        self.journal = journal
        self.outbox = Outbox(self.journal)
        self.inbox = Inbox(self.journal, self.outbox, self)
        self.submitted: list[Command] = []
        self.cancelled: list[RequestId] = []
        self.frames: list[str] = []
        self.outbox.open(self.frames.append, 4096)

    def submit(self, command: Command) -> None:
        """Write it down."""
        self.submitted.append(command)

    def cancel(self, request_id: RequestId) -> None:
        """Write it down."""
        self.cancelled.append(request_id)

    def finish(self, request_id: RequestId) -> None:
        """Let a command be over."""
        self.journal.started(request_id)
        self.outbox.finished(request_id, succeeded(command(request_id)))

    def results(self) -> list[tuple[str, int]]:
        """Which results were sent, under which attempt."""
        messages = [decode_from_agent(frame) for frame in self.frames]
        return [(one.request_id, one.attempt) for one in messages if isinstance(one, Result)]


@pytest.fixture
def desk(journal: Journal) -> Desk:
    """A fresh desk."""
    return Desk(journal)


def test_a_new_command_is_noted_before_it_runs(desk: Desk) -> None:
    desk.inbox.command(command("r1"))

    assert [item.state for item in desk.journal.inventory()] == [InventoryState.RECEIVED]
    assert [one.request_id for one in desk.submitted] == ["r1"]


@pytest.mark.parametrize("attempt", [1, 2, 3])
@pytest.mark.parametrize("has_begun", [False, True])
def test_f20_a_command_that_waits_or_runs_is_not_run_beside_itself(
    desk: Desk, attempt: int, has_begun: bool
) -> None:
    desk.inbox.command(command("r1", attempt=2))
    if has_begun:
        desk.journal.started(ONE)
    desk.inbox.command(command("r1", attempt=attempt))

    assert len(desk.submitted) == 1
    assert desk.results() == []


def test_f20_a_command_that_is_done_is_answered_again(desk: Desk) -> None:
    desk.inbox.command(command("r1"))
    desk.finish(ONE)
    desk.inbox.command(command("r1"))

    assert len(desk.submitted) == 1
    assert desk.results() == [("r1", 1), ("r1", 1)]


def test_f20_an_attempt_older_than_the_one_that_is_done_is_ignored(desk: Desk) -> None:
    desk.inbox.command(command("r1", attempt=2))
    desk.finish(ONE)
    desk.inbox.command(command("r1", attempt=1))

    assert len(desk.submitted) == 1
    assert desk.results() == [("r1", 2)]


def test_a_newer_attempt_takes_the_place_of_one_that_is_done(desk: Desk) -> None:
    desk.inbox.command(command("r1"))
    desk.finish(ONE)
    desk.inbox.command(command("r1", attempt=2))
    desk.inbox.ack(Ack((ResultRef(ONE, 1),)))

    assert [one.attempt for one in desk.submitted] == [1, 2]
    assert desk.journal.inventory() == (InventoryItem(ONE, 2, InventoryState.RECEIVED, "echo"),), (
        "the acknowledgement was the first one's"
    )


@pytest.mark.parametrize("attempt", [1, 2])
def test_f20_a_frame_that_arrives_again_after_the_acknowledgement_is_recognised(
    desk: Desk, attempt: int
) -> None:
    desk.inbox.command(command("r1", attempt=2))
    desk.finish(ONE)
    desk.inbox.ack(Ack((ResultRef(ONE, 2),)))
    desk.inbox.command(command("r1", attempt=attempt))

    assert len(desk.submitted) == 1


def test_what_is_remembered_is_bounded(desk: Desk) -> None:
    for number in range(REMEMBERED + 1):
        request_id = RequestId(f"r{number}")
        desk.inbox.command(command(request_id))
        desk.finish(request_id)
        desk.inbox.ack(Ack((ResultRef(request_id, 1),)))
    before = len(desk.submitted)

    desk.inbox.command(command("r0"))
    desk.inbox.command(command("r1"))

    assert len(desk.submitted) == before + 1, "r0 is forgotten, r1 is not yet"


def test_a_cancel_is_passed_on_and_an_ack_of_a_stranger_ignored(desk: Desk) -> None:
    desk.inbox.cancel(Cancel(ONE))
    desk.inbox.ack(Ack((ResultRef(ONE, 1),)))

    assert desk.cancelled == ["r1"]
