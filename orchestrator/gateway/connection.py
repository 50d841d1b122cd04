"""One agent's socket: frames in, frames out, and its end.

One task a socket: it reads what has to be waited for. The usual result of a command, and a beat,
are heard in the call that brought them, and frames are written in their order by whoever sends
one, because each switch to a task is to be felt. Sending never waits, so an agent that does not
read holds up nobody; what it leaves unread is bounded in bytes and in time.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Final

import structlog
from starlette.types import Receive, Send

from orchestrator.dispatch.admission import GOODBYE, Admission
from orchestrator.dispatch.connections import LiveAgent
from orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator.errors import DuplicateAgent, StorageUnavailable
from orchestrator.gateway.flusher import Flusher
from orchestrator.settings import Bounds, Timers
from xagent_protocol.close_codes import DUPLICATE_AGENT, CloseCode
from xagent_protocol.codec import encode
from xagent_protocol.errors import ProtocolError
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import (
    Ack,
    AgentBeat,
    AgentMessage,
    Beat,
    Drain,
    Goodbye,
    Hello,
    Inventory,
    Limits,
    OrchestratorMessage,
    Result,
    ResultRef,
    Started,
    Welcome,
)
from xagent_protocol.session import OrchestratorSession, negotiate
from xagent_protocol.transitions import SessionState

log: Final = structlog.get_logger(__name__)

REASON_BYTES: Final = 123
"""What a close frame has room for (RFC 6455, section 5.5.1)."""

USUAL: Final = ('{"type":"result",', '{"type":"beat",')
"""How our agents begin a result and a beat; written otherwise they take the longer way."""

LOST_WORD: Final = "lost"

DRAINING: Final = "the orchestrator is shutting down"

ABNORMAL: Final = 1006
"""The code of an end without a close frame (RFC 6455, section 7.4.1); never sent."""


class _Closed(Exception):
    """The socket is to be closed, or is; ends the task of the connection."""

    def __init__(self, code: int, reason: str, *, by_peer: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.by_peer = by_peer


class Connection:
    """A socket that has been accepted, from its hello to its end."""

    def __init__(
        self,
        agent_id: AgentId,
        remote_address: str,
        receive: Receive,
        send: Send,
        *,
        admission: Admission,
        dispatcher: Dispatcher,
        flusher: Flusher,
        timers: Timers,
        bounds: Bounds,
    ) -> None:
        """Take over the ASGI channel of an accepted WebSocket."""
        self._agent_id = agent_id
        self._remote_address = remote_address
        self._receive = receive
        self._send_event = send
        self._admission = admission
        self._reconciliation = dispatcher.reconciliation
        self._settlement = dispatcher.settlement
        self._flusher = flusher
        self._timers = timers
        self._bounds = bounds
        self._session = OrchestratorSession()
        self._live: LiveAgent | None = None
        self._unsent: deque[str] = deque()
        self._unsent_bytes = 0
        self._durable: list[ResultRef] = []
        self._stalled_since: float | None = None
        self._is_flushing = False
        self._closing: _Closed | None = None
        self._task: asyncio.Task[None] | None = None
        self._beat_seq = 0
        self._heard_at = asyncio.get_running_loop().time()
        self._excused_at = -math.inf
        self._is_handling = False

    async def run(self) -> None:
        """Serve the agent until the socket is closed by either end."""
        self._task = asyncio.current_task()
        try:
            await self._converse()
        except _Closed as closed:
            self._closing = self._closing or closed
        except asyncio.CancelledError:
            # Our own `close` interrupts the wait for the next frame; anything else goes on.
            if self._closing is None or self._task is None or self._task.uncancel() > 0:
                raise
        finally:
            # First out of the registry, so that nothing more is sent here; then the record.
            self._session.close()
            live, self._live = self._live, None
            reason = self._closing.reason if self._closing else "stopped"
            if live is not None and self._admission.leave(live, reason):
                self._reconciliation.left(self._agent_id)
            if self._closing is not None and not self._closing.by_peer:
                await self._say_close(self._closing)
            # Last, because it waits for a database that may be failing.
            if live is not None:
                await self._record_end(live, reason)

    async def _record_end(self, live: LiveAgent, reason: str) -> None:
        try:
            await self._admission.record_end(live, reason)
        except StorageUnavailable:
            # The database is closed, so this is the end of the process; the next one notes it.
            log.warning("agent.end_not_recorded", agent_id=self._agent_id, reason=reason)

    def hear(self, text: str) -> bool:
        """Take in a result or a beat, if nothing has to be waited for; returns whether it did.

        All else is left to the task, in the order in which it came.
        """
        if (
            not text.startswith(USUAL)
            or self._session.state is not SessionState.READY
            or self._live is None
            or self._is_handling
            or self._closing is not None
        ):
            return False
        try:
            message = self._session.receive(text)
        except ProtocolError:
            return False  # the task meets it again, and closes
        if isinstance(message, AgentBeat):
            self._live.note_beat(message)
        elif not isinstance(message, Result) or not self._settlement.settle(self._live, message):
            return False
        self._heard_at = asyncio.get_running_loop().time()
        return True

    # --- what dispatch asks -------------------------------------------------------------------

    def send(self, message: OrchestratorMessage) -> None:
        """Write a frame behind those that wait; never blocks.

        What the agent does not read stays queued and is written when it reads again; too many
        bytes or too long a time of it close the socket.
        """
        self._queue(message)
        self._write_now()

    def acknowledge(self, request_id: RequestId, attempt: int) -> None:
        """Tell the agent, within the flusher's delay, that the attempt's result is durable."""
        self._durable.append(ResultRef(request_id, attempt))
        self._flusher.soon(self)

    def _queue(self, message: OrchestratorMessage) -> None:
        if self._closing is not None:
            return
        frame = encode(message)
        self._unsent.append(frame)
        self._unsent_bytes += len(frame)
        if self._unsent_bytes > self._bounds.unsent_bytes:
            self.close(CloseCode.TRY_AGAIN_LATER, "it does not read what is sent")

    def flush_at_once(self) -> bool:
        """Write what is queued and owed as far as the agent reads; returns whether that was all."""
        self._queue_acknowledgements()
        self._write_now()
        return not self._unsent

    async def flush(self) -> None:
        """Write what is queued and owed, waiting until the agent reads; safe to cancel."""
        self._queue_acknowledgements()
        if self._is_flushing:
            # Two who wait for the same socket would both write its first frame.
            return
        self._is_flushing = True
        try:
            while self._unsent and self._closing is None:
                self._stalled_since = self._stalled_since or asyncio.get_running_loop().time()
                await self._send_event({"type": "websocket.send", "text": self._unsent[0]})
                # What is being read, however slowly, is not stalled.
                self._stalled_since = None
                self._note_written()
        except (OSError, RuntimeError) as error:
            self._end(_Closed(ABNORMAL, f"connection lost ({error})", by_peer=True))
        finally:
            self._is_flushing = False

    def close(self, code: int, reason: str) -> None:
        """End the connection; the first reason given is kept."""
        self._end(_Closed(code, reason))

    def drain(self, retry_after: float) -> None:
        """Announce that no more commands come on this socket and when to dial again; close it.

        What is owed goes first, so that the agent need not send its results again.
        """
        self._session.drain()
        if self._live is not None:
            self._queue_acknowledgements()
            self.send(Drain(retry_after))
        self.close(CloseCode.SERVICE_RESTART, DRAINING)

    def _queue_acknowledgements(self) -> None:
        if self._durable:
            self._queue(Ack(tuple(self._durable)))
            self._durable.clear()

    def _write_now(self) -> None:
        """Write as long as nothing has to be waited for.

        The server's send begins by waiting until the socket takes bytes, so one step of it either
        writes the whole frame or nothing; then it is given up and the flusher waits instead. A
        task, or a timeout, around each frame would cost more than the frame.
        """
        while self._unsent and self._stalled_since is None:
            attempt = self._send_event({"type": "websocket.send", "text": self._unsent[0]})
            try:
                attempt.__await__().send(None)
            except StopIteration:
                self._note_written()
            except (OSError, RuntimeError) as error:
                self._end(_Closed(ABNORMAL, f"connection lost ({error})", by_peer=True))
                return
            else:
                self._stalled_since = asyncio.get_running_loop().time()
                self._flusher.soon(self)

    def _note_written(self) -> None:
        self._unsent_bytes -= len(self._unsent.popleft())

    def _end(self, closed: _Closed) -> None:
        if self._closing is None:
            self._closing = closed
            if self._task is not None and self._task is not asyncio.current_task():
                self._task.cancel()

    # --- heartbeat ----------------------------------------------------------------------------

    @property
    def is_welcomed(self) -> bool:
        """Whether an agent is behind it that answers beats."""
        return self._live is not None

    def silent_seconds(self, now: float) -> float:
        """Say for how long nothing was heard, though it was listened for."""
        if self._is_handling:
            # What the agent says waits in the socket: it is the journal that is slow.
            self._heard_at = now
        return now - self._heard_at

    def beat(self) -> None:
        """Ask for a sign of life, and say what is owed with it."""
        if self._live is None:
            return
        self._beat_seq += 1
        self._queue(Beat(self._beat_seq))
        self.flush_at_once()

    def judge(self, now: float) -> None:
        """Draw conclusions from how long there was no sign of life, or nothing was read."""
        silent_seconds = self.silent_seconds(now)
        if min(silent_seconds, now - self._excused_at) > self._timers.lost:
            self.close(CloseCode.TIMED_OUT, f"{LOST_WORD}: silent for {silent_seconds:.0f} s")
        elif self._stalled_since is not None and now - self._stalled_since > self._timers.stall:
            self.close(CloseCode.TRY_AGAIN_LATER, f"it read nothing for {self._timers.stall:g} s")
        elif self._live is not None and silent_seconds > self._timers.suspect:
            self._live.note_silence()

    def forgive(self, seconds: float, now: float) -> None:
        """Leave out of account *seconds* in which this process neither listened nor wrote."""
        self._heard_at = min(self._heard_at + seconds, now)
        if self._stalled_since is not None:
            self._stalled_since = min(self._stalled_since + seconds, now)

    def excuse(self, now: float) -> None:
        """Give the agent one lease more from *now*; it is as silent as it was."""
        self._excused_at = now

    # --- tasks --------------------------------------------------------------------------------

    async def _converse(self) -> None:
        try:
            hello = await self._next_within(self._timers.hello, "hello")
            assert isinstance(hello, Hello)  # the session's table allows nothing else
            await self._welcome(hello)
            # Until the inventory nothing is sent to this agent, whose place it has taken already.
            give_up_at = asyncio.get_running_loop().time() + self._timers.hello
            while self._session.state is SessionState.AWAITING_INVENTORY:
                seconds = give_up_at - asyncio.get_running_loop().time()
                await self._take(await self._next_within(seconds, "inventory"))
            while True:
                if self._closing is not None:
                    raise self._closing
                await self._take(await self._next())
        except ProtocolError as error:
            log.warning("agent.protocol_error", agent_id=self._agent_id, error=str(error))
            raise _Closed(error.close_code, f"protocol error: {error}") from error

    async def _next_within(self, seconds: float, awaited: str) -> AgentMessage:
        if self._closing is not None:
            raise self._closing
        try:
            async with asyncio.timeout(seconds):
                return await self._next()
        except TimeoutError:
            raise _Closed(
                CloseCode.TIMED_OUT, f"no {awaited} within {self._timers.hello:g} s"
            ) from None

    async def _next(self) -> AgentMessage:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            code = event.get("code") or ABNORMAL
            raise _Closed(code, f"connection lost ({code})", by_peer=True)
        text = event.get("text")
        if text is None:
            raise _Closed(CloseCode.BAD_MESSAGE, "protocol error: only text frames are spoken here")
        self._heard_at = asyncio.get_running_loop().time()
        return self._session.receive(text)

    async def _welcome(self, hello: Hello) -> None:
        version = negotiate(hello)
        try:
            live = await self._admission.admit(self._agent_id, hello, self, self._remote_address)
        except DuplicateAgent as error:
            raise _Closed(CloseCode.CONFLICT, f"{DUPLICATE_AGENT}: {error.detail}") from error
        self._live = live
        self.send(
            Welcome(
                protocol=version,
                session_id=live.session.session_id,
                epoch=live.session.epoch,
                limits=Limits(
                    frame_bytes=self._bounds.frame_bytes,
                    inline_result_bytes=self._bounds.inline_result_bytes,
                    artifact_bytes=self._bounds.artifact_bytes,
                    in_flight=self._bounds.in_flight_per_agent,
                    beat_seconds=self._timers.beat,
                    suspect_seconds=self._timers.suspect,
                    lost_seconds=self._timers.lost,
                ),
            )
        )

    async def _take(self, message: AgentMessage) -> None:
        """Handle a message; until that is done, those behind it wait."""
        self._is_handling = True
        await self._handle(message)
        self._is_handling = False

    async def _handle(self, message: AgentMessage) -> None:
        live = self._live
        assert live is not None
        match message:
            case Result():
                if not self._settlement.owns(live, message):
                    raise _Closed(CloseCode.FORBIDDEN, "forbidden: a result of another agent")
                await self._settlement.finished(live, message)
            case Started():
                self._settlement.started(live, message)
            case AgentBeat():
                live.note_beat(message)
            case Inventory():
                await self._reconciliation.reconcile(live, message)
            case Goodbye():
                raise _Closed(CloseCode.NORMAL, f"{GOODBYE}: {message.reason}")

    async def _say_close(self, closed: _Closed) -> None:
        reason = closed.reason.encode()[:REASON_BYTES].decode(errors="ignore")
        try:
            async with asyncio.timeout(1):
                await self._send_event(
                    {"type": "websocket.close", "code": int(closed.code), "reason": reason}
                )
        except (TimeoutError, OSError, RuntimeError):
            log.debug("agent.close_not_sent", agent_id=self._agent_id, code=int(closed.code))
