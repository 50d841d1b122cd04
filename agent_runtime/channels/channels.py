"""Dials the channels that the orchestrator asks for, and serves each until either end closes it.

What travels here may be much and may be late: nothing of it touches the socket of the commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from agent_runtime.logs import described
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.ids import ChannelId
from xagent_protocol.messages import OpenChannel

log: FilteringBoundLogger = structlog.get_logger()

MOST_CHANNELS: Final = 64
DIAL_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0
LONGEST_MESSAGE_BYTES: Final = 1024 * 1024

Serve = Callable[[ClientConnection, OpenChannel], Awaitable[None]]
"""Serves one channel; returns when there is no more to do, or raises `ConnectionClosed`."""


class ChannelDialler:
    """Opens the second socket, by the same way and with the same credential as the first."""

    def __init__(self, base_url: str, credential: str, *, use_proxy: bool) -> None:
        """Dial below *base_url*, such as `wss://host/ws/channels`."""
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {credential}"}
        self._use_proxy = use_proxy

    async def dial(self, channel_id: ChannelId) -> ClientConnection:
        """Open a channel's socket; raises what the library raises."""
        return await connect(
            f"{self._base_url}/{channel_id}",
            additional_headers=self._headers,
            compression=None,
            max_size=LONGEST_MESSAGE_BYTES,
            open_timeout=DIAL_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=20,
            proxy=True if self._use_proxy else None,
        )


class Channels:
    """Owns the tasks of all open channels; open it with ``async with``."""

    def __init__(
        self,
        dial: Callable[[ChannelId], Awaitable[ClientConnection]],
        kinds: Mapping[str, Serve],
    ) -> None:
        """Serve the *kinds* of channels that this agent knows."""
        self._dial = dial
        self._kinds = kinds
        self._tasks = asyncio.TaskGroup()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Channels:
        """Take requests."""
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for those that are open; an error or a cancellation ends them."""
        await self._tasks.__aexit__(kind, error, trace)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be opened."""
        return tuple(self._kinds)

    def open(self, message: OpenChannel) -> None:
        """Open a channel in a task of its own; whoever asked finds out by its socket."""
        serve = self._kinds.get(message.kind)
        if serve is None or len(self._serving) >= MOST_CHANNELS:
            log.warning("a channel is not opened", kind=message.kind, open=len(self._serving))
            return
        task = self._tasks.create_task(self._serve(serve, message))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def close(self) -> None:
        """End all that are open; idempotent."""
        for task in self._serving:
            task.cancel()

    async def _serve(self, serve: Serve, message: OpenChannel) -> None:
        try:
            async with await self._dial(message.channel_id) as socket:
                try:
                    await serve(socket, message)
                except ConnectionClosed:
                    return
                except Exception as error:
                    log.error("a channel failed", kind=message.kind, **described(error))
                    await socket.close(CloseCode.INTERNAL_ERROR)
        except (WebSocketException, OSError) as error:
            log.warning("a channel cannot be opened", kind=message.kind, error=str(error)[:200])
