"""One process that `xagent up` keeps."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.xagent_client.fake_api import eventually
from xagent_client.cli.child import LOG_BYTES, Child

REPOSITORY = Path(__file__).parents[3]


def child(log: Path, program: str) -> Child:
    return Child("some", (sys.executable, "-c", program), log)


async def test_its_output_goes_into_a_private_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "some.log"
    one = child(log, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")

    assert await one.run() == 3

    assert sorted(one.output()) == ["err", "out"]
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


async def test_only_the_latest_start_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    await child(log, "print('first')").run()
    second = child(log, "print('second')")

    await second.run()

    assert second.output() == ["second"]
    assert log.read_text().split() == ["first", "second"]


async def test_new_lines_are_told_once_and_whole(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    log.write_text("old\n")
    one = child(log, "print('one'); print('two', end='')")

    assert one.fresh_output() == []
    await one.run()

    assert one.fresh_output() == ["one"]
    assert one.fresh_output() == []


async def test_a_log_that_grew_long_is_turned_over(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    with log.open("wb") as file:
        file.truncate(LOG_BYTES + 1)
    one = child(log, "print('new')")

    await one.run()

    assert log.read_text() == "new\n"
    assert one.fresh_output() == ["new"]
    assert log.with_suffix(".log.1").stat().st_size == LOG_BYTES + 1


async def test_a_log_is_turned_over_while_its_process_writes_on(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    program = (
        "import pathlib, sys, time\n"
        f"print('x' * {LOG_BYTES} + ' before', flush=True)\n"
        "for _ in range(1000):\n"
        f"    if pathlib.Path({str(log)!r}).stat().st_size == 0:\n"
        "        sys.exit('after')\n"
        "    time.sleep(0.01)\n"
    )
    one = Child("some", (sys.executable, "-c", program), log, turn_seconds=0.01)

    await one.run()

    old = log.with_suffix(".log.1")
    assert one.output() == ["after"]
    assert one.fresh_output() == ["after"]
    assert log.read_text() == "after\n"
    assert old.read_text().endswith("x before\n")
    if os.name == "posix":
        assert stat.S_IMODE(old.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="sessions are POSIX's")
async def test_the_terminals_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    one = child(tmp_path / "some.log", "import os; print(os.getsid(0) == os.getpid())")

    await one.run()

    assert one.output() == ["True"]


@pytest.mark.slow
def test_it_notices_the_end_of_its_supervisor(tmp_path: Path) -> None:
    watching = (
        "import pathlib, sys; pathlib.Path('up').touch(); "
        "sys.stdin.read(); pathlib.Path('gone').touch()"
    )
    program = (
        "import asyncio, pathlib, sys\n"
        "from xagent_client.cli.child import Child\n"
        f"one = Child('some', (sys.executable, '-c', {watching!r}), pathlib.Path('some.log'))\n"
        "asyncio.run(one.run())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, env=environment) as parent:
        eventually((tmp_path / "up").exists)
        parent.kill()

    eventually((tmp_path / "gone").exists)


async def test_ending_it_twice_or_never_started_does_nothing(tmp_path: Path) -> None:
    one = child(tmp_path / "some.log", "import time; time.sleep(60)")
    one.kill()

    async with asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(one.run())
        async with asyncio.timeout(10):
            while one.pid is None:  # noqa: ASYNC110  # what changes is another process
                await asyncio.sleep(0.01)
        one.terminate()
        one.terminate()
    one.terminate()
    one.kill()

    if os.name == "posix":
        assert ended.result() == -signal.SIGTERM
    assert one.pid is None
