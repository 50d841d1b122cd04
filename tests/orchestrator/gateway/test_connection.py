"""One agent's socket, with agents that misbehave; the others never notice."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from orchestrator.gateway.flusher import DELAY_SECONDS
from orchestrator.settings import Bounds, Settings
from tests.null_agent import ANNOUNCED, NullAgent, serving
from tests.orchestrator.gateway.conftest import TOKEN, Server, eventually, running
from xagent_protocol.announcement import short
from xagent_protocol.codec import MAX_FRAME_BYTES
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import (
    AgentBeat,
    Beat,
    Command,
    Drain,
    Goodbye,
    Inventory,
    InventoryItem,
    InventoryState,
    Result,
    Started,
)
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

GOOD = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, msgspec.Raw(b"1"))


async def test_a_post_is_answered_by_the_agent_of_the_path(server: Server) -> None:
    alpha, beta = await server.enrolled("alpha"), await server.enrolled("beta")

    async with serving(alpha), serving(beta):
        async with asyncio.TaskGroup() as tasks:
            answers = {
                f"{name}-{number}": tasks.create_task(server.echo(name, f"{name}-{number}"))
                for number in range(25)
                for name in ("alpha", "beta")
            }
        contact = await server.contact("alpha")

    assert {text: answer.result() for text, answer in answers.items()} == {
        text: text for text in answers
    }
    assert contact == {"connected": True, "responsive": True, "browser_ok": True}
    assert all(
        bytes(command.params).startswith(b'{"text":"alpha') for command in alpha.said(Command)
    )


async def test_what_one_agent_announced_another_need_not_say(server: Server) -> None:
    alpha, beta = await server.enrolled("alpha"), await server.enrolled("beta")
    async with serving(alpha):
        assert not alpha.is_known
        await beta.enter(actions=short(ANNOUNCED))
        actions = (await server.client.get("/api/agents/beta/actions")).json()["items"]

    assert beta.is_known
    assert [action["name"] for action in actions] == ["echo", "hold"]


async def test_what_nobody_announced_is_to_be_said(server: Server) -> None:
    agent = await (await server.enrolled("alpha")).dial()

    await agent.say(agent.hello(actions=short(ANNOUNCED)))

    code, reason = await agent.closed()
    assert (code, reason.partition("actions: ")[2]) == (
        4400,
        "nobody has announced these; dial again, and say them",
    )


async def test_what_was_announced_is_known_after_a_restart(tmp_path: Path) -> None:
    async with running(Settings(tmp_path)) as server, serving(await server.enrolled("alpha")):
        pass

    async with running(Settings(tmp_path)) as server:
        alpha = NullAgent(server.url, "alpha")
        await alpha.enter(actions=short(ANNOUNCED))
        actions = (await server.client.get("/api/agents/alpha/actions")).json()["items"]
        await alpha.hang_up()

    assert alpha.is_known
    assert len(actions) == 2


async def test_results_are_acknowledged(server: Server) -> None:
    async with serving(await server.enrolled("alpha")) as agent:
        await server.post("alpha", action="echo", request_id="r1")
        await server.post("alpha", action="echo", request_id="r2")

        async def acknowledged() -> bool:
            return agent.acknowledged() == {"r1", "r2"}

        await eventually(acknowledged)


@pytest.mark.parametrize(
    ("nonsense", "code", "word"),
    [
        ("garbage", 4400, "protocol error: not JSON"),
        ("{}", 4400, "protocol error: not a valid message"),
        ('{"type":"hello"}', 4400, "protocol error: not a valid message"),
        ('{"type":"teapot"}', 4400, "protocol error: not a valid message"),
        ("[" * 100_000, 4400, "protocol error"),
        (b"\x00\x01", 4400, "protocol error: only text"),
        ("x" * (MAX_FRAME_BYTES + 1), 1009, ""),
        (Goodbye("early", True), 4405, "protocol error"),
        (Inventory(()), 4405, "protocol error"),
    ],
)
@pytest.mark.parametrize("welcomed", [False, True])
async def test_nonsense_ends_its_own_socket_only(
    server: Server, bystander: NullAgent, nonsense: Any, code: int, word: str, welcomed: bool
) -> None:
    """F21, of whole frames; `test_protocol.py` has the bytes."""
    if welcomed and isinstance(nonsense, Goodbye):
        pytest.skip("a goodbye is welcome then")
    agent = await server.enrolled("alpha")
    if welcomed:
        await agent.enter()
    else:
        await agent.dial()

    await agent.say(nonsense)

    closed_with, reason = await agent.closed()
    assert closed_with == code
    assert reason.startswith(word)
    assert await server.echo("bystander", "still here") == "still here"

    async def is_gone() -> bool:
        return not (await server.contact("alpha"))["connected"]

    await eventually(is_gone)


async def test_a_second_hello_is_out_of_turn(server: Server) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()

    await agent.say(agent.hello())

    assert (await agent.closed())[0] == 4405


async def test_actions_that_cannot_be_read_end_their_own_socket_only(
    server: Server, bystander: NullAgent
) -> None:
    agent = await server.enrolled("alpha")
    await agent.dial()

    await agent.say(agent.hello(actions=msgspec.Raw(b'[{"name":7}]')))

    code, reason = await agent.closed()
    assert (code, "$[0].name" in reason) == (4400, True)
    assert await server.echo("bystander", "still here") == "still here"


async def test_deep_results_are_refused(server: Server) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()
    deep = msgspec.Raw(b"[" * 200 + b"]" * 200)

    await agent.say(Result(RequestId("r1"), 1, msgspec.structs.replace(GOOD, result=deep)))

    assert (await agent.closed())[0] == 4400


async def test_another_protocol_is_refused_with_who_has_to_upgrade(server: Server) -> None:
    """F52: 4426, and it says what to do."""
    agent = await server.enrolled("alpha")
    await agent.dial()

    await agent.say(agent.hello(protocol_min=7, protocol_max=9))

    code, reason = await agent.closed()
    assert code == 4426
    assert "upgrade the orchestrator" in reason


async def test_an_epoch_out_of_range_harms_nobody(server: Server, bystander: NullAgent) -> None:
    agent = await server.enrolled("alpha")
    await agent.dial()

    await agent.say(agent.hello(highest_epoch=2**63 - 1))

    assert (await agent.closed())[0] == 4400
    assert await server.echo("bystander", "written") == "written"


async def test_who_says_nothing_is_sent_away(quick: Server) -> None:
    agent = await quick.enrolled("alpha")
    await agent.dial()

    assert await agent.closed() == (4408, "no hello within 0.2 s")


async def test_who_never_tells_its_inventory_is_sent_away(quick: Server) -> None:
    """Beats do not keep it here: no command could ever be sent to it."""
    agent = await quick.enrolled("alpha")
    await agent.dial()
    await agent.say(agent.hello())
    await agent.hear()
    await agent.say(AgentBeat(1, None, 0))

    assert await agent.closed() == (4408, "no inventory within 0.2 s")


async def test_another_install_is_refused_while_the_first_is_here(server: Server) -> None:
    """F23: no command goes to it."""
    first = await server.enrolled("alpha")
    async with serving(first):
        clone = NullAgent(server.url, "alpha", install="install-2")
        with pytest.raises(Exception, match="409"):
            await clone.enrol(TOKEN)
        # A copy of the credential in another install.
        await first_credential(clone, first)
        code, reason = await clone.closed()

        assert code == 4409
        assert reason.startswith("duplicate_agent")
        assert await server.echo("alpha", "mine") == "mine"


async def first_credential(clone: NullAgent, first: NullAgent) -> None:
    """Dial as *first*, and say hello as *clone*."""
    install = clone.install
    clone.install = first.install
    await clone.dial()
    clone.install = install
    await clone.say(clone.hello())


async def test_the_newest_connection_of_an_install_wins(server: Server) -> None:
    """F22: the older is closed with 4409."""
    older = await server.enrolled("alpha")
    await older.enter()
    newer = NullAgent(server.url, "alpha")

    async with serving(newer):
        code, reason = await older.closed()
        assert code == 4409
        assert reason.startswith("superseded")
        assert newer.highest_epoch == older.highest_epoch + 1
        assert await server.echo("alpha", "newer") == "newer"
        assert (await server.contact("alpha"))["connected"]


async def test_a_silent_agent_is_suspected_then_shown_as_gone(quick: Server) -> None:
    """F18, on the orchestrator's side."""
    agent = await quick.enrolled("alpha")
    await agent.enter()
    assert await quick.contact("alpha") == {
        "connected": True,
        "responsive": True,
        "browser_ok": True,
    }

    async def is_suspect() -> bool:
        contact = await quick.contact("alpha")
        return contact["connected"] and not contact["responsive"]

    await eventually(is_suspect)
    code, reason = await agent.closed()

    assert code == 4408
    assert reason.startswith("lost: silent for")
    assert not (await quick.contact("alpha"))["connected"]
    assert agent.said(Beat)

    async def is_recorded() -> bool:
        return str((await quick.last_session("alpha"))["end_reason"]).startswith("lost")

    await eventually(is_recorded)


async def test_who_answers_beats_stays_and_tells_of_its_browser(quick: Server) -> None:
    agent = await quick.enrolled("alpha")
    async with serving(agent):

        async def has_beaten() -> bool:
            return len(agent.said(Beat)) >= 6

        await eventually(has_beaten)
        await agent.say(AgentBeat(1, None, 0))

        async def browser_is_down() -> bool:
            contact = await quick.contact("alpha")
            return contact["responsive"] and not contact["browser_ok"]

        await eventually(browser_is_down)
        assert (await quick.contact("alpha"))["connected"]


async def test_an_agent_that_does_not_read_is_cut_off(quick: Server) -> None:
    """F27. And the transport with it: a close frame alone would wait for ever behind the rest."""
    agent = await quick.enrolled("alpha")
    await agent.enter()
    assert agent.socket is not None
    raw = agent.socket.transport.get_extra_info("socket")
    assert isinstance(raw.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF), int)
    agent.socket.transport.pause_reading()
    text = "x" * 900_000

    async with asyncio.TaskGroup() as tasks:

        async def beat() -> None:
            # Alive in every other way: only its reading has stopped.
            while (await quick.contact("alpha"))["connected"]:
                await agent.say(AgentBeat(1, None, 0))
                await asyncio.sleep(0.05)

        tasks.create_task(beat())
        for number in range(12):
            await quick.post(
                "alpha", action="hold", params={"text": text}, wait=0, request_id=f"r{number}"
            )

    assert not (await quick.contact("alpha"))["connected"]
    await agent.hang_up()

    async def is_recorded() -> bool:
        return "it read nothing" in ((await quick.last_session("alpha"))["end_reason"] or "")

    await eventually(is_recorded)


async def test_what_one_who_does_not_read_is_sent_is_bounded_in_bytes(data_dir: Path) -> None:
    """F27: 1013, and at once, however patient the timers are."""
    bounds = Bounds(unsent_bytes=256 * 1024)
    async with running(Settings(data_dir, bounds=bounds)) as server:
        agent = await server.enrolled("alpha")
        await agent.enter()
        assert agent.socket is not None
        agent.socket.transport.pause_reading()
        text = "x" * 900_000

        for number in range(16):
            await server.post(
                "alpha", action="hold", params={"text": text}, wait=0, request_id=f"r{number}"
            )

        async def is_recorded() -> bool:
            ended = (await server.last_session("alpha"))["end_reason"]
            return bool(ended == "it does not read what is sent")

        await eventually(is_recorded)
        await agent.hang_up()


async def test_f22_what_runs_is_not_started_again_when_the_newest_connection_wins(
    server: Server,
) -> None:
    older = await server.enrolled("alpha")
    await older.enter()
    await server.post("alpha", action="hold", request_id="r1", wait=0)
    assert isinstance(await older.hear(), Command)
    newer = NullAgent(server.url, "alpha")

    await newer.enter(InventoryItem(RequestId("r1"), 1, InventoryState.STARTED, "hold"))
    await newer.say(Result(RequestId("r1"), 1, GOOD))
    ended = (await server.client.get("/api/commands/r1", params={"wait": 5})).json()

    assert (ended["state"], ended["attempt"]) == ("succeeded", 1)
    assert (await older.closed())[0] == 4409
    assert newer.said(Command) == []


async def test_a_result_of_another_agent_is_forbidden(server: Server, bystander: NullAgent) -> None:
    await server.post("bystander", action="hold", request_id="r1", wait=0)
    agent = await server.enrolled("alpha")
    await agent.enter()

    await agent.say(Result(RequestId("r1"), 1, GOOD))

    code, reason = await agent.closed()
    assert (code, reason) == (4403, "forbidden: a result of another agent")
    command = (await server.client.get("/api/commands/r1")).json()
    assert command["state"] in ("dispatched", "running")


async def test_started_and_results_of_nothing_are_survived(server: Server) -> None:
    async with serving(await server.enrolled("alpha")) as agent:
        await agent.say(Started(RequestId("never"), 1))
        await agent.say(Result(RequestId("never"), 1, GOOD))

        assert await server.echo("alpha", "here") == "here"


async def test_an_agent_that_vanishes_right_after_its_result_harms_nobody(
    server: Server, bystander: NullAgent
) -> None:
    """Its acknowledgement is still to be written, to a socket that is no more."""
    agent = await server.enrolled("alpha")
    for number in range(5):
        await agent.enter()
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(server.post("alpha", action="echo", request_id=f"r{number}"))
            while not agent.said(Command) or agent.said(Command)[-1].request_id != f"r{number}":
                await agent.hear()
            await agent.say(Result(RequestId(f"r{number}"), 1, GOOD))
            await agent.hang_up()
        assert asked.result().json()["state"] in ("succeeded", "dispatched")

    assert await server.echo("bystander", "still here") == "still here"
    await asyncio.sleep(DELAY_SECONDS + 0.1)  # nothing shows that nothing happened
    assert await server.echo("bystander", "and now") == "and now"


async def test_a_goodbye_is_recorded_as_such(server: Server) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()

    await agent.say(Goodbye("sigterm", True))
    code, _ = await agent.closed()

    assert code == 1000

    async def is_recorded() -> bool:
        return bool((await server.last_session("alpha"))["end_reason"] == "goodbye: sigterm")

    await eventually(is_recorded)


async def test_a_drain_is_announced_before_the_socket_closes(server: Server) -> None:
    """And what is owed is told first: the agent need not send its result again."""
    agent = await server.enrolled("alpha")
    async with serving(agent):
        await server.post("alpha", action="echo", request_id="r1")

        server.orchestrator.drain()

        assert await agent.left_alone() == (1012, "the orchestrator is shutting down")
        assert [drain.retry_after for drain in agent.said(Drain)] == [1.0]
        assert agent.acknowledged() == {"r1"}
        assert isinstance(agent.heard[-1], Drain)


async def test_who_comes_during_a_drain_is_sent_away(server: Server) -> None:
    agent = await server.enrolled("alpha")
    server.orchestrator.drain()

    await agent.dial()

    assert await agent.closed() == (1012, "the orchestrator is shutting down")
    assert not (await server.contact("alpha"))["connected"]


async def test_a_stranger_is_answered_with_401_and_nothing_is_logged_as_a_mistake(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    await server.enrolled("alpha")
    stranger = NullAgent(server.url, "alpha", install="never enrolled")

    with caplog.at_level(logging.WARNING), pytest.raises(InvalidStatus) as refused:
        await stranger.dial()
    await asyncio.sleep(0)

    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["Content-Type"] == "application/problem+json"
    assert b"unauthorized" in (refused.value.response.body or b"")
    assert "handshake" not in caplog.text
