"""The tracing of one context: by turns a trace that a caller started, and those of single commands.

Playwright has one trace of a context at a time, but can cut it into chunks. So while a caller's
trace runs, each command that is recorded by itself is a chunk of it, and the caller's own file is
put together from all chunks at the end: it has no hole where such a command was.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.async_api import BrowserContext

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.running import Running
from agent_runtime.browser.trace_file import join_traces

FILE_NAME: Final = "trace.zip"

_BEGIN_SECONDS: Final = 3.0
"""How long the pages may take to get ready. One that hangs, or shows a dialog, never is; the trace
has what it can have then."""

_CLEAN_SECONDS: Final = 2.0


@dataclass
class Trace:
    """A trace that a caller started, and the chunks of it that are over."""

    title: str
    chunks: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class CommandTrace:
    """The trace of one command; *of* is the caller's trace that it is a chunk of."""

    of: Trace | None


class Tracer:
    """Starts and stops the traces of one context, each whole or not at all."""

    def __init__(
        self,
        context: BrowserContext,
        running: Running[BrowserContext, Trace],
        new_file: Callable[[str], Path],
    ) -> None:
        """Trace *context*; what a caller started is noted in *running*."""
        self._context = context
        self._tracing = context.tracing
        self._running = running
        self._new_file = new_file
        self.turn = asyncio.Lock()
        """Held while a command is recorded by itself, and while a caller starts or stops."""
        self._named_by: object = None
        self._is_of_command = False

    @property
    def is_tracing(self) -> bool:
        """Whether what happens now is in a trace."""
        return self._is_of_command or self._running.get(self._context) is not None

    async def start(self, title: str, *, screenshots: bool, snapshots: bool) -> None:
        """Start a caller's trace.

        Raises:
            AlreadyRecording: one runs.
        """
        async with self.turn:
            self._running.check_free(self._context)
            async with self._whole(), _not_too_long():
                await self._tracing.start(title=title, screenshots=screenshots, snapshots=snapshots)
            self._running.begin(self._context, Trace(title))

    async def stop(self) -> Path:
        """End the caller's trace and return its file.

        Raises:
            NotRecording: none runs.
        """
        async with self.turn:
            trace = self._running.end(self._context)
            last = self._new_file(FILE_NAME)
            async with self._whole():
                await self._tracing.stop(path=last)
            if not trace.chunks:
                return last
            whole = self._new_file(FILE_NAME)
            await asyncio.to_thread(join_traces, [*trace.chunks, last], whole)
            return whole

    async def begin_command(self, title: str) -> CommandTrace:
        """Begin the trace of one command; the caller holds the turn until it is ended."""
        running = self._running.get(self._context)
        self._is_of_command = True
        async with self._whole():
            if running is not None:
                await self._cut(running, title)
            else:
                async with _not_too_long():
                    await self._tracing.start(title=title, screenshots=True, snapshots=True)
        return CommandTrace(running)

    async def end_command(self, trace: CommandTrace) -> Path:
        """End the trace of a command and return its file."""
        self._is_of_command = False
        async with self._whole():
            if trace.of is not None:
                return await self._cut(trace.of, trace.of.title)
            path = self._new_file(FILE_NAME)
            await self._tracing.stop(path=path)
            return path

    async def drop_command(self, trace: CommandTrace) -> None:
        """End the trace of a command that nobody wants any more."""
        self._is_of_command = False
        with contextlib.suppress(TimeoutError, *CALL_FAILED):
            async with asyncio.timeout(_CLEAN_SECONDS):
                if trace.of is not None:
                    await self._cut(trace.of, trace.of.title)
                else:
                    await self._tracing.stop()

    @asynccontextmanager
    async def named(self, name: str, whose: object) -> AsyncIterator[None]:
        """Show in the trace that what happens in the block belongs to *name*.

        Playwright nests such names as if all came from one program: so of commands that run side
        by side only the first to come is named. *whose* is equal for the parts of one command.
        """
        if self._named_by is not None and self._named_by != whose:
            yield
            return
        before, self._named_by = self._named_by, whose
        try:
            with contextlib.suppress(*CALL_FAILED):
                await self._tracing.group(name)
            yield
        finally:
            self._named_by = before
            with contextlib.suppress(TimeoutError, *CALL_FAILED):
                async with asyncio.timeout(_CLEAN_SECONDS):
                    await self._tracing.group_end()

    async def _cut(self, trace: Trace, next_title: str) -> Path:
        chunk = self._new_file(FILE_NAME)
        await self._tracing.stop_chunk(path=chunk)
        trace.chunks.append(chunk)
        async with _not_too_long():
            await self._tracing.start_chunk(title=next_title)
        return chunk

    @asynccontextmanager
    async def _whole(self) -> AsyncIterator[None]:
        """Leave no trace half started or half stopped, whatever interrupts the block."""
        try:
            yield
        except BaseException:
            self._is_of_command = False
            self._running.lose(self._context, "the one that ran was lost when it was to be saved")
            with contextlib.suppress(TimeoutError, *CALL_FAILED):
                async with asyncio.timeout(_CLEAN_SECONDS):
                    await self._tracing.stop()
            raise


@asynccontextmanager
async def _not_too_long() -> AsyncIterator[None]:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_BEGIN_SECONDS):
            yield
