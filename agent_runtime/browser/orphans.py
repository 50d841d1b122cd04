"""The end of a Chromium whose agent is dead, or whose launch was given up.

It sees its pipe close and ends by itself, unless it hangs, or the driver that holds the other end
does. Whoever calls holds the agent's directory, or names a life that is over: only so is it
certain that what carries the mark has no agent.
"""

from __future__ import annotations

from collections.abc import Sequence

import psutil
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.browser.mark import driver_of, is_of_this_process
from agent_runtime.browser.processes import end_families, wait_until_gone

log: FilteringBoundLogger = structlog.get_logger()


def end_orphans(browsers: Sequence[psutil.Process], patience_seconds: float) -> None:
    """End *browsers* and their drivers; first each is given a moment to write its profile.

    Blocks until they are gone.
    """
    drivers = [driver for one in browsers if (driver := driver_of(one)) is not None]
    orphans = [*browsers, *(one for one in drivers if not is_of_this_process(one))]
    alive = wait_until_gone(orphans, patience_seconds)
    if alive:
        log.warning("orphans of this agent do not end: ending them", pids=[o.pid for o in alive])
        end_families(alive, patience_seconds=0.0)
