"""A whole agent with a real browser is held to what its own machine was told.

Whatever its orchestrator says, in a command or otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent_runtime.agent import run_agent
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop
from tests.agent_runtime.actions.asking import eventually
from tests.agent_runtime.fake_orchestrator import LIMITS, FakeOrchestrator, Visit, ack
from tests.agent_runtime.fake_performer import command
from tests.site import Site
from xagent_protocol.codec import encode
from xagent_protocol.ids import SessionId
from xagent_protocol.messages import Hello, Inventory, Result, Welcome

pytestmark = [pytest.mark.browser, pytest.mark.slow]

START_SECONDS = 30.0


@pytest.fixture
def site() -> Iterator[Site]:
    """The test site."""
    with Site() as running:
        yield running


async def done(visit: Visit, request_id: str, action: str, **params: object) -> Result:
    """Have the agent do something, and return what came of it."""
    results: list[Result] = []

    def is_heard() -> bool:
        results.extend(message for message in visit.heard() if isinstance(message, Result))
        return bool(results)

    visit.say(command(request_id, action, params=msgspec.json.encode(params)))
    await eventually(is_heard)
    visit.say(ack(*results))
    return results[0]


def code_of(result: Result) -> str | None:
    """Return the code of the error, if there is one."""
    return result.outcome.error.code if result.outcome.error is not None else None


def wider_welcome() -> str:
    """Return a welcome by which an orchestrator would open all that is closed."""
    wider = {"allow_sites": ["*"], "deny_sites": [], "block_private_network": False}
    said = msgspec.json.decode(encode(Welcome(1, SessionId("s"), 1, LIMITS)))
    said["limits"] |= wider
    return msgspec.json.encode(said | wider | {"url_policy": wider}).decode()


async def test_what_the_environment_closes_stays_closed(
    orchestrator: FakeOrchestrator, tmp_path: Path, site: Site
) -> None:
    settings = Settings.read(
        ["alpha", "--url", orchestrator.url, "--data-dir", str(tmp_path)],
        {
            "XAGENT_ENROLMENT_TOKEN": "given",
            "XAGENT_ALLOW_SITES": "*, 127.0.0.1",
            "XAGENT_DENY_SITES": "127.0.0.2",
            "XAGENT_BLOCK_PRIVATE_NETWORK": "1",
        },
    )
    stop = Stop()
    async with asyncio.timeout(2 * START_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_agent(settings, stop))
        visit = await orchestrator.visit(START_SECONDS)
        await visit.hear(Hello)
        visit.say_text(wider_welcome())
        await visit.hear(Inventory)

        opened = await done(visit, "r1", "goto", url=site.url("/form"))
        tried = await done(
            visit,
            "r2",
            "evaluate",
            expression="urls => Promise.all(urls.map(url => fetch(url, {mode: 'no-cors'})))"
            ".then(() => 'tried')",
            arg=[f"http://127.0.0.2:{site.port}/count", f"{orchestrator.url}/health/live"],
        )
        named = await done(visit, "r3", "goto", url=f"http://localhost.:{site.port}/")
        itself = await done(visit, "r4", "goto", url=orchestrator.url)
        wished = await done(visit, "r5", "new_page", url="http://10.0.0.1/", policy={"allow": "*"})
        stop.ask("sigterm")

    assert [code_of(one) for one in (opened, tried)] == [None, None]
    assert [code_of(one) for one in (named, itself)] == ["blocked_by_policy"] * 2
    assert code_of(wished) == "invalid_params"
    assert (site.hits["/form"], site.hits["/count"], site.hits["/"]) == (1, 0, 0)
    assert orchestrator.requests == []
