"""One run, from the first process to the last: load, faults, healing, and what is left."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import httpx2

from chaos import leash
from chaos.checker import check
from chaos.clients import Clients
from chaos.disk import SmallDisk
from chaos.evidence import Evidence
from chaos.fleet import AGENTS, BEAT_SECONDS, Fleet
from chaos.history import History
from chaos.nemesis import Nemesis
from chaos.plan import FaultName, plan
from chaos.records import (
    FINAL_STATES,
    ORCHESTRATOR,
    Answered,
    AnyRecord,
    Begins,
    Broke,
    Closes,
    CommandView,
    FinalState,
    Injected,
)
from chaos.remains import DATABASE, read_final_state
from chaos.site import Site
from chaos.watch import Watch

CLIENTS: Final = 15
SETTLE_SECONDS: Final = 120.0
QUIET_SECONDS: Final = 3.0
"""How long it is watched whether anything begins that is over."""

CHECK_SECONDS: Final = 15.0
PROGRESS_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.5
PAUSES: Final = (0.0, 1.5)
"""How long what has ended stays away: between the two, at random."""


@dataclass(frozen=True)
class Course:
    """How a run is to go; with *only*, faults come at equal intervals and restarts at once."""

    seconds: float
    seed: int
    every_seconds: float
    only: tuple[FaultName, ...] = ()
    goes_on: bool = False
    """Whether a run with an anomaly is to go to its end, to find others too."""


class Run:
    """A run in *directory*; `execute` it once."""

    def __init__(
        self,
        course: Course,
        directory: Path,
        history: History,
        disk: SmallDisk | None,
        say: Callable[[str], None],
    ) -> None:
        """Prepare; *say* prints a line of progress."""
        self._course = course
        self._directory = directory
        self._history = history
        self._disk = disk
        self._say = say
        self._stop = asyncio.Event()
        chance = Random(f"{course.seed}-fleet")
        pauses = (0.0, 0.0) if course.only else PAUSES
        self._fleet = Fleet(
            directory, self._data_dir, history, chance, lambda: chance.uniform(*pauses)
        )
        self._watch = Watch(self._fleet, history)
        self._listed: tuple[CommandView, ...] | None = None

    @property
    def orchestrator_mb(self) -> float:
        """The most memory that it had."""
        return self._watch.orchestrator_bytes / 1e6

    async def execute(self) -> FinalState | None:
        """Start everything, let it suffer, let it recover, and end it.

        Returns what was left; null if the run was cut short, by `stop` or by an anomaly.
        """
        self._history.note(
            Begins(
                at=0.0,
                seed=self._course.seed,
                wall_ms=self._history.wall_ms,
                beat_seconds=BEAT_SECONDS,
                agents=AGENTS,
            )
        )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._stop.set)
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                bury = tasks.create_task(self._bury())
                life = tasks.create_task(self._live())
                stopped = tasks.create_task(self._stop.wait())
                await asyncio.wait((life, stopped), return_when=asyncio.FIRST_COMPLETED)
                for task in (life, stopped, bury):
                    task.cancel()
        finally:
            leash.end_family()
            database = self._saved_database()
        return None if self._listed is None else read_final_state(database, self._listed)

    async def _live(self) -> None:
        with Site(self._history) as site:
            async with self._fleet, asyncio.TaskGroup() as tasks:
                watches = (
                    tasks.create_task(self._watch.run()),
                    tasks.create_task(self._tell_progress()),
                    tasks.create_task(self._look_for_anomalies()),
                )
                await self._suffer(site)
                listed = await self._settle()
                for watch in watches:
                    watch.cancel()
                self._history.note(Closes(at=self._history.now()))
                await self._fleet.stop()
        self._listed = listed

    async def _suffer(self, site: Site) -> None:
        """Let the clients work and the nemesis strike until the time is over."""
        course, fleet = self._course, self._fleet
        clients = Clients(fleet.api, AGENTS, site.url, course.seed)
        nemesis = Nemesis(self._history, fleet.members, fleet.proxies, fleet.freezer, self._disk)
        steps = plan(
            Random(f"{course.seed}-plan"),
            AGENTS,
            every_seconds=course.every_seconds,
            is_regular=bool(course.only),
            only=course.only,
            without=frozenset() if self._disk else frozenset({FaultName.DISK_FULL}),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(clients.run(CLIENTS))
            strikes = tasks.create_task(nemesis.run(steps))
            await asyncio.sleep(course.seconds)
            strikes.cancel()
            clients.close()

    async def _settle(self) -> tuple[CommandView, ...]:
        """Wait until everybody is back, nothing is owed and nothing happens; list what is left."""
        self._say("no more faults; waiting until every command is over")
        give_up_at = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < give_up_at:
            with contextlib.suppress(httpx2.HTTPError):
                commands = await self._fleet.api.commands()
                is_over = all(command.state in FINAL_STATES for command in commands)
                if is_over and await self._fleet.is_whole():
                    break
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)
        return await self._fleet.api.commands()

    async def _bury(self) -> None:
        """Reap what was adopted, as init would, as soon as it dies."""
        loop = asyncio.get_running_loop()
        died = asyncio.Event()
        loop.add_signal_handler(signal.SIGCHLD, died.set)
        while True:
            await died.wait()
            died.clear()
            leash.bury(self._fleet.own_pids)

    async def _tell_progress(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            self._say(self._progress())

    def _progress(self) -> str:
        commands: dict[str, str] = {}
        faults = broken = 0
        for record in list(self._history.records):
            match record:
                case Answered() if record.command is not None:
                    commands[record.command.request_id] = record.command.state
                case Injected():
                    faults += 1
                case Broke():
                    broken += 1
        ends = Counter(state for state in commands.values() if state in FINAL_STATES)
        states = ", ".join(f"{name} {n}" for name, n in ends.most_common())
        return (
            f"{self._history.now():5.0f} s  {len(commands)} commands ({states}; "
            f"{len(commands) - ends.total()} not seen over), {faults} faults, {broken} broken calls"
        )

    async def _look_for_anomalies(self) -> None:
        """Check what there is so far, and end at the first anomaly: its traces are fresh."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if await asyncio.to_thread(_has_anomaly, list(self._history.records)):
                self._say("an anomaly" if self._course.goes_on else "an anomaly: ending")
                if not self._course.goes_on:
                    self._stop.set()
                return

    @property
    def _data_dir(self) -> Path:
        return self._directory / "disk" / ORCHESTRATOR

    def _saved_database(self) -> Path:
        """Copy the orchestrator's files from a disk that goes with this process."""
        kept = self._directory / ORCHESTRATOR
        if self._data_dir.exists():
            shutil.copytree(self._data_dir, kept, dirs_exist_ok=True)
        return kept / DATABASE


def _has_anomaly(records: list[AnyRecord]) -> bool:
    return any(verdict.anomalies for verdict in check(Evidence(records)))
