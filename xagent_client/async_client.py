"""The SDK for callers that await; the same verbs as `client.py`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Iterable
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from xagent_client import transport
from xagent_client.agent_verbs import AgentVerbs
from xagent_client.async_many import Many
from xagent_client.client_verbs import ClientVerbs
from xagent_client.discovery import Access, find_access
from xagent_client.exchange import Call, ConnectionLost, Pause, Reply, Request
from xagent_client.many import Answered, Asked
from xagent_client.verbs import Awaiting

T = TypeVar("T")


class AsyncClient(ClientVerbs, Awaiting):
    """An orchestrator, for code that awaits its answers.

    Cancelling a call stops the waiting, not the command: for that, call `cancel`.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        token_file: str | os.PathLike[str] | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        insecure_http: bool = False,
        retry: bool = True,
    ) -> None:
        """Find the orchestrator and its token; nothing is sent yet.

        With *retry*, an orchestrator that does not answer is given a few seconds to come back. A
        command that it may have taken is followed through lost connections in any case. With
        *insecure_http*, plain http to another machine is allowed.

        Raises:
            NoToken: none was given or found.
            InvalidAddress: the URL is none, or leads over plain http to another machine.
        """
        self.access: Access = find_access(
            url,
            token,
            token_file=token_file,
            data_dir=data_dir,
            insecure_http=insecure_http,
        )
        self._retry = retry
        self._http = httpx2.AsyncClient(**transport.options(self.access))

    def agent(self, agent_id: str) -> AsyncAgentHandle:
        """Return a handle on one agent; nothing is sent, so it need not exist."""
        return AsyncAgentHandle(self, agent_id)

    async def perform(self, call: Call[T]) -> T:
        """Carry *call* out, step by step."""
        try:
            step = next(call)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = call.send(None)
                    continue
                try:
                    reply = await self._send(step)
                except ConnectionLost as lost:
                    step = call.throw(lost)
                else:
                    step = call.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            call.close()

    def run_many(
        self, commands: Iterable[Asked], *, concurrency: int = 64, wait: float = 300.0
    ) -> AsyncGenerator[Answered]:
        """Ask for many commands over few connections; yields each as it ends.

        They are taken from *commands* as there is room: at most *concurrency* are asked for and
        not yet yielded. What is not over after *wait* seconds is yielded as it stands, with
        `StillRunning`. One that fails or is refused ends nothing: see its `error`. What a lost
        connection leaves open is asked for again under its request id, which does nothing twice.

        To leave before the end, close the iterator (`contextlib.aclosing`); what was asked for by
        then is done all the same.

        Raises:
            InvalidRequest: a request id cannot name a command.
        """
        many = Many(self._http, self.access.url, concurrency=concurrency, wait=wait)
        return many.answers(commands)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(self, request: Request) -> Reply:
        started = time.monotonic()
        try:
            content = transport.content_to_await(request)
            arguments = transport.arguments(request)
            async with self._http.stream(**arguments, content=content) as response:
                if request.sink is not None and response.is_success:
                    async for chunk in response.aiter_bytes(transport.PIECE_BYTES):
                        await asyncio.to_thread(request.sink.write, chunk)
                    body = b""
                else:
                    body = await response.aread()
                return transport.reply(response, body, time.monotonic() - started)
        except httpx2.TransportError as error:
            elapsed = time.monotonic() - started
            raise transport.lost(error, self.access.url, elapsed, retry=self._retry) from error

    async def __aenter__(self) -> Self:
        """Use the client for a while."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()


class AsyncAgentHandle(AgentVerbs, Awaiting):
    """One agent, for code that awaits its answers."""

    def __init__(self, client: AsyncClient, agent_id: str) -> None:
        """Name the agent; `AsyncClient.agent` does this."""
        super().__init__(agent_id)
        self._client = client

    async def perform(self, call: Call[T]) -> T:
        """Carry *call* out over the client's connections."""
        return await self._client.perform(call)
