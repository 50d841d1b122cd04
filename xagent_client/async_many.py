"""Carrying many commands out over few connections, for callers that await."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Iterable, Iterator

import httpx2
import msgspec

from xagent_client import transport
from xagent_client.errors import Unreachable, XagentError, refusal
from xagent_client.exchange import PASSING_STATUSES, Request, problem_of
from xagent_client.many import (
    BATCH_BYTES,
    BATCH_SHARE,
    GATHERING_SECONDS,
    LINES,
    PATH,
    Answered,
    Asked,
    Batch,
    named,
)


class Many:
    """One run of many commands: a feeder that sends batches, and one who hears the answers."""

    def __init__(
        self, http: httpx2.AsyncClient, url: str, *, concurrency: int, wait: float
    ) -> None:
        """Send over *http*; at most *concurrency* commands are asked for and not yet heard of."""
        self._http = http
        self._url = url
        self._wait = wait
        self._free = concurrency
        self._share = max(1, concurrency // BATCH_SHARE)
        self._heard: asyncio.Queue[Answered | Exception | None] = asyncio.Queue()
        self._moved = asyncio.Event()
        self._owed = 0
        self._is_fed = False

    async def answers(self, commands: Iterable[Asked]) -> AsyncGenerator[Answered]:
        """Ask for *commands*, and yield what became of each as it ends."""
        failure: Exception | None = None
        async with asyncio.TaskGroup() as tasks:
            feeder = tasks.create_task(self._feed(commands))
            try:
                while self._owed or not self._is_fed:
                    heard = await self._heard.get()
                    if isinstance(heard, Exception):
                        failure = heard
                        break
                    if heard is not None:
                        self._owed -= 1
                        # Only now: whoever takes his time with an answer is sent no more of them.
                        self._free += 1
                        self._moved.set()
                        yield heard
            except GeneratorExit:
                # A group that ends by this would wrap it, and whoever closes us not know it.
                pass
            finally:
                feeder.cancel()
        if failure is not None:
            raise failure

    async def _feed(self, commands: Iterable[Asked]) -> None:
        """Send batches as there is room for them; what they are sent by ends with this."""
        source = itertools.starmap(named, enumerate(commands))
        async with asyncio.TaskGroup() as batches:
            try:
                while batch := await self._next(source):
                    self._owed += len(batch)
                    self._free -= len(batch)
                    batches.create_task(self._send(batch))
            except Exception as error:
                # The caller's own, or a request id that is none; raised where the caller is.
                self._heard.put_nowait(error)
            self._is_fed = True
            self._heard.put_nowait(None)

    async def _next(self, source: Iterator[tuple[int, Asked]]) -> Batch:
        await self._room_for(1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHERING_SECONDS):
                await self._room_for(self._share)
        taken: list[tuple[int, Asked]] = []
        size = 0
        for one in itertools.islice(source, min(self._free, self._share)):
            taken.append(one)
            size += len(msgspec.json.encode(one[1].params))
            if size > BATCH_BYTES:
                break
        return Batch(taken)

    async def _room_for(self, commands: int) -> None:
        while self._free < commands:
            self._moved.clear()
            await self._moved.wait()

    async def _send(self, batch: Batch) -> None:
        """Send *batch* until each of it has an answer, or there is no hope of one."""
        try:
            while batch:
                error, is_passing = await self._try(batch)
                pause = batch.next_pause() if is_passing else None
                if batch and pause is None:
                    for answered in batch.given_up(error):
                        self._heard.put_nowait(answered)
                elif batch and pause is not None:
                    await asyncio.sleep(pause)
        except Exception as error:
            self._heard.put_nowait(error)

    async def _try(self, batch: Batch) -> tuple[XagentError, bool]:
        """Send what has no answer, once; returns what to say of the rest, and whether it passes."""
        started = time.monotonic()
        asked = Request(
            "POST",
            PATH,
            query={"concurrency": len(batch), "wait": self._wait},
            headers={"content-type": LINES},
            wait=self._wait,
        )
        arguments = transport.arguments(asked)
        try:
            async with self._http.stream(**arguments, content=batch.body()) as response:
                if not response.is_success:
                    seconds = time.monotonic() - started
                    reply = transport.reply(response, await response.aread(), seconds)
                    is_passing = reply.status in PASSING_STATUSES
                    return refusal(problem_of(reply)), is_passing
                async for line in response.aiter_lines():
                    self._heard.put_nowait(batch.hear(line))
        except httpx2.TransportError as lost:
            elapsed = time.monotonic() - started
            told = transport.lost(lost, self._url, elapsed, retry=True)
            return Unreachable(str(told)), not told.is_final
        return Unreachable(f"the orchestrator at {self._url} stopped answering"), True
