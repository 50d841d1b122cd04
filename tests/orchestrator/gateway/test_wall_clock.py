"""A wall clock that is set forward or back by hours: only what people are shown follows it."""

from __future__ import annotations

import time

import msgspec
import pytest

from tests.null_agent import serving
from tests.orchestrator.gateway.conftest import Server, eventually
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Beat, Result
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

HOUR_NS = 3_600_000_000_000


@pytest.mark.slow
async def test_f31_nothing_expires_nobody_is_lost_and_no_time_is_negative(
    quick: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time_ns
    async with serving(await quick.enrolled("beta")):
        pass  # it has told what it can do, and is away
    async with serving(await quick.enrolled("alpha")) as alpha:
        await quick.post("beta", action="hold", request_id="queued", if_offline="queue", wait=0)
        await quick.post("alpha", action="hold", request_id="held", wait=0)
        for hours in (1, -1):
            offset = hours * HOUR_NS
            monkeypatch.setattr(time, "time_ns", lambda offset=offset: real() + offset)
            beats = len(alpha.said(Beat))

            async def has_beaten(beats: int = beats) -> bool:
                return len(alpha.said(Beat)) > beats + 5

            await eventually(has_beaten)
            assert await quick.echo("alpha", "here") == "here"
            queued = (await quick.client.get("/api/commands/queued")).json()
            assert queued["state"] == "queued"

        outcome = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, msgspec.Raw(b"1"))
        await alpha.say(Result(RequestId("held"), 1, outcome))
        held = (await quick.client.get("/api/commands/held", params={"wait": 5})).json()
        metrics = (await quick.client.get("/metrics")).text.splitlines()

    assert held["state"] == "succeeded"
    (seconds,) = (
        float(line.split()[1])
        for line in metrics
        if line.startswith("xagent_command_duration_seconds_sum")
    )
    assert 0 <= seconds < 3600
