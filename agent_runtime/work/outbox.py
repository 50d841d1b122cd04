"""What the agent has to tell about its commands, whether or not anybody listens just now.

A result is in the journal before it is sent, and stays there until it is acknowledged. So neither
a lost socket nor the death of this process loses one: what follows, the next socket or the next
life, begins with the inventory and every result not acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.crash import crash_at
from agent_runtime.work.journal import Entry, Journal
from xagent_protocol.codec import encode
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Inventory, Result, ResultRef, Started
from xagent_protocol.outcomes import CommandError, Outcome, OutcomeState

log: FilteringBoundLogger = structlog.get_logger()

STARTED_SECONDS: Final = 0.05
"""How long a command may run before its beginning is told."""

# A character of a frame takes at most this many bytes in UTF-8.
_MAX_BYTES_PER_CHARACTER: Final = 4


class Outbox:
    """Sends through the socket that is open now, if there is one."""

    def __init__(self, journal: Journal) -> None:
        """Begin with no socket, and with what an earlier life of this agent still owes."""
        self._journal = journal
        self._send: Callable[[str], None] | None = None
        self._frame_bytes = 0
        self._beginnings: dict[RequestId, asyncio.TimerHandle] = {}
        self._nothing_owed = asyncio.Event()
        self._note_debts()

    def open(self, send: Callable[[str], None], frame_bytes: int) -> None:
        """Tell a newly welcomed socket all that is held; from now on it hears the rest too.

        *send* queues a text frame and never waits, so nothing can come between the inventory
        and the results that follow it. No frame is longer than *frame_bytes*.
        """
        self._send, self._frame_bytes = send, frame_bytes
        send(encode(Inventory(self._journal.inventory())))
        for result in self._journal.results():
            self._tell(result)

    def close(self) -> None:
        """Note that the socket is gone; results wait for the next one."""
        self._send = None

    def started(self, request_id: RequestId, attempt: int) -> None:
        """Tell that a command has begun, unless its result comes first.

        Most commands are over sooner than anybody could use the news, and a frame each is a
        fifth of what a quick one costs. Who is not there to hear it reads it in the inventory.
        """
        loop = asyncio.get_running_loop()
        self._beginnings[request_id] = loop.call_later(
            STARTED_SECONDS, self._tell_started, request_id, attempt
        )

    def finished(self, request_id: RequestId, outcome: Outcome) -> None:
        """Note the end of a command, then tell it."""
        beginning = self._beginnings.pop(request_id, None)
        if beginning is not None:
            beginning.cancel()
        self._journal.done(request_id, outcome)
        self._nothing_owed.clear()
        self.repeat(request_id)

    def repeat(self, request_id: RequestId) -> None:
        """Tell the result of a command that is done (again), under the attempt it ran as."""
        entry = self._journal.find(request_id)
        if entry is not None and entry.outcome is not None:
            self._tell(Result(entry.request_id, entry.attempt, entry.outcome))

    def acknowledged(self, results: Iterable[ResultRef]) -> list[Entry]:
        """Forget the commands whose results are durable at the orchestrator, and return them."""
        forgotten = self._journal.forget(results)
        self._note_debts()
        return forgotten

    @property
    def owes_nothing(self) -> bool:
        """Whether every result is acknowledged."""
        return self._nothing_owed.is_set()

    async def wait_until_acknowledged(self) -> None:
        """Wait until no result is owed; cancelling this is safe."""
        await self._nothing_owed.wait()

    def _note_debts(self) -> None:
        if not self._journal.results():
            self._nothing_owed.set()

    def _tell_started(self, request_id: RequestId, attempt: int) -> None:
        self._beginnings.pop(request_id, None)
        if self._send is not None:
            self._send(encode(Started(request_id, attempt)))

    def _tell(self, result: Result) -> None:
        if self._send is None:
            return
        frame = encode(result)
        if self._is_too_long(frame):
            # Actions keep their results far below this. Were one to slip through, the
            # orchestrator would close the socket over it, at every reconnect, for ever.
            log.error("the result is too long for a frame", request_id=result.request_id)
            frame = encode(_without_content(result, self._frame_bytes))
        self._send(frame)
        crash_at("result-sent")

    def _is_too_long(self, frame: str) -> bool:
        if len(frame) * _MAX_BYTES_PER_CHARACTER <= self._frame_bytes:
            return False
        return len(frame.encode()) > self._frame_bytes


def _without_content(result: Result, frame_bytes: int) -> Result:
    message = f"the answer is over {frame_bytes} bytes: ask for less, or for an artifact"
    error = CommandError(ErrorCode.RESULT_TOO_LARGE, message)
    # What had run to its end still has; what had not keeps the effect that was found.
    outcome = Outcome(
        OutcomeState.FAILED,
        result.outcome.effect,
        error=error,
        duration_ms=result.outcome.duration_ms,
    )
    return Result(result.request_id, result.attempt, outcome)
