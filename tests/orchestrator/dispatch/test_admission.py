"""Who may take an agent's place."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.errors import AgentUnknown, DuplicateAgent
from orchestrator.store.history import History
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import TIMERS, Bench, FakeSocket, life
from tests.orchestrator.records import ACTIONS, BROWSER, action, agent_record, hello
from xagent_protocol.codec import encode_actions
from xagent_protocol.errors import InvalidMessage
from xagent_protocol.ids import AgentId, InstallId

ALPHA = AgentId("alpha")
STRANGER = InstallId("install-stranger")


async def test_a_stay_is_recorded_and_the_agent_known_by_what_it_said(bench: Bench) -> None:
    more = (*ACTIONS, action("more", reads=True))

    stay = await bench.connect(labels={"region": "eu"}, actions=encode_actions(more))

    agent = bench.registry.get(ALPHA)
    assert (agent.epoch, agent.labels, agent.actions) == (1, {"region": "eu"}, more)
    assert agent.browser == BROWSER
    assert bench.connections.get(ALPHA) is stay.live
    [recorded] = await History(bench.database.readers).sessions(ALPHA, limit=9)
    assert recorded == stay.live.session


@pytest.mark.parametrize(("on_disk", "in_hello", "given"), [(5, 2, 6), (5, 9, 10), (5, 5, 6)])
async def test_an_epoch_is_above_all_that_either_side_has_seen(
    bench: Bench, on_disk: int, in_hello: int, given: int
) -> None:
    await bench.registry.save(agent_record(epoch=on_disk))

    stay = await bench.connect(highest_epoch=in_hello)

    assert stay.live.session.epoch == given
    assert bench.registry.get(ALPHA).epoch == given


async def test_an_epoch_that_leaves_no_room_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidMessage):
        await bench.connect(highest_epoch=2**63 - 1)

    assert bench.connections.get(ALPHA) is None
    assert (await bench.connect(highest_epoch=7)).live.session.epoch == 8


async def test_the_newest_connection_of_an_install_wins(bench: Bench) -> None:
    """F22."""
    first = await bench.ready()

    second = await bench.ready()

    assert bench.connections.get(ALPHA) is second.live
    assert first.socket.closed is not None
    assert first.socket.closed[0] == 4409
    assert first.socket.closed[1].startswith("superseded")
    assert second.live.session.epoch == 2


async def test_a_late_end_of_the_older_cannot_evict_the_newcomer(bench: Bench) -> None:
    first = await bench.ready()
    second = await bench.ready()

    await first.leave("superseded: a newer connection took its place")

    assert bench.connections.get(ALPHA) is second.live
    stays = await History(bench.database.readers).sessions(ALPHA, limit=9)
    assert [stay.ended_at is None for stay in stays] == [True, False]
    assert stays[1].end_reason is not None
    assert stays[1].end_reason.startswith("superseded")


async def test_nobody_sees_the_agent_offline_while_it_is_superseded(bench: Bench) -> None:
    await bench.ready()
    seen: list[bool] = []

    async def look() -> None:
        while True:
            seen.append(bench.connections.get(ALPHA) is not None)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(look())
        await asyncio.sleep(0)
        await bench.ready()
        looking.cancel()

    assert len(seen) > 1
    assert all(seen)


async def test_another_install_is_refused_while_the_agent_is_here(bench: Bench) -> None:
    await bench.ready()

    with pytest.raises(DuplicateAgent, match="is connected") as refused:
        await bench.connect(install_id=STRANGER)

    assert refused.value.retry_after == TIMERS.lost
    assert "desk" in refused.value.detail
    assert bench.connections.get(ALPHA) is not None


async def test_another_install_is_refused_until_the_lease_has_run_out(bench: Bench) -> None:
    """F23."""
    stay = await bench.ready()
    await stay.leave("connection lost (1006)")
    with pytest.raises(DuplicateAgent, match="was connected"):
        bench.admission.refuse_stranger(ALPHA, STRANGER)

    def is_free() -> bool:
        try:
            bench.admission.refuse_stranger(ALPHA, STRANGER)
        except DuplicateAgent:
            return False
        return True

    await until(is_free)


async def test_who_goes_before_the_welcome_leaves_no_open_stay(bench: Bench) -> None:
    """The agent's row is in, the row of its stay is on its way, and its socket ends."""
    async with asyncio.TaskGroup() as tasks:
        connecting = tasks.create_task(bench.connect())
        while bench.registry.get(ALPHA).epoch == 0:  # noqa: ASYNC110 - this very moment is meant
            await asyncio.sleep(0)
        connecting.cancel()

    # Later writes of this connection come after it.
    await bench.registry.save(bench.registry.get(ALPHA))
    [stay] = await History(bench.database.readers).sessions(ALPHA, limit=9)
    assert stay.end_reason == "gone before it was welcome"
    assert bench.connections.get(ALPHA) is None
    assert (await bench.connect()).live.session.epoch == 2


async def test_a_goodbye_ends_the_lease(bench: Bench) -> None:
    stay = await bench.ready()
    await stay.leave("goodbye: sigterm")

    bench.admission.refuse_stranger(ALPHA, STRANGER)
    bench.admission.refuse_stranger(AgentId("never"), STRANGER)


async def test_a_stranger_with_the_same_credential_has_to_enrol(bench: Bench) -> None:
    with pytest.raises(DuplicateAgent, match="enrol"):
        await bench.connect(install_id=STRANGER)


async def test_who_never_enrolled_is_unknown(bench: Bench) -> None:
    with pytest.raises(AgentUnknown):
        await bench.admission.admit(AgentId("gamma"), hello("gamma"), FakeSocket(), "")


async def test_after_a_restart_nobody_is_shown_as_connected_and_leases_live(
    enrolled: Database,
) -> None:
    async with life(enrolled) as first:
        await first.ready("alpha")
        beta = await first.ready("beta")
        await beta.leave("goodbye: done")

    async with life(enrolled) as second:
        assert len(second.connections) == 0
        contact = second.connections.contact(ALPHA, 0)
        assert not any(
            fact.value for fact in (contact.connected, contact.responsive, contact.browser_ok)
        )
        session = second.connections.session(ALPHA)
        assert session is not None
        assert session.end_reason == "orchestrator_restarted"
        beta_session = second.connections.session(AgentId("beta"))
        assert beta_session is not None
        assert beta_session.end_reason == "goodbye: done"
        with pytest.raises(DuplicateAgent):
            second.admission.refuse_stranger(ALPHA, STRANGER)
        second.admission.refuse_stranger(AgentId("beta"), STRANGER)
        stays = await History(enrolled.readers).sessions(ALPHA, limit=9)
        assert [stay.end_reason for stay in stays] == ["orchestrator_restarted"]
        assert (await second.ready("alpha")).live.session.epoch == 2
