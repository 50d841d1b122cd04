"""One socket from hello to its end.

What comes is heard where it arrives, a beat like a command: so the answer to a beat proves that a
command would be heard too. Whoever has something to tell writes it himself, without waiting.

A timer looks at the clock. After a sleep of the machine, or a stop of this process, for which the
orchestrator has begun to doubt this agent, the socket is not believed: it may be dead without a
sign, and what waits in it may be a command that was called lost meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from structlog.typing import FilteringBoundLogger
from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed

from agent_runtime.clock import sleepless
from agent_runtime.errors import AgentError
from agent_runtime.link.endings import Ending, Next, of_close
from agent_runtime.link.socket import PromptSocket
from agent_runtime.work.inbox import Inbox
from agent_runtime.work.lease import Lease
from agent_runtime.work.outbox import Outbox
from xagent_protocol.close_codes import STALE_EPOCH, CloseCode
from xagent_protocol.codec import encode
from xagent_protocol.errors import InvalidMessage, ProtocolError
from xagent_protocol.messages import (
    Ack,
    AgentBeat,
    Beat,
    BrowserStatus,
    Cancel,
    Command,
    Drain,
    Goodbye,
    Hello,
    Limits,
    OpenChannel,
    OrchestratorMessage,
    Welcome,
)
from xagent_protocol.session import AgentSession

log: FilteringBoundLogger = structlog.get_logger()

WELCOME_SECONDS: Final = 20.0
"""How long an orchestrator may take to welcome an agent; it may have a journal to reconcile."""

MAX_UNSENT_BYTES: Final = 8 * 1024 * 1024
"""What a peer may leave unread, before its socket is dropped."""

LOOKS_OF_PATIENCE: Final = 40
"""How often the clock is looked at while the orchestrator is silent, before it is given up."""

CHANGE_SECONDS: Final = 0.1
"""No more than one unasked beat in this time, however often the browser changes."""

_SILENT: Final = "the orchestrator has been silent for too long"

_MAX_CLOSE_REASON_BYTES: Final = 120  # a close frame has room for 123


class Epochs(Protocol):
    """Where the highest accepted epoch is kept."""

    @property
    def highest(self) -> int:
        """The highest epoch ever accepted."""

    async def accept(self, epoch: int) -> None:
        """Make *epoch* the highest; durable when this returns."""


@dataclass(frozen=True)
class Subjects:
    """What is talked about: the agent's parts that outlive every socket.

    *browser_changed* is set by the browser and cleared here; *heed* is told what the orchestrator
    accepts before any command is; *resume* is called when a welcome has renewed the *lease*.
    """

    inbox: Inbox
    outbox: Outbox
    epochs: Epochs
    browser_status: Callable[[], BrowserStatus | None]
    browser_changed: asyncio.Event
    in_flight: Callable[[], int]
    heed: Callable[[Limits], None]
    lease: Lease
    open_channel: Callable[[OpenChannel], None]
    resume: Callable[[], None]


@dataclass(frozen=True)
class _End:
    """How a conversation ends; *code* is set if the socket is still to be closed."""

    ending: Ending
    code: CloseCode | None
    close_reason: str


class Conversation:
    """Holds one socket, which its caller closes; `run` it once."""

    def __init__(
        self,
        socket: PromptSocket,
        subjects: Subjects,
        clock: Callable[[], float] = sleepless,
    ) -> None:
        """Prepare to talk through *socket*; *clock* goes on while the machine sleeps."""
        self._socket = socket
        self._subjects = subjects
        self._clock = clock
        self._heard_at = self._awake_at = clock()
        self._session = AgentSession()
        self._welcomed = asyncio.Event()
        self._patience_seconds = self._doubt_seconds = WELCOME_SECONDS
        self._given_up: Ending | None = None
        self._ended: asyncio.Future[_End] = asyncio.get_running_loop().create_future()
        self._is_opening = False
        self._unheard: list[str | bytes] = []
        """What came while a welcome was made durable."""
        self._next_look: asyncio.TimerHandle | None = None
        self._retry_after = 0.0
        self._last_seq = 0

    @property
    def is_welcomed(self) -> bool:
        """Whether the orchestrator ever opened the session."""
        return self._welcomed.is_set()

    async def run(self, hello: Hello) -> Ending:
        """Talk until the socket is of no more use, and say what to do next."""
        self._subjects.browser_changed.clear()  # the hello has just told it
        self._post(encode(hello))
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                changes = tasks.create_task(self._tell_changes())
                self._look_at_the_clock()
                self._socket.listen(self)
                end = await self._ended
                changes.cancel()
                if end.code is not None:
                    await self._close(end.code, end.close_reason)
        finally:
            self._look_no_more()
            self._session.close()
            self._subjects.outbox.close()
        return end.ending

    async def leave(self, goodbye: Goodbye) -> None:
        """Say goodbye behind all that is queued, then close; `run` ends soon after."""
        if self.is_welcomed:
            self._post(encode(goodbye))
        await self._close(CloseCode.GOING_AWAY, goodbye.reason)

    # --- what the socket tells ----------------------------------------------------------

    def hear(self, frame: str | bytes) -> None:
        """Do as the orchestrator says."""
        if self._ended.done():
            return
        if self._is_opening:
            self._unheard.append(frame)
            return
        try:
            self._take(frame)
        except ProtocolError as error:
            ending = Ending(Next.AGAIN, f"the orchestrator broke the protocol: {error}")
            self._end(ending, error.close_code, str(error))
        except Exception as error:
            # The socket's library would only log it: this one is for whoever runs the agent.
            self._ended.set_exception(error)

    def hang_up(self, error: ConnectionClosed) -> None:
        """Note that the socket is gone."""
        self._end(self._given_up or self._closed(error))

    def _end(self, ending: Ending, code: CloseCode | None = None, close_reason: str = "") -> None:
        if not self._ended.done():
            self._ended.set_result(_End(ending, code, close_reason))

    def _take(self, frame: str | bytes) -> None:
        now = self._clock()
        if self._is_doubtful(now):
            # It lay here while nobody could hear it: it is not to be obeyed.
            self._disbelieve(now)
            return
        if self._seconds_left(now) <= 0:
            # It lay here, too, or came too late: what it asks for may have been called lost.
            self._give_up(_SILENT)
            return
        self._heard_at = now
        if isinstance(frame, bytes):
            raise InvalidMessage("not a message: a binary frame")
        message = self._session.receive(frame)
        if isinstance(message, Welcome):
            self._is_opening = True
            self._tasks.create_task(self._open(message))
            return
        self._obey(message)
        self._subjects.lease.extend(self._patience_seconds)

    def _look_at_the_clock(self) -> None:
        """Give the socket up when nothing comes, or after an absence of this process."""
        now = self._clock()
        if self._is_doubtful(now):
            self._disbelieve(now)
            return
        self._awake_at = now
        left_seconds = self._seconds_left(now)
        if left_seconds <= 0:
            self._give_up(_SILENT)
            return
        pause = min(self._patience_seconds / LOOKS_OF_PATIENCE, left_seconds)
        self._next_look = asyncio.get_running_loop().call_later(pause, self._look_at_the_clock)

    def _look_no_more(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()

    def _seconds_left(self, now: float) -> float:
        return self._heard_at + self._patience_seconds - now

    def _is_doubtful(self, now: float) -> bool:
        return now - self._awake_at > self._doubt_seconds

    def _disbelieve(self, now: float) -> None:
        self._subjects.lease.extend(0.0)
        self._give_up(f"this process did not run for {now - self._awake_at:.0f} s")

    def _give_up(self, reason: str) -> None:
        self._given_up = Ending(Next.AGAIN, reason)
        # The other end is gone, or as good as gone: a polite close would wait for it.
        self._socket.transport.abort()

    async def _open(self, welcome: Welcome) -> None:
        # The order is the promise: the epoch is durable before anything is said under it, and
        # the inventory goes out before any command is heard.
        epochs = self._subjects.epochs
        if welcome.epoch <= epochs.highest:
            ending = Ending(Next.AGAIN, "the orchestrator's epoch is one that was seen before")
            self._end(ending, CloseCode.CONFLICT, STALE_EPOCH)
            return
        try:
            await epochs.accept(welcome.epoch)
        except AgentError as error:
            ending = Ending(Next.AGAIN, f"the welcome cannot be kept: {error}")
            self._end(ending, CloseCode.TRY_AGAIN_LATER)
        if self._ended.done():
            return
        if self._is_doubtful(now := self._clock()):
            self._disbelieve(now)
            return
        self._patience_seconds = welcome.limits.lost_seconds
        self._doubt_seconds = welcome.limits.suspect_seconds
        # From here on by the rhythm of these limits.
        self._look_no_more()
        self._heard_at = self._awake_at = now
        self._look_at_the_clock()
        self._subjects.heed(welcome.limits)
        self._subjects.outbox.open(self._post, welcome.limits.frame_bytes)
        self._subjects.lease.extend(self._patience_seconds)
        self._subjects.resume()
        self._welcomed.set()
        log.info("connected", session_id=welcome.session_id, epoch=welcome.epoch)
        self._is_opening = False
        unheard, self._unheard = self._unheard, []
        for frame in unheard:
            self.hear(frame)

    def _obey(self, message: OrchestratorMessage) -> None:
        match message:
            case Command():
                self._subjects.inbox.command(message)
            case Cancel():
                self._subjects.inbox.cancel(message)
            case OpenChannel():
                self._subjects.open_channel(message)
            case Ack():
                self._subjects.inbox.ack(message)
            case Beat():
                self._last_seq = message.seq
                self._post_beat()
            case Drain():
                self._retry_after = message.retry_after
                log.info("the orchestrator is about to leave", retry_after=message.retry_after)
            case Welcome():
                raise AssertionError("a welcome is heard where the session is opened")

    async def _tell_changes(self) -> None:
        await self._welcomed.wait()
        while True:
            await self._subjects.browser_changed.wait()
            self._subjects.browser_changed.clear()
            self._post_beat()
            await asyncio.sleep(CHANGE_SECONDS)

    def _post_beat(self) -> None:
        subjects = self._subjects
        beat = AgentBeat(self._last_seq, subjects.browser_status(), subjects.in_flight())
        self._post(encode(beat))

    def _post(self, frame: str) -> None:
        """Write a frame without waiting; a socket that is closing takes none.

        Nothing is lost with a socket: the next one begins with all that is owed.
        """
        # A task that writes, and a queue before it, would cost each result a switch.
        broadcast([self._socket], frame)
        if self._socket.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            log.warning("the orchestrator does not read: dropping the socket")
            self._socket.transport.abort()

    async def _close(self, code: CloseCode, reason: str) -> None:
        fitting = reason.encode()[:_MAX_CLOSE_REASON_BYTES].decode(errors="ignore")
        await self._socket.close(code, fitting)

    def _closed(self, error: ConnectionClosed) -> Ending:
        if error.rcvd is None:
            return Ending(Next.AGAIN, "the connection was lost", self._retry_after)
        ending = of_close(error.rcvd.code, error.rcvd.reason)
        return Ending(ending.next, ending.reason, self._retry_after)
