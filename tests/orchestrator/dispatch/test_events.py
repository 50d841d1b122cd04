"""Events, and listeners that come late, come back, or are too slow."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.dispatch.events import KEPT, Event, EventKind, Events, Listener, Missed
from tests.orchestrator.records import command_record
from xagent_protocol.ids import AgentId

ALPHA = AgentId("alpha")


@pytest.fixture
def events() -> Events:
    """Events, to which nobody has listened yet."""
    return Events()


async def heard(listener: Listener) -> list[EventKind]:
    """Return the kinds of what has come."""
    batch = await listener.next(5)
    assert batch is not None
    return [event.kind for event in batch]


def come_and_go(events: Events) -> None:
    """Let an agent come and go."""
    events.agent(EventKind.AGENT_CONNECTED, ALPHA)
    events.agent(EventKind.AGENT_DISCONNECTED, ALPHA)


async def test_a_listener_hears_what_happens_in_its_order(events: Events) -> None:
    with events.listening(None) as listener:
        come_and_go(events)
        events.command(command_record("r1"))

        assert await heard(listener) == ["agent.connected", "agent.disconnected", "command"]


async def test_nothing_is_made_while_nobody_listens(events: Events) -> None:
    come_and_go(events)

    with events.listening(None) as listener:
        assert await listener.next(0) == []
    assert events.latest_id.endswith("-0")


async def test_a_listener_that_comes_back_hears_what_it_missed(events: Events) -> None:
    with events.listening(None) as listener:
        events.agent(EventKind.AGENT_CONNECTED, ALPHA)
        await heard(listener)
    seen = events.latest_id
    events.agent(EventKind.AGENT_CHANGED, ALPHA)

    with events.listening(seen) as listener:
        events.agent(EventKind.AGENT_DISCONNECTED, ALPHA)

        assert await heard(listener) == ["agent.changed", "agent.disconnected"]


@pytest.mark.parametrize("after", ["", "0", "another-3", "{life}-x", "{life}-99", "{life}--1"])
async def test_an_id_that_is_not_known_is_missed(events: Events, after: str) -> None:
    with pytest.raises(Missed), events.listening(after.format(life=events.life)):
        pass


async def test_what_is_too_long_ago_is_missed(events: Events) -> None:
    with events.listening(None):
        seen = events.latest_id
        for _ in range(KEPT + 1):
            events.agent(EventKind.AGENT_CHANGED, ALPHA)

    with pytest.raises(Missed), events.listening(seen):
        pass


async def test_a_listener_that_is_too_slow_is_told_so_and_holds_no_memory(events: Events) -> None:
    with events.listening(None) as slow, events.listening(None) as quick:
        for _ in range(KEPT + 1):
            events.agent(EventKind.AGENT_CHANGED, ALPHA)
            assert await heard(quick) == ["agent.changed"]

        with pytest.raises(Missed):
            await slow.next(5)


async def test_a_command_is_told_without_what_may_be_long(events: Events) -> None:
    with events.listening(None) as listener:
        events.command(command_record("r1"))

        batch = await listener.next(5)

    assert batch is not None
    (event,) = batch
    assert isinstance(event, Event)
    assert event.command is not None
    assert bytes(event.command.params) == b"{}"


async def test_the_end_comes_behind_what_is_still_to_be_heard(events: Events) -> None:
    with events.listening(None) as listener:
        come_and_go(events)
        events.end()

        assert len(await listener.next(5) or []) == 2
        assert await listener.next(5) is None
    with events.listening(None) as late:
        assert await late.next(5) is None


async def test_what_nobody_may_want_any_more_leaves_a_gap(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    with events.listening(None):
        events.agent(EventKind.AGENT_CONNECTED, ALPHA)
    seen = events.latest_id
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now + 1000)
    events.agent(EventKind.AGENT_CHANGED, ALPHA)

    with pytest.raises(Missed), events.listening(seen):
        pass
