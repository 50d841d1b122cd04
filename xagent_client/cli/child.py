"""One process that `xagent up` keeps: its start, its log and its end.

It runs in a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone, and
holds a pipe from the supervisor as its standard input, so that it notices if that is gone. Its
output goes straight into its log: a pipe that we had to empty could stall it. A log that has
grown long is turned over while the process writes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import psutil

ECHOED_BYTES: Final = 64 * 1024
LOG_BYTES: Final = 10 * 1024 * 1024
TURN_SECONDS: Final = 5.0


class Child:
    """A process under a name; it may be started again after its end."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, *, turn_seconds: float = TURN_SECONDS
    ) -> None:
        """Describe the process; nothing is started.

        Its log is looked at every *turn_seconds*, and turned over if it is long.
        """
        self.name = name
        self.command = tuple(command)
        self.log = log
        self._turn_seconds = turn_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = self._echoed = self._log_size()
        self._is_ending = False

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> int:
        """Start the process and return its exit status, negative for a signal.

        Cancelling this leaves the process as it is.

        Raises:
            OSError: the log cannot be written, or the program not be started.
        """
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._turn_over()
        with _open_private(self.log, os.O_APPEND) as descriptor:
            self._log_start = os.fstat(descriptor.fileno()).st_size
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=os.name == "posix",
                creationflags=_group(),
            )
        if self._is_ending:  # asked for while the process was being made
            self.terminate()
        async with asyncio.TaskGroup() as tasks:
            turning = tasks.create_task(self._keep_turning_over())
            status = await self._process.wait()
            turning.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return status

    def terminate(self) -> None:
        """Ask the process to end in its own time."""
        self._is_ending = True
        if self._process is None or self._process.returncode is not None:
            return
        if os.name == "posix":
            self._process.send_signal(signal.SIGTERM)
        elif self._process.stdin is not None:
            # Nothing like SIGTERM exists there; the end of its standard input means the same.
            self._process.stdin.close()

    def kill(self) -> None:
        """End the process and all that it started, at once."""
        if self.pid is None:
            return
        try:
            process = psutil.Process(self.pid)
            family = [*process.children(recursive=True), process]
        except psutil.NoSuchProcess:
            return
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue

    def output(self) -> list[str]:
        """Return the last lines that the process wrote since its latest start."""
        lines = self._read(max(self._log_start, self._log_size() - ECHOED_BYTES))
        return [line for line in lines.decode(errors="replace").splitlines() if line.strip()]

    def fresh_output(self) -> list[str]:
        """Return the whole lines written since this was called before."""
        written = self._read(self._echoed)
        whole = written[: written.rfind(b"\n") + 1]
        self._echoed += len(whole)
        return whole.decode(errors="replace").splitlines()

    async def _keep_turning_over(self) -> None:
        while True:
            await asyncio.sleep(self._turn_seconds)
            self._turn_over()

    def _turn_over(self) -> None:
        """Move a long log into the one old file that is kept beside it.

        The process keeps its file and appends to it, so that it goes on at the new beginning;
        only what it writes between our last read and the cut is in neither.
        """
        # A log is not worth the process that writes it: on a full disk it stays as it is.
        with contextlib.suppress(OSError):
            if self._log_size() <= LOG_BYTES:
                return
            old = self.log.with_suffix(".log.1")
            with self.log.open("r+b") as log, _open_private(old, os.O_TRUNC) as kept:
                shutil.copyfileobj(log, kept)
                log.truncate(0)
            self._log_start = self._echoed = 0

    def _read(self, start: int) -> bytes:
        try:
            with self.log.open("rb") as log:
                log.seek(start)
                return log.read()
        except OSError:
            return b""

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


def _open_private(path: Path, flags: int) -> BinaryIO:
    # Private from its first moment: pages' addresses and titles may be in it.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600), "wb")


def _group() -> int:
    return int(getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))
