"""Ends the browser of an agent that was killed, should it not end by itself.

A killed agent cannot: so beside it waits a shell that holds the other end of a pipe. When the
agent is gone the pipe closes, and soon after the shell becomes this program, which ends what
carries the mark of that one life. The kernel's own way (PR_SET_PDEATHSIG) would kill a healthy
Chromium, too, before it has written its profile, and exists on Linux only.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Final

from agent_runtime.browser.mark import Mark
from agent_runtime.browser.orphans import end_orphans

_WATCH: Final = 'read -r _; sleep "$1"; shift; exec "$@"'


class Guard:
    """Watches over one life of an agent, where there is a shell; elsewhere the next start does."""

    def __init__(self, mark: Mark, ending_seconds: float) -> None:
        """Prepare to end what carries *mark* so long after its agent."""
        self._mark = mark
        self._ending_seconds = ending_seconds
        self._shell: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Begin to watch.

        Raises:
            OSError: the shell cannot be started.
        """
        if os.name != "posix":
            return
        mark = self._mark
        self._shell = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _WATCH, "sh", f"{self._ending_seconds:g}"),
            *(sys.executable, "-m", __name__, str(mark.profile), mark.install_id, mark.life),
            stdin=asyncio.subprocess.PIPE,
            # Whoever reads what the agent prints must not wait for the guard as well.
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            # A signal to the agent's group, such as Ctrl-C, is not meant for its guard.
            start_new_session=True,
        )

    async def stop(self) -> None:
        """Watch no more; idempotent."""
        shell, self._shell = self._shell, None
        if shell is None:
            return
        with contextlib.suppress(ProcessLookupError):
            shell.kill()
        await shell.wait()


def main(profile: str, install_id: str, life: str) -> None:
    """End what is left of that life."""
    end_orphans(Mark(Path(profile), install_id, life).browsers(), 0.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
