"""What the journal's file takes, and what becomes of it on a disk that takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import structlog

from agent_runtime.errors import JournalUnwritable
from agent_runtime.work.journal_database import Row
from agent_runtime.work.journal_file import RETRY_SECONDS, JournalFile
from tests.agent_runtime.fake_performer import command, succeeded
from tests.agent_runtime.journals import full_disk, left_by_a_kill, opened, rows
from tests.agent_runtime.link.conftest import until
from xagent_protocol.ids import RequestId

ONE = RequestId("r1")
OUTCOME = succeeded(command("r1"))


@contextmanager
def full_disk_at_the_end(life: AbstractContextManager[JournalFile]) -> Iterator[JournalFile]:
    """Run one life, whose end finds the disk full."""
    with ExitStack() as stack:
        file = stack.enter_context(life)
        yield file
        with full_disk():
            stack.close()


def events(lines: list[structlog.typing.EventDict]) -> list[str]:
    """What was logged, in a word each."""
    return [line["event"] for line in lines]


def test_on_a_full_disk_nothing_begins_until_there_is_room(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        with full_disk(), pytest.raises(JournalUnwritable, match="cannot be written"):
            file.start(1, ONE, 1, "click")
        file.start(1, ONE, 1, "click")

    assert rows(tmp_path) == (Row(1, ONE, 1, "click"),)


def test_a_number_that_no_column_holds_is_refused_like_a_full_disk(tmp_path: Path) -> None:
    with opened(tmp_path) as file, pytest.raises(JournalUnwritable):
        file.start(1, ONE, 2**64, "click")


async def test_what_could_not_be_written_is_written_with_the_next_beginning(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as file, structlog.testing.capture_logs():
        file.start(1, ONE, 1, "click")
        file.start(2, RequestId("r2"), 1, "click")
        with full_disk():
            file.finish(1, OUTCOME)
            file.forget([2])
            with pytest.raises(JournalUnwritable):
                file.start(3, RequestId("r3"), 1, "click")
        file.start(3, RequestId("r3"), 1, "click")
        left = left_by_a_kill(tmp_path)

    assert rows(left) == (Row(1, ONE, 1, "click", OUTCOME), Row(3, RequestId("r3"), 1, "click"))


@pytest.mark.slow
async def test_a_full_disk_is_asked_again_until_there_is_room(tmp_path: Path) -> None:
    with opened(tmp_path) as file, structlog.testing.capture_logs() as lines:
        file.start(1, ONE, 1, "click")
        with full_disk():
            file.finish(1, OUTCOME)
            tried_at = asyncio.get_running_loop().time() + 1.5 * RETRY_SECONDS
            await until(lambda: asyncio.get_running_loop().time() > tried_at)
        await until(lambda: "the journal can be written again" in events(lines))
        left = left_by_a_kill(tmp_path)

    assert events(lines)[0] == "the journal cannot be written: trying until it can"
    assert rows(left) == (Row(1, ONE, 1, "click", OUTCOME),)


async def test_what_is_owed_to_a_full_disk_is_bounded(tmp_path: Path) -> None:
    """Only what has begun can add to it, and nothing begins meanwhile."""
    with structlog.testing.capture_logs() as lines, opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        with full_disk():
            file.finish(1, OUTCOME)
            file.forget([1])
            for seq in range(2, 50):
                with pytest.raises(JournalUnwritable):
                    file.start(seq, RequestId(f"r{seq}"), 1, "click")
                file.forget([seq])

    [line] = [line for line in lines if line["event"] == "the journal can be written again"]
    assert line["caught_up_with"] == 2


async def test_a_life_that_ends_on_a_full_disk_leaves_what_is_true(tmp_path: Path) -> None:
    """That it began is known; what the lost end would add is not."""
    with structlog.testing.capture_logs(), full_disk_at_the_end(opened(tmp_path)) as file:
        file.start(1, ONE, 1, "click")
        with full_disk():
            file.finish(1, OUTCOME)

    assert rows(tmp_path) == (Row(1, ONE, 1, "click"),)
