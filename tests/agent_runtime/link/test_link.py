"""Dialling, being turned away, and dialling again."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from agent_runtime.errors import EnrolmentNeeded, NameTaken, NotWelcome, Superseded
from agent_runtime.work.journal import Journal
from tests.agent_runtime.fake_orchestrator import CUT, LIMITS, FakeOrchestrator, Reply, ack
from tests.agent_runtime.fake_performer import SPEC, FakePerformer, command
from tests.agent_runtime.link.conftest import CREDENTIAL, Rig, until, until_over
from xagent_protocol.announcement import digest_of, short
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.codec import encode_actions
from xagent_protocol.messages import (
    Drain,
    Goodbye,
    Hello,
    Inventory,
    InventoryState,
    Result,
    Started,
)

UNAUTHORIZED = Reply.json(401, code="unauthorized")


async def test_the_dial_names_the_agent_and_carries_its_credential(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()

    assert visit.path == "/ws/agents/alpha"
    assert visit.authorization == f"Bearer {CREDENTIAL}"


async def test_what_the_agent_can_do_is_said_whole_only_to_who_does_not_know_it(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    whole = encode_actions((SPEC,))
    async with rig.running():
        first = await orchestrator.visit()
        said_first = (await first.hear(Hello)).actions
        orchestrator.knows = first.announced
        first.cut()
        second = await orchestrator.visit()
        said_then = (await second.hear(Hello)).actions
        orchestrator.knows = "of another version"
        second.cut()
        said_to_another = (await (await orchestrator.visit()).hear(Hello)).actions

    assert first.announced == second.announced == digest_of(whole)
    assert (said_first, said_then, said_to_another) == (whole, short(first.announced), whole)


async def test_a_cut_connection_is_dialled_again(rig: Rig, orchestrator: FakeOrchestrator) -> None:
    """F17."""
    async with rig.running():
        (await orchestrator.visit()).cut()
        first = await orchestrator.visit()
        await first.welcome(1)
        first.cut()

        assert await (await orchestrator.visit()).welcome(2) == Inventory(())


async def test_a_result_is_replayed_after_each_cut_until_it_is_acknowledged(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)
        visit.say(command("r1", params=b'{"n":1}'))
        result = await visit.hear(Result)
        visit.cut()

        for epoch in (2, 3):
            visit = await orchestrator.visit()
            inventory = await visit.welcome(epoch)
            assert [item.state for item in inventory.commands] == [InventoryState.DONE]
            assert await visit.hear(Result) == result
            if epoch == 2:
                visit.cut()
        visit.say(ack(result))
        await rig.outbox.wait_until_acknowledged()
        visit.cut()

        assert await (await orchestrator.visit()).welcome(4) == Inventory(())


async def test_a_command_goes_on_while_the_connection_is_gone(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)
        visit.say(command("r1", "hold"))
        await visit.hear(Started)
        visit.cut()

        visit = await orchestrator.visit()
        inventory = await visit.welcome(2)
        assert [item.state for item in inventory.commands] == [InventoryState.STARTED]
        performer.release("r1")
        assert (await visit.hear(Result)).request_id == "r1"

    assert performer.begun == ["r1"]


async def test_a_result_made_while_nobody_listens_waits_for_the_next_welcome(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)
        visit.say(command("r1", "hold"))
        await visit.hear(Started)
        orchestrator.handshakes.extend([Reply(503), CUT, Reply(502, b"<html>", "text/html")])
        visit.cut()
        performer.release("r1")

        visit = await orchestrator.visit()
        await visit.welcome(2)
        assert (await visit.hear(Result)).request_id == "r1"


async def test_after_one_lease_of_silence_nothing_begins_before_the_next_welcome(
    rig: Rig, orchestrator: FakeOrchestrator, performer: FakePerformer
) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1, msgspec.structs.replace(LIMITS, lost_seconds=0.1))
        visit.say(command("r1", "hold", page="p1"), command("r2", page="p1"))
        await visit.closed()
        visit = await orchestrator.visit()
        performer.release("r1")
        await until(lambda: rig.runner.in_flight == 1)
        begun_without_contact = list(performer.begun)

        await visit.welcome(2)
        results = [(await visit.hear(Result)).request_id for _ in range(2)]

    assert begun_without_contact == ["r1"]
    assert results == ["r1", "r2"]


async def test_pages_of_a_proxy_or_a_captive_portal_are_waited_out(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """F51."""
    orchestrator.handshakes.extend(
        [Reply(502, b"<html>Bad Gateway</html>", "text/html"), Reply(200, b"<html>"), CUT]
    )

    async with rig.running():
        await (await orchestrator.visit()).welcome()

    assert orchestrator.dials == 4
    assert rig.pauses == [0.5, 1.0], "the first retry goes at once, then the bound doubles"


async def test_what_is_no_tls_is_waited_out(
    orchestrator: FakeOrchestrator, performer: FakePerformer, journal: Journal
) -> None:
    """F51: an orchestrator whose certificate or whose whole TLS is not there, for now."""
    dials: list[None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dials.append(None)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        rig = Rig(orchestrator, performer, journal, f"wss://127.0.0.1:{port}/ws/agents/alpha")
        async with rig.running():
            await until(lambda: len(dials) == 3)

    assert rig.pauses[0] == 0.5


async def test_a_proxy_that_asks_for_its_own_password_never_brings_about_an_enrolment(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    orchestrator.handshakes.extend([Reply(401, b"<html>", "text/html"), Reply(401)])

    async with rig.running():
        await (await orchestrator.visit()).welcome()

    assert rig.pauses == [0.5]


async def test_a_drain_is_obeyed(rig: Rig, orchestrator: FakeOrchestrator) -> None:
    async with rig.running():
        visit = await orchestrator.visit()
        await visit.welcome(1)
        visit.say(Drain(retry_after=0.01))
        visit.close(CloseCode.SERVICE_RESTART)

        await (await orchestrator.visit()).welcome(2)

    assert rig.pauses == [0.5], "what was asked for, and jitter on top of it"


async def test_an_unknown_credential_is_enrolled_and_dialled_with_again(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    enrolled: list[str] = []
    rig.enrolments = [lambda: enrolled.append("yes")]
    orchestrator.handshakes.append(UNAUTHORIZED)

    async with rig.running():
        await (await orchestrator.visit()).welcome()

    assert enrolled == ["yes"]


async def test_a_credential_that_is_refused_right_after_enrolment_ends_the_link(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    rig.enrolments = [lambda: None]
    orchestrator.handshakes.extend([UNAUTHORIZED, UNAUTHORIZED])

    with pytest.RaisesGroup(EnrolmentNeeded, flatten_subgroups=True):
        async with rig.running() as link:
            await until_over(link)


async def test_a_taken_name_is_asked_for_again_and_never_stolen(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """F23, on the agent's side."""

    def taken() -> None:
        raise NameTaken("agent alpha is held from 10.0.0.7")

    rig.enrolments = [taken, lambda: None]
    orchestrator.handshakes.extend([UNAUTHORIZED, UNAUTHORIZED])

    async with rig.running():
        for _ in range(3):
            (await orchestrator.visit()).close(CloseCode.CONFLICT, "duplicate_agent")
        await (await orchestrator.visit()).welcome()

    assert rig.enrolments == []
    assert rig.pauses == [], "its own slow rhythm, not the backoff's"


async def test_a_superseded_link_ends_for_good(rig: Rig, orchestrator: FakeOrchestrator) -> None:
    """F22, on the agent's side."""
    with pytest.RaisesGroup(Superseded, flatten_subgroups=True):
        async with rig.running() as link:
            visit = await orchestrator.visit()
            await visit.welcome()
            visit.close(CloseCode.CONFLICT, "superseded")
            await until_over(link)


async def test_a_final_refusal_ends_the_link_and_is_quoted(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    """F52, on the agent's side."""
    with pytest.RaisesGroup(
        pytest.RaisesExc(NotWelcome, match="upgrade the agent"), flatten_subgroups=True
    ):
        async with rig.running() as link:
            visit = await orchestrator.visit()
            visit.close(CloseCode.UNSUPPORTED_PROTOCOL, "upgrade the agent")
            await until_over(link)


async def test_whoever_leaves_says_goodbye_and_dials_no_more(
    rig: Rig, orchestrator: FakeOrchestrator
) -> None:
    async with rig.running() as link:
        visit = await orchestrator.visit()
        await visit.welcome()

        await rig.link.leave("sigterm", returning=False)

        assert await visit.hear(Goodbye) == Goodbye("sigterm", False)
        assert await visit.closed() == (CloseCode.GOING_AWAY, "sigterm")
        assert await until_over(link) is None
    assert orchestrator.dials == 1
