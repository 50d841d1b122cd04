"""Bytes both ways between two connections, for what the proxy has no business to read."""

from __future__ import annotations

import asyncio
import contextlib

from agent_runtime.policy.streams import CHUNK_BYTES, Stream


async def join(one: Stream, other: Stream) -> None:
    """Pass on what each says until either hangs up; what was said by then still arrives."""
    async with asyncio.TaskGroup() as group:
        ways = {group.create_task(_pump(one, other)), group.create_task(_pump(other, one))}
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()


async def _pump(source: Stream, sink: Stream) -> None:
    with contextlib.suppress(OSError):
        while content := await source.reader.read(CHUNK_BYTES):
            await sink.write(content)
