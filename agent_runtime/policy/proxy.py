"""The way out: a proxy on loopback that all of the browser's connections go through.

It never reads what is encrypted, keeps no body, and tells nobody but the browser what it knows.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Final

import h11
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.logs import described
from agent_runtime.policy import tunnel
from agent_runtime.policy.addresses import LocalNetworks, local_networks
from agent_runtime.policy.dialer import Dialer
from agent_runtime.policy.errors import BlockedByPolicy, Unreachable
from agent_runtime.policy.forwarding import Forwarder
from agent_runtime.policy.hosts import UnreadableHost
from agent_runtime.policy.http_side import HttpSide
from agent_runtime.policy.obstacles import Obstacles
from agent_runtime.policy.peers import is_ours
from agent_runtime.policy.resolver import Resolve
from agent_runtime.policy.streams import CHUNK_BYTES, Stream
from agent_runtime.policy.url_policy import UrlPolicy
from agent_runtime.policy.web_url import read_authority

log: FilteringBoundLogger = structlog.get_logger()

HOST: Final = "127.0.0.1"


class EgressProxy:
    """Listens for one browser; `serve` for as long as it is used, `close` at the end."""

    def __init__(
        self,
        policy: UrlPolicy,
        *,
        resolve: Resolve | None = None,
        local: LocalNetworks = local_networks,
    ) -> None:
        """Prepare to hold a browser to *policy*; see `Dialer` for the others."""
        self.policy = policy
        self._dialer = Dialer(policy, resolve=resolve, local=local)
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """What a browser is told of it, once it listens."""
        assert self._socket is not None
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    @property
    def obstacles(self) -> Obstacles:
        """What it could not connect to lately."""
        return self._dialer.obstacles

    def listen(self) -> None:
        """Listen on a port that is free; whoever comes waits for `serve`.

        Raises:
            OSError: there is none.
        """
        self._socket = socket.create_server((HOST, 0), backlog=256)

    async def serve(self) -> None:
        """Answer for ever; cancelled, it hangs up on everybody."""
        is_over = False
        async with asyncio.TaskGroup() as group:

            def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                if is_over:
                    writer.close()
                else:
                    group.create_task(self._serve(Stream(reader, writer)))

            server = await asyncio.start_server(accept, sock=self._socket, limit=CHUNK_BYTES)
            try:
                await asyncio.Event().wait()
            finally:
                # Waiting for its end would be waiting for connections that nobody has ended yet.
                is_over = True
                server.close()

    def close(self) -> None:
        """Listen no more; idempotent."""
        if self._socket is not None:
            self._socket.close()

    async def _serve(self, client: Stream) -> None:
        try:
            ends = (
                client.writer.get_extra_info("sockname"),
                client.writer.get_extra_info("peername"),
            )
            if is_ours(*ends):
                await self._converse(client)
            else:
                log.warning("somebody else's connection was refused")
        except* (OSError, h11.ProtocolError):
            pass  # it hung up, or is no browser
        except* Exception as group:
            log.error("a connection of the browser failed", **described(group))
        finally:
            client.close()

    async def _converse(self, client: Stream) -> None:
        side = HttpSide(h11.SERVER, client)
        forwarder = Forwarder(side, self._dialer)
        try:
            while isinstance(request := await side.receive(), h11.Request):
                if request.method == b"CONNECT":
                    return await self._connect(request, side, forwarder)
                await forwarder.forward(request)
                if not side.may_go_on:
                    return None
                side.http.start_next_cycle()
        finally:
            forwarder.close()

    async def _connect(self, request: h11.Request, side: HttpSide, forwarder: Forwarder) -> None:
        """Open a tunnel, and stay until it is closed."""
        try:
            site = await self._dialer.dial(read_authority(request.target.decode("ascii"), None))
        except (UnreadableHost, UnicodeError):
            return await forwarder.answer(request, 400, "There is no such host.")
        except BlockedByPolicy as error:
            return await forwarder.answer(request, 403, f"{error}.")
        except Unreachable as error:
            return await forwarder.answer(request, 502, f"{error}.")
        try:
            await side.receive()  # the end of the request
            await side.send(h11.Response(status_code=200, headers=[], reason=b"Connected"))
            await site.write(side.http.trailing_data[0])
            await tunnel.join(side.stream, site)
        finally:
            site.close()
