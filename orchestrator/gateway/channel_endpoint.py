"""The agents' second door: `/ws/channels/{channel_id}`, dialled because a client asked for it."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from orchestrator.access.principal import SCOPE_KEY
from orchestrator.dispatch.channels import Channels
from orchestrator.socket_end import SocketEnd
from xagent_protocol.close_codes import CloseCode


class ChannelEndpoint:
    """Accepts the socket of a channel and keeps it for as long as its user does."""

    def __init__(self, channels: Channels) -> None:
        """Hand sockets to *channels*."""
        self._channels = channels

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()  # websocket.connect, which carries nothing
        await send({"type": "websocket.accept"})
        end = SocketEnd(receive, send)
        agent_id = scope[SCOPE_KEY].agent_id
        if self._channels.dialled(scope["path_params"]["channel_id"], agent_id, end):
            await end.closed.wait()
        else:
            await send({"type": "websocket.close", "code": CloseCode.FORBIDDEN, "reason": ""})
