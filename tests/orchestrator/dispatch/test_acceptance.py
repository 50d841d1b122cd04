"""What is taken and what is refused, before anything is written."""

from __future__ import annotations

import msgspec
import pytest

from orchestrator.errors import (
    ActionUnknown,
    AgentOffline,
    AgentUnknown,
    InvalidParams,
    InvalidRequest,
    QueueFull,
    TooManyCommands,
)
from tests.orchestrator.dispatch.conftest import Bench
from xagent_protocol.ids import RequestId


async def test_a_request_id_is_made_where_none_is_given(bench: Bench) -> None:
    await bench.ready()

    one, other = await bench.submit(None), await bench.submit(None)

    assert one.request_id < other.request_id or one.created_at == other.created_at
    assert one.request_id != other.request_id


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"agent_id": "gamma"}, AgentUnknown),
        ({"agent_id": "beta"}, AgentOffline),
        ({"action": "wriet"}, ActionUnknown),
        ({"params": msgspec.Raw(b'{"txet": 1}')}, InvalidParams),
    ],
)
async def test_what_cannot_be_done_is_refused_and_leaves_no_row(
    bench: Bench, given: dict[str, object], error: type[Exception]
) -> None:
    await bench.ready()

    with pytest.raises(error):
        await bench.submit("r1", **given)  # type: ignore[arg-type]

    assert await bench.journal.find(RequestId("r1")) is None
    assert bench.dispatcher.submissions.open_commands() == 0


async def test_a_full_queue_and_too_many_commands_are_refused(bench: Bench) -> None:
    for number in range(4):
        await bench.submit(f"a{number}", if_offline="queue")
    with pytest.raises(QueueFull) as full:
        await bench.submit("a4", if_offline="queue")
    for number in range(4):
        await bench.submit(f"b{number}", "beta", if_offline="queue")

    with pytest.raises(TooManyCommands) as too_many:
        await bench.submit("b4", "beta", if_offline="queue")

    assert full.value.retry_after
    assert too_many.value.retry_after
    assert (await bench.submit("a0", if_offline="queue")).request_id == "a0"


async def test_params_that_no_number_can_hold_are_refused(bench: Bench) -> None:
    await bench.ready()

    with pytest.raises(InvalidRequest) as refused:
        await bench.submit("r1", params=msgspec.Raw(b'{"n":1e400}'))

    assert refused.value.errors[0].field == "params"
    assert bench.dispatcher.submissions.open_commands() == 0
