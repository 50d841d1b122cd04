"""Channels that an agent was asked for: what it dials is handed to whoever asked.

An agent has no open port, so a stream to it begins with a word on its socket and comes back as a
second socket, under an id that nobody can guess and that works once.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Final, Protocol

from orchestrator.dispatch.connections import LiveAgent
from orchestrator.errors import ChannelUnavailable
from xagent_protocol.ids import AgentId, ChannelId
from xagent_protocol.messages import OpenChannel

DIAL_SECONDS: Final = 10.0


class ChannelSocket(Protocol):
    """One end of a channel, as its user knows it."""

    async def receive(self) -> str | bytes | None:
        """Return the next message; null when the other end is gone."""

    async def send(self, message: str | bytes) -> None:
        """Send a message; waits while the other end takes nothing, fails silently if it is gone."""

    async def close(self) -> None:
        """Close; idempotent."""


class Channels:
    """Those that were asked for and not dialled yet."""

    def __init__(self) -> None:
        """Begin with none."""
        self._awaited: dict[ChannelId, tuple[AgentId, asyncio.Future[ChannelSocket]]] = {}

    async def open(self, live: LiveAgent, kind: str, page: str | None) -> ChannelSocket:
        """Ask *live* for a channel and wait until it has dialled; the caller closes it.

        Raises:
            ChannelUnavailable: it knows no channels of that kind, or does not dial.
        """
        if kind not in live.channels:
            raise ChannelUnavailable(
                f"Agent {live.agent_id!r} offers no {kind} channel: upgrade it."
            )
        channel_id = ChannelId(secrets.token_urlsafe(24))
        dialled: asyncio.Future[ChannelSocket] = asyncio.get_running_loop().create_future()
        self._awaited[channel_id] = (live.agent_id, dialled)
        try:
            live.socket.send(OpenChannel(channel_id, kind, page))
            async with asyncio.timeout(DIAL_SECONDS):
                return await dialled
        except TimeoutError:
            raise ChannelUnavailable(
                f"Agent {live.agent_id!r} did not open the channel in time.", retry_after=5
            ) from None
        finally:
            self._awaited.pop(channel_id, None)

    def dialled(self, channel_id: str, agent_id: AgentId, socket: ChannelSocket) -> bool:
        """Hand over what *agent_id* has dialled; returns whether anybody waits for it."""
        awaited_of, future = self._awaited.pop(ChannelId(channel_id), (None, None))
        if awaited_of != agent_id or future is None or future.done():
            return False
        future.set_result(socket)
        return True
