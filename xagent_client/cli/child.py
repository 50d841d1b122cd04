"""One process that `xagent up` keeps: its start, its log and its end.

It runs in a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone, and
holds a pipe from the supervisor as its standard input, so that it notices if that is gone. Its
output goes straight into its log: a pipe that we had to empty could stall it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import psutil

ECHOED_BYTES: Final = 64 * 1024
LOG_BYTES: Final = 16 * 1024 * 1024


class Child:
    """A process under a name; it may be started again after its end."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        """Describe the process; nothing is started."""
        self.name = name
        self.command = tuple(command)
        self.log = log
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
        with _open_log(self.log) as descriptor:
            self._log_start = os.fstat(descriptor.fileno()).st_size
            self._echoed = min(self._echoed, self._log_start)  # the log was turned over
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
        status = await self._process.wait()
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

    def _read(self, start: int) -> bytes:
        try:
            with self.log.open("rb") as log:
                log.seek(start)
                return log.read()
        except OSError:
            return b""

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    # Private from its first moment: pages' addresses and titles may be in it.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _group() -> int:
    return int(getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))
