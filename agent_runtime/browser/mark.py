"""What proves that a Chromium is this agent's: two switches on its own command line.

Chromium passes over a switch that it does not know and hands it to nobody it starts; and a command
line, unlike an environment, can be read on every platform and is never overwritten. A page cannot
see it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_SWITCH: Final = "--xagent-agent"
_DRIVER: Final = "run-driver"


@dataclass(frozen=True)
class Mark:
    """An install and one life of it; the profile, because a copied install has another."""

    profile: Path
    install_id: str
    life: str

    @property
    def switch(self) -> str:
        """What a Chromium of this life is started with."""
        return f"{_SWITCH}={self.install_id}/{self.life}"

    def browsers(self) -> list[psutil.Process]:
        """Find the Chromiums of this life."""
        return list(_carriers(self.profile, self.switch))

    def browsers_of_any_life(self) -> list[psutil.Process]:
        """Find the Chromiums of this life and of those before it."""
        return list(_carriers(self.profile, f"{_SWITCH}={self.install_id}/"))


def driver_of(browser: psutil.Process) -> psutil.Process | None:
    """Return the Node process that started *browser*, if it still runs.

    Once it has ended the system makes somebody else the parent, who is none of our business.
    """
    with contextlib.suppress(psutil.Error):
        parent = browser.parent()
        if parent is not None and parent.cmdline()[-1:] == [_DRIVER]:
            return parent
    return None


def is_of_this_process(driver: psutil.Process) -> bool:
    """Say whether this very process started *driver*."""
    with contextlib.suppress(psutil.Error):
        return driver.ppid() == os.getpid()
    return False


def _carriers(profile: Path, switch: str) -> Iterator[psutil.Process]:
    # Its start time comes with each: whatever is asked of it later refuses a reused pid.
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            arguments = process.cmdline()
            if f"--user-data-dir={profile}" in arguments and any(
                one.startswith(switch) for one in arguments
            ):
                yield process
