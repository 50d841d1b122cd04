"""Starting and ending the processes of a benchmark; each is ours and ended by its own handle."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import psutil

START_SECONDS: Final = 30.0
END_SECONDS: Final = 10.0


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    arguments: Sequence[str],
    *,
    log: Path,
    ready_lines: int = 0,
    tells: bool = False,
    checkout: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m arguments` until the block ends; waits for lines that say `ready`.

    If it *tells*, its output is for the caller to read. With *checkout* the code is that of another
    directory, under this interpreter.
    """
    command = [sys.executable, "-m", *arguments]
    with program(command, log=log, ready_lines=ready_lines, tells=tells, cwd=checkout) as process:
        yield process


@contextlib.contextmanager
def program(
    command: Sequence[str],
    *,
    log: Path,
    ready_lines: int = 0,
    tells: bool = False,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run *command* until the block ends, and end with it all that it has started."""
    with log.open("a") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE if ready_lines or tells else errors,
            stderr=errors,
            text=True,
            cwd=cwd,
            # Ctrl-C is for us alone: we end them in order, which is quicker than all at once.
            start_new_session=True,
        )
    try:
        for _ in range(ready_lines):
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError(f"{command[-1]} ended early: {log.read_text()[-2000:]}")
        yield process
    finally:
        family = _descendants(process.pid)
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        end(family)


def end(family: Iterable[psutil.Process]) -> None:
    """Kill those of *family* that are still there."""
    for each in family:
        with contextlib.suppress(psutil.Error):
            each.kill()


def end_all() -> None:
    """Kill whatever this process has started and not ended; for the very end."""
    end(_descendants(os.getpid()))


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


@contextlib.contextmanager
def orchestrator(
    directory: Path, *, port: int = 0, checkout: Path | None = None
) -> Iterator[tuple[str, str]]:
    """Run an orchestrator on *directory*; gives its URL and the token."""
    log = directory / "orchestrator.log"
    arguments = ["orchestrator", "--port", str(port), "--data-dir", str(directory)]
    with running([*arguments, "--log-format", "json"], log=log, checkout=checkout) as process:
        endpoint = directory / "orchestrator.json"
        until = time.monotonic() + START_SECONDS
        while not endpoint.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the orchestrator did not start: {log.read_text()[-2000:]}")
            time.sleep(0.02)
        token = (directory / "token").read_text().strip()
        yield str(json.loads(endpoint.read_text())["url"]), token


def wait_for_port(port: int) -> None:
    """Return once something listens on *port*."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
