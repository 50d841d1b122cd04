"""uvicorn's HTTP protocol, with two things that a command in a millisecond cannot do without.

A short answer is written in one piece: uvicorn writes the head and the body separately, and on an
idle event loop each write is a system call that wakes the client. And a shortcut may answer a
request by callbacks, without an ASGI task, which costs more than the journal does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Final, Protocol

import msgspec
import structlog
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

log: Final = structlog.get_logger(__name__)

HEAD: Final = b"HTTP/1."

HIGH_WATER_BYTES: Final = HIGH_WATER_LIMIT
"""The longest body that arrives whole without being asked for: uvicorn stops reading above."""


class WholeAnswer(msgspec.Struct, frozen=True):
    """All of a short answer; *headers* are lines with their ends, without the length."""

    status: int
    headers: bytes
    body: bytes


class Awaited(Protocol):
    """An answer that is still to come."""

    def drop(self) -> None:
        """Give it up: the client has left."""


class Shortcut(Protocol):
    """Answers some requests without the application."""

    def takes(self, scope: Scope, /) -> bool:
        """Say whether a request is one of these, when its headers are complete."""

    def begin(
        self, scope: Scope, body: bytes, answer: Callable[[WholeAnswer | ASGIApp], None], /
    ) -> Awaited | None:
        """Serve a request; null leaves it to the application.

        *answer* is to be called once, later than this returns, with the answer or with an
        application that gives it.
        """


class WholeWriteProtocol(HttpToolsProtocol):
    """Serves one connection."""

    shortcut: ClassVar[Shortcut | None] = None

    _incomplete: RequestResponseCycle | None = None
    """The request that the shortcut takes once its body is complete."""

    _awaited: Awaited | None = None
    """What the shortcut is to answer."""

    @property
    def is_answering(self) -> bool:
        """Whether the shortcut still owes an answer."""
        return self._awaited is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve *transport*."""
        super().connection_made(HeadHolder(transport, self.loop))  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a client that has left."""
        super().connection_lost(exc)
        self._incomplete = None
        if self._awaited is not None:
            self._awaited.drop()
            self._awaited = None
        # A request knows its connection, so each would keep the other in memory.
        self.cycle = None  # type: ignore[assignment]
        self.pipeline.clear()

    def on_response_complete(self) -> None:
        """Go on to the next request; read no more of them before those that are here are done."""
        super().on_response_complete()
        if self.pipeline and not self.transport.is_closing():
            self.flow.pause_reading()

    def handle_websocket_upgrade(self) -> None:
        """Hand a WebSocket over with its real transport: frames are written whole anyway."""
        holder: Any = self.transport
        self.transport = holder.real
        super().handle_websocket_upgrade()

    def on_message_complete(self) -> None:
        """Note that the body is complete."""
        super().on_message_complete()
        cycle = self._incomplete
        if cycle is not None and not cycle.more_body:
            self._incomplete = None
            self._take_shortcut(cycle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        shortcut = self.shortcut
        if (
            shortcut is None
            or app is not self.app
            or self.flow.write_paused
            or cycle.waiting_for_100_continue
            or not shortcut.takes(cycle.scope)  # type: ignore[arg-type]  # a TypedDict
        ):
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._incomplete = cycle
        else:
            self._take_shortcut(cycle)

    def _take_shortcut(self, cycle: RequestResponseCycle) -> None:
        assert self.shortcut is not None
        answer = partial(self._answer, cycle)
        try:
            self._awaited = self.shortcut.begin(cycle.scope, bytes(cycle.body), answer)  # type: ignore[arg-type]
        except Exception:
            # What was done by then is unknown, so nobody else may serve it, and nothing may
            # be said of it; a parser that hears of it would say that the request was bad.
            log.exception("shortcut.failed")
            self.transport.close()
            return
        if self._awaited is None:
            super()._start_asgi_task(cycle, self.app)

    def _answer(self, cycle: RequestResponseCycle, answer: WholeAnswer | ASGIApp) -> None:
        self._awaited = None
        if not isinstance(answer, WholeAnswer):
            super()._start_asgi_task(cycle, answer)  # type: ignore[arg-type]  # uvicorn's own words
            return
        content = [STATUS_LINE[answer.status]]
        for name, value in cycle.default_headers:
            content += (name, b": ", value, b"\r\n")
        if not cycle.keep_alive:
            content.append(b"connection: close\r\n")
        length = b"content-length: %d\r\n\r\n" % len(answer.body)
        content += (answer.headers, length, answer.body)
        holder: Any = self.transport
        holder.write_whole(b"".join(content))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()


class HeadHolder:
    """A transport that keeps the head of a response for the write that follows."""

    __slots__ = ("_held", "_loop", "real")

    def __init__(self, real: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Stand before *real*."""
        self.real = real
        self._loop = loop
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        """Write *data*, or keep it if it is a head."""
        held = self._held
        if held is not None:
            self._held = None
            self.real.write(held + data)
        elif data.startswith(HEAD):
            self._held = data
            self._loop.call_soon(self._let_go)
        else:
            self.real.write(data)

    def write_whole(self, data: bytes) -> None:
        """Write all of a response."""
        self._let_go()  # of the answer before, which had no body
        self.real.write(data)

    def close(self) -> None:
        """Close, once what is kept is written."""
        self._let_go()
        self.real.close()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self.real.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
