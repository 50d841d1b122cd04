"""One process that is meant to run all the time: started, awaited, and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

from chaos.history import History
from chaos.leash import leashed
from chaos.records import Exited, Launched, Serving

REPOSITORY: Final = Path(__file__).parents[1]
STOP_SECONDS: Final = 40.0
LOOK_SECONDS: Final = 0.05
CRASH_VARIABLE: Final = "XAGENT_CRASH_AT"
CRASHED: Final = "crash-point"
"""How a crash point that was reached stands in the history."""


class Member:
    """One process that is meant to run all the time."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        directory: Path,
        history: History,
        pause: Callable[[], float],
        is_serving: Callable[[], Awaitable[bool]] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare to run `python -m` *arguments*, with its log in *directory*.

        *pause* says how long it stays dead; *is_serving* asks whether it does its work.
        """
        self.name = name
        self.crash_at: str | None = None
        """The point at which its next life is to end by itself."""
        self._arguments = arguments
        self._environment = dict(environment or {})
        self._log = directory / f"{name}.log"
        self._history = history
        self._pause = pause
        self._is_serving = is_serving
        self._is_retired = False
        self._is_killed = False
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> psutil.Process | None:
        """The process that runs now."""
        if self._process is None or self._process.returncode is not None:
            return None
        try:
            return psutil.Process(self._process.pid)
        except psutil.NoSuchProcess:
            return None

    @property
    def pid(self) -> int | None:
        """Of the process that was started last, if it has not been awaited yet."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def run(self) -> None:
        """Keep it running until it is retired, and has ended."""
        while not self._is_retired:
            crash_at, self.crash_at = self.crash_at, None
            process = await self._start(crash_at)
            async with asyncio.TaskGroup() as tasks:
                look = tasks.create_task(self._note_service())
                status = await process.wait()
                look.cancel()
            now = self._history.now()
            if crash_at is not None and not self._is_killed and status == -signal.SIGKILL:
                self._history.inject(CRASHED, self.name, crash_at)
            self._history.note(Exited(at=now, process=self.name, pid=process.pid, status=status))
            if not self._is_retired:
                await asyncio.sleep(self._pause())

    def signal(self, number: int) -> bool:
        """Send it a signal; false if it does not run."""
        process = self._process
        if process is None or process.returncode is not None:
            return False
        try:
            process.send_signal(number)
        except ProcessLookupError:
            return False
        self._is_killed = self._is_killed or number != signal.SIGCONT
        return True

    async def retire(self) -> None:
        """Ask it to stop and not to be started again; in the end, insist."""
        self._is_retired = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)

    async def _start(self, crash_at: str | None) -> asyncio.subprocess.Process:
        environment = _clean_environment() | self._environment
        if crash_at is not None:
            environment[CRASH_VARIABLE] = crash_at
        self._is_killed = False
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *leashed([sys.executable, "-m", *self._arguments]),
                cwd=REPOSITORY,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the harness, which ends its children in order.
                start_new_session=True,
            )
        self._history.note(
            Launched(at=self._history.now(), process=self.name, pid=self._process.pid)
        )
        return self._process

    async def _note_service(self) -> None:
        if self._is_serving is None:
            return
        while not await self._is_serving():  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(LOOK_SECONDS)
        self._history.note(Serving(at=self._history.now(), process=self.name))


def _clean_environment() -> dict[str, str]:
    """Return ours without what would change the programs, or slow down their second start.

    A service that is started again finds its modules compiled.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("XAGENT_") and name != "PYTHONDONTWRITEBYTECODE"
    }
