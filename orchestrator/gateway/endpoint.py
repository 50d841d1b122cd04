"""The agents' door: `/ws/agents/{agent_id}`, a bare ASGI endpoint behind the guard.

The guard has already checked Host, Origin and the credential; what is decided here is only what
needs the conversation itself.
"""

from __future__ import annotations

from typing import Final

from starlette.types import Receive, Scope, Send

from orchestrator.dispatch.admission import Admission
from orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator.gateway.connection import DRAINING, Connection
from orchestrator.gateway.flusher import Flusher
from orchestrator.gateway.heartbeat import Heartbeat
from orchestrator.gateway.protocol import PROMPT
from orchestrator.settings import Bounds, Timers
from xagent_protocol import SUBPROTOCOL, announcement
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.ids import AgentId

_ANNOUNCEMENT: Final = announcement.HEADER.lower().encode()


class AgentEndpoint:
    """Accepts agents' sockets and serves each until it ends."""

    def __init__(
        self,
        admission: Admission,
        dispatcher: Dispatcher,
        heartbeat: Heartbeat,
        flusher: Flusher,
        timers: Timers,
        bounds: Bounds,
    ) -> None:
        """Serve sockets with the given parts."""
        self._admission = admission
        self._dispatcher = dispatcher
        self._heartbeat = heartbeat
        self._flusher = flusher
        self._timers = timers
        self._bounds = bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()  # websocket.connect, which carries nothing
        offered = scope.get("subprotocols", ())
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        known = [
            (name, value)
            for name, value in scope["headers"]
            if name == _ANNOUNCEMENT and self._admission.knows(value.decode("latin-1"))
        ]
        await send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": known})
        if self._dispatcher.submissions.is_draining:
            # A refused handshake would say that something is wrong with the agent.
            await send(
                {"type": "websocket.close", "code": CloseCode.SERVICE_RESTART, "reason": DRAINING}
            )
            return
        client = scope.get("client")
        connection = Connection(
            AgentId(scope["path_params"]["agent_id"]),
            client[0] if client else "",
            receive,
            send,
            admission=self._admission,
            dispatcher=self._dispatcher,
            flusher=self._flusher,
            timers=self._timers,
            bounds=self._bounds,
        )
        if (prompt := scope.get("extensions", {}).get(PROMPT)) is not None:
            prompt["tell_at_once"](connection.hear)
        self._heartbeat.add(connection)
        try:
            await connection.run()
        finally:
            self._heartbeat.remove(connection)
