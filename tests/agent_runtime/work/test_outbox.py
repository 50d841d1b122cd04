"""What is told, and when."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from agent_runtime.work.journal import Journal
from agent_runtime.work.outbox import Outbox
from tests.agent_runtime.fake_performer import command, succeeded
from tests.agent_runtime.journals import journal_in, left_by_a_kill
from xagent_protocol.codec import decode_from_agent
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import AgentMessage, Inventory, Result, ResultRef, Started
from xagent_protocol.outcomes import Effect, OutcomeState

ONE = RequestId("r1")


class Heard(list[AgentMessage]):
    """Everything that was sent."""

    def send(self, frame: str) -> None:
        """Take a frame."""
        self.append(decode_from_agent(frame))


def _done(journal: Journal, outbox: Outbox, request_id: RequestId, params: bytes = b"{}") -> None:
    asked = command(request_id, params=params)
    journal.received(asked)
    journal.started(request_id)
    outbox.finished(request_id, succeeded(asked))


def test_a_new_socket_hears_the_inventory_and_then_every_result(journal: Journal) -> None:
    heard = Heard()
    outbox = Outbox(journal)
    _done(journal, outbox, ONE)
    journal.received(command("r2"))

    outbox.open(heard.send, 4096)

    assert isinstance(heard[0], Inventory)
    assert [item.request_id for item in heard[0].commands] == ["r1", "r2"]
    assert heard[1:] == list(journal.results())


async def test_without_a_socket_nothing_is_lost_and_nothing_is_sent(journal: Journal) -> None:
    heard = Heard()
    outbox = Outbox(journal)
    outbox.open(heard.send, 4096)
    outbox.close()

    outbox.started(ONE, 1)
    _done(journal, outbox, ONE)

    assert heard == [Inventory(())]
    assert len(journal.results()) == 1


async def test_whoever_waits_for_acknowledgements_waits_for_all_of_them(journal: Journal) -> None:
    outbox = Outbox(journal)
    await outbox.wait_until_acknowledged()
    _done(journal, outbox, ONE)
    _done(journal, outbox, RequestId("r2"))

    outbox.acknowledged([ResultRef(ONE, 1)])
    assert not outbox.owes_nothing
    outbox.acknowledged([ResultRef(RequestId("r2"), 1)])

    await outbox.wait_until_acknowledged()


async def test_what_an_earlier_life_owed_is_owed_and_told(journal: Journal, tmp_path: Path) -> None:
    heard = Heard()
    _done(journal, Outbox(journal), ONE)

    with journal_in(left_by_a_kill(tmp_path)) as next_life:
        outbox = Outbox(next_life)
        assert not outbox.owes_nothing
        outbox.open(heard.send, 4096)
        outbox.acknowledged([ResultRef(ONE, 1)])
        await outbox.wait_until_acknowledged()

    assert heard[1:] == list(journal.results())


def test_an_acknowledgement_of_a_running_command_is_ignored(journal: Journal) -> None:
    outbox = Outbox(journal)
    journal.received(command("r1"))

    assert outbox.acknowledged([ResultRef(ONE, 1)]) == []
    assert journal.find(ONE) is not None


def test_a_result_over_the_frame_is_replaced_by_one_that_fits(journal: Journal) -> None:
    """F29: no socket is ever closed over it."""
    heard = Heard()
    outbox = Outbox(journal)
    outbox.open(heard.send, 600)
    fitting = msgspec.json.encode("é" * 200)
    _done(journal, outbox, ONE, fitting)
    _done(journal, outbox, RequestId("r2"), msgspec.json.encode("é" * 300))

    short, long = heard[1:]
    assert isinstance(short, Result)
    assert short.outcome.state is OutcomeState.SUCCEEDED
    assert isinstance(long, Result)
    assert long.outcome.state is OutcomeState.FAILED
    assert long.outcome.effect is Effect.COMPLETE, "the page has been acted upon all the same"
    assert long.outcome.error is not None
    assert long.outcome.error.code == ErrorCode.RESULT_TOO_LARGE


async def test_a_start_is_told_unless_the_end_comes_first(journal: Journal) -> None:
    told = asyncio.Queue[str]()
    outbox = Outbox(journal)
    outbox.open(told.put_nowait, 4096)
    await told.get()

    outbox.started(RequestId("quick"), 1)
    _done(journal, outbox, RequestId("quick"))
    outbox.started(ONE, 2)

    assert isinstance(decode_from_agent(await told.get()), Result)
    assert decode_from_agent(await told.get()) == Started(ONE, 2)
    assert told.empty()
