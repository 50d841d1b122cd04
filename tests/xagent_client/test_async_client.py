"""The SDK for callers that await: the same verbs, many at a time."""

from __future__ import annotations

import asyncio
import io

import pytest

from tests.xagent_client.fake_api import PNG, TOKEN, FakeApi, Fault
from xagent_client import AsyncClient, SelectorNotFound, Unreachable


async def test_the_verbs_are_awaited(fake: FakeApi) -> None:
    async with AsyncClient(fake.url, TOKEN) as client:
        alpha = client.agent("alpha")

        assert (await alpha.goto("http://example.com/")).status == 200
        assert await alpha.inner_text() == "the inner_text"
        assert len(await client.agents()) == 2
        with pytest.raises(SelectorNotFound):
            await alpha.click("!failed:selector_not_found")


async def test_lost_connections_are_tried_again(fake: FakeApi) -> None:
    fake.faults.extend([Fault(is_handled=True), Fault(503)])

    async with AsyncClient(fake.url, TOKEN) as client:
        assert await client.agent("alpha").title() == "the title"

    assert len(fake.commands) == 1


async def test_an_artifact_is_streamed(fake: FakeApi) -> None:
    sink = io.BytesIO()

    async with AsyncClient(fake.url, TOKEN) as client:
        command = await client.agent("alpha").run("screenshot")
        await client.download(command.artifacts[0], sink)

    assert sink.getvalue() == PNG


async def test_a_hundred_at_once_each_get_their_own_answer(fake: FakeApi) -> None:
    async with AsyncClient(fake.url, TOKEN) as client, asyncio.TaskGroup() as tasks:
        alpha = client.agent("alpha")
        asked = {
            number: tasks.create_task(alpha.evaluate("x => x", number)) for number in range(100)
        }

    assert {number: task.result()["arg"] for number, task in asked.items()} == {
        number: number for number in range(100)
    }


async def test_nobody_there_is_unreachable() -> None:
    async with AsyncClient("http://127.0.0.1:9", TOKEN, retry=False) as client:
        assert not await client.is_ready()
        with pytest.raises(Unreachable):
            await client.agents()
