"""Many commands by the SDK, at a real orchestrator with an agent without a browser."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from orchestrator.settings import Settings
from tests.null_agent import serving
from tests.orchestrator.gateway.conftest import TOKEN, Server, running
from xagent_client import (
    ActionNotFound,
    Answered,
    Asked,
    AsyncClient,
    Command,
    InvalidRequest,
    RequestIdReused,
    StillRunning,
    UnexpectedAnswer,
    Unreachable,
)
from xagent_client.many import TRIES, Batch, named


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """An orchestrator with the agent `alpha`."""
    async with running(Settings(tmp_path)) as server, serving(await server.enrolled("alpha")):
        yield server


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    """A client of it."""
    async with AsyncClient(server.url, TOKEN) as client:
        yield client


def echo(text: str, **given: str) -> Asked:
    """Ask for an echo."""
    return Asked("alpha", "echo", {"text": text}, **given)  # type: ignore[arg-type]


async def all_of(answers: AsyncIterator[Answered]) -> dict[int, Answered]:
    """Return every answer by its place."""
    return {answered.index: answered async for answered in answers}


@pytest.mark.slow
async def test_each_of_many_is_answered_once(client: AsyncClient) -> None:
    found = await all_of(client.run_many((echo(str(n)) for n in range(500)), concurrency=32))

    assert [found[n].result for n in range(500)] == [{"text": str(n)} for n in range(500)]


@pytest.mark.slow
async def test_one_that_is_refused_or_lasts_ends_nothing(client: AsyncClient) -> None:
    asked = [
        Asked("alpha", "unknown"),
        Asked("alpha", "hold"),
        echo("a", request_id="one"),
        echo("b", request_id="one"),
        echo("c"),
    ]

    found = await all_of(client.run_many(asked, wait=0.5))

    assert isinstance(found[0].error, ActionNotFound)
    assert isinstance(found[1].error, StillRunning)
    assert {type(found[2].error), type(found[3].error)} == {type(None), RequestIdReused}
    assert found[4].result == {"text": "c"}


@pytest.mark.slow
async def test_slow_ones_do_not_hold_up_the_others(client: AsyncClient) -> None:
    slow = [Asked("alpha", "hold", timeout=600)] * 6
    quick = [echo(str(n)) for n in range(50)]

    async with contextlib.aclosing(client.run_many([*slow, *quick], concurrency=8)) as answers:
        first = [await anext(answers) for _ in quick]

    assert sorted(answered.index for answered in first) == list(range(6, 56))


@pytest.mark.slow
async def test_no_more_are_taken_than_may_be_in_hand(client: AsyncClient) -> None:
    taken = 0

    def source() -> Iterator[Asked]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield echo(str(number))

    async with contextlib.aclosing(client.run_many(source(), concurrency=8)) as answers:
        await anext(answers)
        await client.agents()

        assert taken <= 9


@pytest.mark.slow
async def test_what_the_caller_raises_is_raised_to_the_caller(client: AsyncClient) -> None:
    def source() -> Iterator[Asked]:
        yield echo("a")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await all_of(client.run_many(source()))
    with pytest.raises(InvalidRequest, match="cannot name"):
        await all_of(client.run_many([echo("a", request_id="no spaces")]))


@pytest.mark.slow
async def test_a_cut_connection_is_mended_and_nothing_done_twice(
    server: Server, client: AsyncClient
) -> None:
    async with contextlib.aclosing(
        client.run_many((echo(str(n)) for n in range(400)), concurrency=64)
    ) as answers:
        found = [await anext(answers)]
        for connection in list(server.state.connections):
            transport = getattr(connection, "transport", None)
            if getattr(connection, "cycle", None) is not None and transport is not None:
                transport.close()
        found += [answered async for answered in answers]

    assert sorted(answered.index for answered in found) == list(range(400))
    assert all(answered.error is None for answered in found)
    async with asyncio.timeout(5):
        recorded = [one for one in await _everything(client) if one.action == "echo"]
    assert len(recorded) == 400


async def _everything(client: AsyncClient) -> list[Command]:
    found: list[Command] = []
    cursor: str | None = None
    while True:
        page = await client.commands(limit=200, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_no_commands_are_no_requests() -> None:
    async with AsyncClient("http://127.0.0.1:9", TOKEN) as client:
        assert await all_of(client.run_many([])) == {}


def test_what_has_no_answer_is_sent_again_under_new_numbers() -> None:
    batch = Batch([named(7, echo("a")), named(8, echo("b", request_id="mine"))])
    first = batch.body().splitlines()
    batch.hear('{"index":0,"problem":{"status":429,"code":"queue_full"}}')

    (again,) = batch.body().splitlines()

    assert again == first[1]
    assert [answered.index for answered in batch.given_up(Unreachable("gone"))] == [8]
    assert not batch


def test_given_up_commands_are_in_doubt_by_their_own_ids() -> None:
    batch = Batch([named(0, echo("a", request_id="mine"))])

    (answered,) = batch.given_up(Unreachable("gone"))

    assert isinstance(answered.error, Unreachable)
    assert answered.error.request_id == "mine"


@pytest.mark.parametrize("line", ["<html>", '{"index":5}', '{"index":0}'])
def test_what_is_no_answer_is_told_so(line: str) -> None:
    batch = Batch([named(0, echo("a"))])
    batch.body()

    with pytest.raises(UnexpectedAnswer):
        batch.hear(line)


def test_patience_has_an_end_and_is_renewed_by_an_answer() -> None:
    batch = Batch([named(0, echo("a")), named(1, echo("b"))])
    batch.body()
    pauses = [batch.next_pause() for _ in range(TRIES)]

    assert None not in pauses[:-1]
    assert pauses[-1] is None

    batch.hear('{"index":1,"problem":{"status":429}}')
    assert batch.next_pause() is not None
