"""What `xagent up` does about its children, with small programs in their place."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests.xagent_client.fake_api import eventually
from xagent_client.cli.child import Child
from xagent_client.cli.supervisor import Supervisor, Timing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs here use signals")

QUICK = Timing(
    first_pause=0.01, longest_pause=0.04, stable=60, start=5, connect=0.5, drain=5, poll=0.01
)

OBEDIENT = """
import pathlib, signal, sys, time
def end(*_):
    with open("ends", "a") as ends:
        ends.write(sys.argv[1] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1] + ".up").touch()
while True:
    time.sleep(60)
"""

STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path("grandchild").write_text(str(grandchild.pid))
pathlib.Path(sys.argv[1] + ".up").touch()
while True:
    time.sleep(60)
"""

SUICIDAL = "import os; print('last words', flush=True); os.kill(os.getpid(), 9)"


def gives_up(status: int) -> str:
    """Return a program that says why and leaves with *status*."""
    words = "xagent agent: no browser is here."
    return f"import sys; print('chatter'); print({words!r}); sys.exit({status})"


class World:
    """A supervisor, its children by name, and what it says."""

    def __init__(self, directory: Path, timing: Timing, **programs: str) -> None:
        """Give each child its program; one of them is the orchestrator."""
        self.directory = directory
        self.said: list[str] = []
        self.missing: Sequence[str] | None = None
        self.children = {
            name: Child(name, (sys.executable, "-c", program, name), directory / f"{name}.log")
            for name, program in programs.items()
        }
        agents = [child for name, child in self.children.items() if name != "orchestrator"]
        self.supervisor = Supervisor(
            self.children["orchestrator"], lambda: agents, self, say=self.said.append, timing=timing
        )
        self.failure: str | None = None

    async def orchestrator_is_ready(self, pid: int) -> bool:
        """Say that it is, as soon as its program is so far."""
        return (self.directory / "orchestrator.up").exists()

    async def missing_agents(self) -> Sequence[str]:
        """Name those whose program is not so far."""
        names = [name for name in self.children if name != "orchestrator"]
        return [name for name in names if not (self.directory / f"{name}.up").exists()]

    async def on_ready(self, missing: Sequence[str]) -> None:
        """Note that all that can be waited for is there."""
        self.missing = missing

    async def run(self) -> None:
        """Run until it stops."""
        self.failure = await self.supervisor.run(self.on_ready)

    def pids(self) -> dict[str, int | None]:
        """Return the process ids of the children that run."""
        return {name: child.pid for name, child in self.children.items()}

    @property
    def ends(self) -> list[str]:
        """The names of those that ended in their own time, in that order."""
        path = self.directory / "ends"
        return path.read_text().split() if path.exists() else []


async def until(holds: Callable[[], object]) -> None:
    """Wait until *holds*, with a deadline."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what changes is another process
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    """Run *world*, and stop it at the end."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.run())
        await until(lambda: world.missing is not None)
        yield world
        world.supervisor.stop()


async def test_agents_end_before_the_orchestrator(bare_machine: Path) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT, alpha=OBEDIENT, beta=OBEDIENT)

    async with running(world):
        assert world.missing == []
        assert all(world.pids().values())

    assert world.failure is None
    assert sorted(world.ends[:2]) == ["alpha", "beta"]
    assert world.ends[2:] == ["orchestrator"]
    assert world.said == ["stopping the agents …", "stopping the orchestrator …"]
    assert not any(world.pids().values())


@pytest.mark.parametrize("name", ["alpha", "orchestrator"])
async def test_a_child_that_dies_is_started_again(bare_machine: Path, name: str) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT, alpha=OBEDIENT)

    async with running(world):
        before = world.children[name].pid
        assert before is not None
        (bare_machine / f"{name}.up").unlink()
        os.kill(before, signal.SIGKILL)
        await until((bare_machine / f"{name}.up").exists)

        # The child may be up a moment before its start is known here.
        await until(lambda: world.children[name].pid not in (None, before))

    assert f"{name} was killed by signal 9; starting it again in 0.01 s" in world.said


async def test_the_pause_doubles_up_to_its_limit(bare_machine: Path) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT, alpha=SUICIDAL)

    async with running(world):
        await until(lambda: len(world.said) >= 4)

    pauses = [line.rpartition(" in ")[2] for line in world.said[:4]]
    assert pauses == ["0.01 s", "0.02 s", "0.04 s", "0.04 s"]
    assert "(last words)" in world.said[0]
    assert world.missing == ["alpha"]


@pytest.mark.parametrize("status", [1, 2, 78])
async def test_an_orchestrator_that_cannot_start_ends_everything(
    bare_machine: Path, status: int
) -> None:
    world = World(bare_machine, QUICK, orchestrator=gives_up(status), alpha=OBEDIENT)

    await world.run()

    assert world.failure == "no browser is here."
    assert world.missing is None
    assert not (bare_machine / "alpha.up").exists()


@pytest.mark.parametrize("status", [1, 78])
async def test_an_agent_that_cannot_start_ends_everything(bare_machine: Path, status: int) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT, alpha=gives_up(status))

    await world.run()

    assert world.failure == "no browser is here."
    assert world.ends == ["orchestrator"]
    assert not any(world.pids().values())


async def test_an_agent_that_later_gives_up_for_good_stays_away(bare_machine: Path) -> None:
    later = OBEDIENT.replace("sys.exit(0)", "print('profile taken', flush=True); sys.exit(78)")
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT, alpha=later, beta=OBEDIENT)

    async with running(world):
        pid = world.children["alpha"].pid
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        await until(lambda: world.said)
        assert world.children["beta"].pid is not None

    assert world.failure is None
    assert world.said[0].startswith("alpha ended with status 78 (profile taken); it stays away")


async def test_an_orchestrator_that_never_gets_ready_is_said_so(bare_machine: Path) -> None:
    mute = OBEDIENT.replace('".up"', '".never"')
    timing = Timing(start=0.3, poll=0.01)

    world = World(bare_machine, timing, orchestrator=mute)
    await world.run()

    assert world.failure is not None
    assert "did not become ready within 0.3 s" in world.failure
    assert str(bare_machine / "orchestrator.log") in world.failure


@pytest.mark.slow
async def test_a_child_that_will_not_end_is_killed_with_its_children(bare_machine: Path) -> None:
    timing = Timing(connect=5, poll=0.01, drain=0.2)
    world = World(bare_machine, timing, orchestrator=OBEDIENT, alpha=STUBBORN)

    async with running(world):
        grandchild = int((bare_machine / "grandchild").read_text())

    assert "alpha did not end within 0.2 s: killed" in world.said
    assert world.ends == ["orchestrator"]
    eventually(lambda: _is_gone(grandchild))


async def test_stopping_twice_kills_at_once(bare_machine: Path) -> None:
    timing = Timing(connect=5, poll=0.01, drain=60)
    world = World(bare_machine, timing, orchestrator=STUBBORN, alpha=STUBBORN)
    started = time.monotonic()

    async with running(world):
        world.supervisor.stop()
        world.supervisor.stop()

    assert time.monotonic() - started < 10
    assert not any(world.pids().values())


async def test_stopping_while_starting_leaves_nothing(bare_machine: Path) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT.replace('".up"', '".never"'))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.run())
        await until(lambda: world.children["orchestrator"].pid)
        world.supervisor.stop()

    assert world.failure is None
    assert not any(world.pids().values())


async def test_stopping_while_a_child_is_being_made_ends_it_too(bare_machine: Path) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT)
    orchestrator = world.children["orchestrator"]

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(world.run())
        while not orchestrator.log.exists():  # noqa: ASYNC110  # opened just before the start
            await asyncio.sleep(0)
        assert orchestrator.pid is None
        world.supervisor.stop()

    assert world.failure is None
    assert orchestrator.pid is None


async def test_a_program_that_does_not_exist_is_said_so(bare_machine: Path) -> None:
    world = World(bare_machine, QUICK, orchestrator=OBEDIENT)
    world.children["orchestrator"].command = ("/no/such/program",)

    await world.run()

    assert world.failure is not None
    assert world.failure.startswith("cannot start orchestrator:")


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
