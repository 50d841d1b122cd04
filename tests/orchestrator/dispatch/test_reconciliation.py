"""What an agent that comes back finds settled (T5, T6, T7, T10)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import Bench, item
from tests.orchestrator.records import action
from xagent_protocol.codec import encode_actions
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import BootId, JournalId, RequestId
from xagent_protocol.messages import ActionSpec, Cancel, Command, InventoryState
from xagent_protocol.outcomes import CommandError, Effect, OutcomeState
from xagent_protocol.transitions import CommandState

INTERRUPTED: dict[str, Any] = {
    "state": OutcomeState.FAILED,
    "effect": Effect.UNKNOWN,
    "error": CommandError(ErrorCode.AGENT_RESTARTED, "the agent was restarted"),
}


async def test_a_cancel_while_the_agent_is_away_is_delivered_before_anything_else(
    bench: Bench,
) -> None:
    """F43: the wish is kept, and goes first."""
    stay = await bench.ready()
    await bench.submit("r1")
    stay.start("r1")
    await stay.leave()
    await bench.submit("r2", if_offline="queue")
    await bench.dispatcher.submissions.cancel(RequestId("r1"))

    back = await bench.connect()
    await back.tell_inventory(item("r1", InventoryState.STARTED))
    await bench.sent(back, "r2")

    assert isinstance(back.socket.sent[0], Cancel)
    assert isinstance(back.socket.sent[1], Command)


async def test_a_cancelled_command_that_was_never_received_is_never_sent_again(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    await bench.dispatcher.submissions.cancel(RequestId("r1"))

    back = await bench.ready()

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.CANCELLED, Effect.NONE)
    assert back.socket.commands() == []


@pytest.mark.parametrize("now", [(), (action("read", reads=False),)])
@pytest.mark.parametrize("cancels", [False, True])
async def test_a_read_is_judged_by_what_was_announced_when_it_was_sent(
    bench: Bench, now: tuple[ActionSpec, ...], cancels: bool
) -> None:
    """What ran it kept no note of it, whatever the agent's next life announces."""
    stay = await bench.ready()
    await bench.submit("r1", action="read", idempotent=False)
    await stay.leave()
    if cancels:
        await bench.dispatcher.submissions.cancel(RequestId("r1"))

    back = await bench.ready(boot_id=BootId("boot-2"), actions=encode_actions(now))

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.LOST, Effect.UNKNOWN)
    assert back.socket.commands() == []


async def test_what_was_queued_is_judged_by_who_it_was_sent_to(bench: Bench) -> None:
    stay = await bench.ready(actions=encode_actions((action("read", reads=False),)))
    await stay.leave()
    await bench.submit("r1", action="read", idempotent=False, if_offline="queue")
    second = await bench.ready(boot_id=BootId("boot-2"))
    await bench.sent(second, "r1")
    await second.leave()

    await bench.ready(
        boot_id=BootId("boot-3"), actions=encode_actions((action("read", reads=False),))
    )

    assert (await bench.over("r1")).state is CommandState.LOST


async def test_what_was_never_received_runs_after_the_reconnect(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()

    back = await bench.ready()

    await bench.sent(back, "r1")
    [sent] = back.socket.said(Command)
    assert sent.attempt == 2
    await back.finish("r1", attempt=2)
    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.SUCCEEDED, Effect.COMPLETE)
    assert record.epoch == 2


async def test_what_may_have_run_is_lost_and_not_sent_again(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()

    back = await bench.ready(journal_id=JournalId("another"))

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.LOST, Effect.UNKNOWN)
    assert record.error is not None
    assert record.error.code == "outcome_unknown"
    assert back.socket.commands() == []


async def test_what_is_idempotent_is_sent_again_until_its_attempts_are_spent(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)

    for attempt in range(2, 4):
        await stay.leave()
        stay = await bench.ready(journal_id=JournalId(f"j{attempt}"))
        await bench.sent(stay, "r1")
        assert stay.socket.said(Command)[0].attempt == attempt
    record = await bench.dispatcher.submissions.get(RequestId("r1"))
    assert record.progress.tainted
    await stay.leave()
    stay = await bench.ready(journal_id=JournalId("j4"))

    assert (await bench.over("r1")).state is CommandState.LOST
    assert stay.socket.commands() == []


async def test_an_unjournalled_read_after_a_reboot_is_retried(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1", action="read")
    await stay.leave()

    back = await bench.ready(boot_id=BootId("boot-2"))

    await bench.sent(back, "r1")
    assert (await bench.dispatcher.submissions.get(RequestId("r1"))).progress.tainted


@pytest.mark.parametrize("held", list(InventoryState))
async def test_what_the_agent_still_holds_goes_on(bench: Bench, held: InventoryState) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    back = await bench.connect()
    await back.tell_inventory(item("r1", held))
    expected = CommandState.DISPATCHED if held is InventoryState.RECEIVED else CommandState.RUNNING
    assert (await bench.dispatcher.submissions.get(RequestId("r1"))).state is expected

    await back.finish("r1")

    assert (await bench.over("r1")).progress.attempt == 1
    assert back.socket.commands() == []


async def test_f10_an_interrupted_command_ends_as_its_agent_says(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    back = await bench.connect(boot_id=BootId("boot-2"))

    await back.tell_inventory(item("r1", InventoryState.INTERRUPTED))
    await back.finish("r1", **INTERRUPTED)

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.FAILED, Effect.UNKNOWN)
    assert record.error is not None
    assert record.error.code == "agent_restarted"
    assert back.socket.commands() == []


async def test_f10_an_interrupted_command_that_is_idempotent_runs_again(bench: Bench) -> None:
    """What the agent says of its first attempt comes late, and is kept beside the end."""
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)
    await stay.leave()
    back = await bench.connect(boot_id=BootId("boot-2"))

    await back.tell_inventory(item("r1", InventoryState.INTERRUPTED))
    await back.finish("r1", **INTERRUPTED)
    await bench.sent(back, "r1")
    assert back.socket.said(Command)[0].attempt == 2
    await back.finish("r1", attempt=2)
    record = await bench.over("r1")
    await until(lambda: len(back.socket.acknowledged) == 2)

    assert (record.state, record.progress.effect) == (CommandState.SUCCEEDED, Effect.UNKNOWN)
    assert record.progress.tainted
    late = (await bench.find("r1")).late_result
    assert late is not None
    assert b"agent_restarted" in bytes(late)


async def test_a_cancelled_command_that_came_back_unsent_is_not_sent_again(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    await bench.dispatcher.submissions.cancel(RequestId("r1"))

    back = await bench.connect()
    await back.tell_inventory()

    assert (await bench.over("r1")).state is CommandState.CANCELLED
    assert back.socket.commands() == []


async def test_an_older_inventory_says_nothing_about_a_later_dispatch(bench: Bench) -> None:
    """The agent came twice in quick succession; only its newest word counts."""
    first = await bench.connect()
    second = await bench.ready()
    await bench.submit("r1")

    await first.tell_inventory()

    assert (await bench.find("r1")).state is CommandState.DISPATCHED
    assert second.socket.commands() == ["r1"]
