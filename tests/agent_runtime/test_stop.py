"""The wish that a process end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from agent_runtime.stop import Stop, signals_to
from tests.agent_runtime.fake_orchestrator import DEADLINE_SECONDS

FOLLOWER = """
import asyncio
from agent_runtime.stop import Stop, follow_parent

async def main():
    stop = Stop()
    follow_parent(stop)
    print("following", flush=True)
    await stop.wait()
    print(stop.reason, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_asks_and_the_second_insists(number: signal.Signals) -> None:
    stop = Stop()

    async with asyncio.timeout(DEADLINE_SECONDS):
        with signals_to(stop):
            os.kill(os.getpid(), number)
            await stop.wait()
            os.kill(os.getpid(), number)
            await stop.wait_for_insistence()

    assert stop.reason == number.name.lower()


async def test_a_parents_end_never_insists() -> None:
    stop = Stop()

    stop.insist("sigterm")
    stop.ask("parent_gone")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await stop.wait_for_insistence()
    assert stop.reason == "sigterm"


def test_the_end_of_standard_input_is_the_parents_end() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOWER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "following\n"
        process.stdin.write("not the end\n")
        process.stdin.close()

        assert process.stdout.read() == "parent_gone\n"
        assert process.wait(DEADLINE_SECONDS) == 0
