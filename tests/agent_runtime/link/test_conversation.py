"""One socket from hello to its end."""

from __future__ import annotations

import msgspec
import pytest

from tests.agent_runtime.fake_orchestrator import (
    DEADLINE_SECONDS,
    LIMITS,
    FakeOrchestrator,
    ack,
)
from tests.agent_runtime.fake_performer import FakePerformer, command
from tests.agent_runtime.link.conftest import Rig
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.codec import decode_actions, encode
from xagent_protocol.ids import RequestId, SessionId
from xagent_protocol.messages import (
    AgentBeat,
    Beat,
    Cancel,
    Drain,
    Hello,
    Inventory,
    Result,
    Started,
    Welcome,
)
from xagent_protocol.outcomes import OutcomeState


async def test_hello_then_inventory_then_work(rig: Rig, orchestrator: FakeOrchestrator) -> None:
    async with rig.running():
        visit = await orchestrator.visit()

        hello = await visit.hear(Hello)
        visit.say(Welcome(1, SessionId("s"), 7, LIMITS), command("r1"))

        assert hello.journal_id == rig.journal.journal_id
        assert [action.name for action in decode_actions(hello.actions)] == ["echo"]
        assert await visit.hear(Inventory) == Inventory(())
        assert (await visit.hear(Result)).outcome.state is OutcomeState.SUCCEEDED
    assert rig.highest == 7


async def test_an_epoch_that_was_seen_before_is_refused(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """F20: an old welcome, replayed or out of a restored database, closes the socket."""
    rig.highest = 5
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.hear(Hello)
        visit.say(Welcome(1, SessionId("s"), 5, LIMITS), command("r1"))

        assert await visit.closed() == (CloseCode.CONFLICT, "stale_epoch")
        assert visit.heard() == []
        await (await orchestrator.visit()).welcome(6)


async def test_a_beat_is_answered_while_commands_run(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(command("r1", "hold", page="p1"), command("r2", "hold", page="p1"))
        await visit.hear(Started)

        visit.say(Beat(41))

        assert await visit.hear(AgentBeat) == AgentBeat(41, rig.browser_status(), in_flight=2)


async def test_each_word_of_the_orchestrators_extends_the_lease(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        rig.lease.extend(DEADLINE_SECONDS)  # shorter than the one that each word brings
        visit.say(Beat(1))
        await visit.hear(AgentBeat)
        rig.stopped_seconds += DEADLINE_SECONDS

        assert not rig.lease.is_over


@pytest.mark.parametrize("suspect_seconds", [LIMITS.suspect_seconds, 2 * LIMITS.lost_seconds])
async def test_what_is_heard_when_the_lease_is_over_is_not_obeyed(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer, suspect_seconds: float
) -> None:
    """So it is with what lay in the socket while this process was stopped (F25)."""
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1, msgspec.structs.replace(LIMITS, suspect_seconds=suspect_seconds))
        rig.stopped_seconds += LIMITS.lost_seconds
        visit.say(command("r1"))

        assert await visit.closed() == (None, None), "cut, not closed: nobody is there to hear it"
        assert await (await orchestrator.visit()).welcome(2) == Inventory(())
    assert performer.begun == []


async def test_a_change_of_the_browser_is_told_unasked_with_the_last_seq(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(Beat(3))
        await visit.hear(AgentBeat)

        rig.open_page("p1")
        rig.open_page("p2")
        beat = await visit.hear(AgentBeat)

    assert beat.seq == 3
    assert beat.browser is not None
    assert [page.id for page in beat.browser.pages] == ["p1", "p2"], "both in one beat"
    assert visit.heard() == []


async def test_what_changed_before_the_hello_is_not_told_twice(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    rig.open_page("p1")
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(Beat(1))
        await visit.hear(AgentBeat)

        assert visit.heard() == []


async def test_silence_ends_the_socket_and_another_is_dialled(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """F18, on the agent's side."""
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1, msgspec.structs.replace(LIMITS, lost_seconds=0.02))

        assert await visit.closed() == (None, None), "cut, not closed: nobody is there to hear it"
        await (await orchestrator.visit()).welcome(2)


async def test_after_a_sleep_of_the_machine_the_socket_is_not_believed(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """Nothing says that it is dead, and the loop's own clock has stood still."""
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(
            1, msgspec.structs.replace(LIMITS, suspect_seconds=2.0, lost_seconds=2.5)
        )

        rig.stopped_seconds += 2.1

        assert await visit.closed() == (None, None)
        assert rig.lease.is_over
        await (await orchestrator.visit()).welcome(2)


async def test_who_was_stopped_while_a_welcome_was_made_durable_does_not_believe_it(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    def stop() -> None:
        rig.stopped_seconds += 3600

    async with rig.running():
        first = await orchestrator.visit()
        await first.welcome(1)
        first.say(command("r1", "hold", page="p1"), command("r2", page="p1"))
        await performer.until_begun("r1")
        rig.stopped_seconds += 100
        first.say(Beat(1))
        second = await orchestrator.visit()
        performer.release("r1")
        rig.on_accept = stop
        await second.hear(Hello)
        second.say(Welcome(1, SessionId("s2"), 2, LIMITS))

        third = await orchestrator.visit()

        assert performer.begun == ["r1"]
        rig.on_accept = lambda: None
        await third.welcome(3)
        await performer.until_begun("r1", "r2")


async def test_after_a_short_absence_the_socket_is_believed(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)

        rig.stopped_seconds += LIMITS.suspect_seconds / 2
        visit.say(Beat(1))

        assert (await visit.hear(AgentBeat)).seq == 1
    assert orchestrator.dials == 1


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        ("", CloseCode.BAD_MESSAGE),
        ("[]", CloseCode.BAD_MESSAGE),
        ('{"type":"explode"}', CloseCode.BAD_MESSAGE),
        ('{"type":"command","request_id":7}', CloseCode.BAD_MESSAGE),
        ("[" * 100_000, CloseCode.BAD_MESSAGE),
        (encode(Welcome(1, SessionId("s"), 9, LIMITS)), CloseCode.OUT_OF_TURN),
        ("x" * (2**20 + 1), CloseCode.TOO_BIG),
    ],
    ids=["empty", "list", "unknown", "wrong field", "deep", "out of turn", "too big"],
)
async def test_garbage_closes_the_socket_with_its_code_and_is_dialled_past(
    rig: Rig, orchestrator: FakeOrchestrator, garbage: str, code: CloseCode
) -> None:
    """F21, on the agent's side."""
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)
        visit.say_text(garbage)

        assert (await visit.closed())[0] == code
        await (await orchestrator.visit()).welcome(2)


async def test_a_message_in_fragments_is_one_message(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()

        visit.say_in_fragments(encode(Beat(7)).encode(), at=5)

        assert (await visit.hear(AgentBeat)).seq == 7


async def test_text_that_is_no_text_closes_the_socket(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """F21: half a character, say."""
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()

        visit.say_in_fragments(b'{"type":"\xff"}', at=3)

        assert (await visit.closed())[0] == 1007
        await (await orchestrator.visit()).welcome(2)


async def test_a_binary_frame_is_garbage(rig: Rig, orchestrator: FakeOrchestrator) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)
        visit.say_bytes(b"\x00")

        assert (await visit.closed())[0] == CloseCode.BAD_MESSAGE


async def test_a_repeated_command_runs_once(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    """F20: by its request id and attempt."""
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(command("r1", "hold"))
        await visit.hear(Started)
        visit.say(command("r1", "hold"), Beat(1))
        await visit.hear(AgentBeat)
        performer.release("r1")
        result = await visit.hear(Result)

        visit.say(command("r1", "hold"))
        assert await visit.hear(Result) == result
        visit.say(ack(result), command("r1", "hold"), Beat(2))
        await visit.hear(AgentBeat)

    assert performer.begun == ["r1"]


async def test_a_cancel_stops_what_runs(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(command("r1", "hold"))
        await visit.hear(Started)
        visit.say(Cancel(RequestId("r1")))

        assert (await visit.hear(Result)).outcome.state is OutcomeState.CANCELLED
    assert performer.stopped == ["r1"]


async def test_during_a_drain_results_go_out_and_beats_are_answered(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome()
        visit.say(command("r1", "hold"))
        await visit.hear(Started)
        visit.say(Drain(retry_after=0.0), Beat(1))
        await visit.hear(AgentBeat)
        performer.release("r1")
        result = await visit.hear(Result)
        visit.say(ack(result))

        await rig.outbox.wait_until_acknowledged()
