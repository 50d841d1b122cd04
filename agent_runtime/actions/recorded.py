"""A command in a trace: in one of its own if it asked for that, and by its name in any that runs.

Recording is an extra. Where it cannot be had the command runs all the same, and a notice says why;
what could be recorded of a command that failed or ran out of time is handed over like any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.tracing import ZIP
from agent_runtime.actions.unrecordable import beside, check_recordable
from agent_runtime.browser.errors import CALL_FAILED, BrowserError
from agent_runtime.browser.tracer import CommandTrace, Tracer
from agent_runtime.errors import ArtifactUploadFailed
from xagent_protocol.outcomes import TRACE_SUFFIX, Effect

SAVING_SECONDS: Final = 6.0
"""What saving a trace may take beyond the command's time; the orchestrator waits for 10."""

_UNNAMED: Final = "stop_tracing"
"""It would be the last step of each trace, and show nothing."""

_FAILED: Final = (*CALL_FAILED, OSError, zipfile.BadZipFile)


@dataclass(frozen=True)
class _Own:
    """The trace of this very command, which holds the turn of its tracer."""

    tracer: Tracer
    trace: CommandTrace


def is_in_trace(call: Call) -> bool:
    """Say whether *call* may have to be in a trace; cheap, because every command is asked."""
    return call.command.record is not None or bool(call.browser.recordings.traces)


@asynccontextmanager
async def recorded(call: Call) -> AsyncIterator[None]:
    """Run the block in a trace of its own if the command asks for one, and by its name."""
    if call.command.record is None:
        async with named(call):
            yield
        return
    async with call.browser.recordings.at_work():
        own = await _begun(call)
        try:
            async with named(call):
                yield
        except asyncio.CancelledError:
            # Nobody is told of what it made, so nobody could ever ask for it.
            if own is not None:
                await own.tracer.drop_command(own.trace)
            raise
        except BaseException:
            await _save(call, own)
            raise
        else:
            await _save(call, own)
        finally:
            if own is not None:
                own.tracer.turn.release()


@asynccontextmanager
async def named(call: Call) -> AsyncIterator[None]:
    """Show what the block does under the command's action in the trace that runs, if one does."""
    tracer, command = _tracer(call), call.command
    if tracer is None or not tracer.is_tracing or command.action == _UNNAMED:
        yield
        return
    async with tracer.named(f"{command.action} ({command.request_id})", command.request_id):
        yield


async def _begun(call: Call) -> _Own | None:
    try:
        async with asyncio.timeout_at(call.deadline):
            tab = await call.browser.tab(call.command.page)
            tracer = call.browser.recordings.tracer(tab.page.context)
            await tracer.turn.acquire()
    except TimeoutError:
        raise ActionTimedOut(
            f"{call.command.action} never began: for {call.command.timeout:g} s it waited for "
            "others that are being recorded",
            Effect.NONE,
        ) from None
    except BrowserError as error:
        _note(call, str(error))
        return None
    try:
        await check_recordable(call, beside(call, tab))
        trace = await tracer.begin_command(call.command.action)
    except BaseException as error:
        tracer.turn.release()
        if isinstance(error, (ActionFailed, BrowserError)):
            _note(call, str(error))
        elif isinstance(error, _FAILED):
            _note(call, f"the browser did not begin one ({type(error).__name__})")
        else:
            raise
        return None
    return _Own(tracer, trace)


async def _save(call: Call, own: _Own | None) -> None:
    """End the trace and hand it over, as far as there is time."""
    if own is None:
        return
    try:
        async with asyncio.timeout_at(call.deadline + SAVING_SECONDS):
            path = await own.tracer.end_command(own.trace)
            name = call.command.action + TRACE_SUFFIX
            try:
                await call.keep(path, content_type=ZIP, name=name)
            finally:
                if own.trace.of is None:
                    with contextlib.suppress(OSError):
                        await asyncio.to_thread(path.unlink, missing_ok=True)
    except TimeoutError:
        _note(call, "it could not be saved in time")
    except ArtifactUploadFailed as error:
        _note(call, str(error))
    except _FAILED as error:
        _note(call, f"it could not be saved ({type(error).__name__})")


def _tracer(call: Call) -> Tracer | None:
    tabs = call.browser.tabs
    tab = tabs.main if call.command.page is None else tabs.find(call.command.page)
    return None if tab is None else call.browser.recordings.tracer(tab.page.context)


def _note(call: Call, why: str) -> None:
    call.notices = (*call.notices, f"There is no trace of the command: {why}.")
