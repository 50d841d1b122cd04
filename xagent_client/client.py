"""The SDK for callers that wait."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from xagent_client import transport
from xagent_client.agent_verbs import AgentVerbs
from xagent_client.client_verbs import ClientVerbs
from xagent_client.discovery import Access, find_access
from xagent_client.exchange import Call, ConnectionLost, Pause, Reply, Request
from xagent_client.verbs import Blocking

T = TypeVar("T")


class Client(ClientVerbs, Blocking):
    """An orchestrator, for code that waits for each answer; safe to share between threads."""

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
        self._http = httpx2.Client(**transport.options(self.access))

    def agent(self, agent_id: str) -> AgentHandle:
        """Return a handle on one agent; nothing is sent, so it need not exist."""
        return AgentHandle(self, agent_id)

    def perform(self, call: Call[T]) -> T:
        """Carry *call* out, step by step."""
        try:
            step = next(call)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = call.send(None)
                    continue
                try:
                    reply = self._send(step)
                except ConnectionLost as lost:
                    step = call.throw(lost)
                else:
                    step = call.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            call.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, request: Request) -> Reply:
        started = time.monotonic()
        try:
            content = transport.content(request)
            with self._http.stream(**transport.arguments(request), content=content) as response:
                if request.sink is not None and response.is_success:
                    for chunk in response.iter_bytes():
                        request.sink.write(chunk)
                    body = b""
                else:
                    body = response.read()
                return transport.reply(response, body, time.monotonic() - started)
        except httpx2.TransportError as error:
            elapsed = time.monotonic() - started
            raise transport.lost(error, self.access.url, elapsed, retry=self._retry) from error

    def __enter__(self) -> Self:
        """Use the client for a while."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()


class AgentHandle(AgentVerbs, Blocking):
    """One agent, for code that waits for each answer."""

    def __init__(self, client: Client, agent_id: str) -> None:
        """Name the agent; `Client.agent` does this."""
        super().__init__(agent_id)
        self._client = client

    def perform(self, call: Call[T]) -> T:
        """Carry *call* out over the client's connections."""
        return self._client.perform(call)
