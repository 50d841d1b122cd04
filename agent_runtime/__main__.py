"""``python -m agent_runtime NAME``: run one agent until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from agent_runtime import logs
from agent_runtime.agent import run_agent
from agent_runtime.errors import AgentError
from agent_runtime.settings import Settings
from agent_runtime.stop import Stop, follow_parent, signals_to


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run an agent; the exit status is 0 only if it was asked to stop.

    Whatever keeps it from running is one sentence on standard error; a traceback is a bug.
    """
    os.umask(0o077)  # a profile is a set of logins: nothing in it is for others
    try:
        settings = Settings.read(arguments, environment)
        logs.configure(settings.agent_id, settings.log_format)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(settings))
    except AgentError as error:
        return _complain(error)
    except BaseExceptionGroup as group:
        expected, unexpected = group.split(AgentError)
        if expected is None or unexpected is not None:
            raise
        return _complain(_first(expected))
    return 0


async def _run(settings: Settings) -> None:
    # What a command allocates is freed by its reference counts; collections are for the rest.
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    stop = Stop()
    if settings.exit_with_parent:
        follow_parent(stop)
    with signals_to(stop):
        await run_agent(settings, stop)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop  # noqa: PLC0415 - it cannot be installed on Windows

    return uvloop.new_event_loop


def _first(group: BaseExceptionGroup[AgentError]) -> AgentError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _complain(error: AgentError) -> int:
    sys.stderr.write(f"xagent agent: {error}\n")
    return error.exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
