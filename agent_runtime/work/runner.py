"""Runs commands: each in its own task, in the order of its lane, to exactly one outcome.

Nothing here waits for the network, and nothing the network does is heard here: a command goes
on whatever becomes of the socket that brought it.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from time import perf_counter
from types import TracebackType
from typing import Final, Protocol

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.errors import JournalUnwritable
from agent_runtime.logs import described
from agent_runtime.work.journal import Journal
from agent_runtime.work.lanes import Lanes
from agent_runtime.work.lease import Lease
from agent_runtime.work.outbox import Outbox
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Command
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState

log: FilteringBoundLogger = structlog.get_logger()


TIDYING_SECONDS: Final = 5.0
"""What a stopping agent allows a stopped command for tidying up after itself."""


class Performs(Protocol):
    """What the runner needs of whoever drives the browser."""

    def lane(self, command: Command) -> str | None:
        """Name the lane in which *command* has to wait its turn; None for none."""

    async def perform(self, command: Command) -> Outcome:
        """Do it within its time budget; only a cancellation is ever raised."""

    def cancelled(self, command: Command, begun: bool) -> Outcome:
        """Describe the end of a command that was stopped, or never begun."""


class _Stop(Enum):
    """Why a command is not to go on."""

    CANCELLED = auto()
    AGENT_STOPPING = auto()


class _Job:
    """One command on its way through the runner; compared by identity."""

    def __init__(self, command: Command, lane: str | None) -> None:
        self.command = command
        self.lane = lane
        self.stop: _Stop | None = None
        self.begun_at: float | None = None
        self.task: asyncio.Task[None] | None = None


class Runner:
    """Owns the tasks of all running commands; open it with ``async with``."""

    def __init__(self, performer: Performs, journal: Journal, outbox: Outbox, lease: Lease) -> None:
        """Make a runner; it accepts commands once it is entered."""
        self._performer = performer
        self._journal = journal
        self._outbox = outbox
        self._lease = lease
        self._held_back: list[str] = []
        """Lanes whose next command may not begin before the next welcome."""
        self._tasks = asyncio.TaskGroup()
        self._lanes: Lanes[_Job] = Lanes()
        self._jobs: dict[RequestId, _Job] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_stopping = False

    async def __aenter__(self) -> Runner:
        """Accept commands."""
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what runs; after an error or a cancellation, abandon it instead."""
        await self._tasks.__aexit__(kind, error, trace)

    @property
    def in_flight(self) -> int:
        """How many commands run or wait in their lane."""
        return len(self._jobs)

    def submit(self, command: Command) -> None:
        """Run a command that the journal has received; its outcome goes to the outbox."""
        job = _Job(command, self._performer.lane(command))
        self._jobs[command.request_id] = job
        self._idle.clear()
        if self._is_stopping:
            self._end_unbegun(job, _Stop.AGENT_STOPPING)
        elif self._lanes.enter(job.lane, job):
            self._begin(job)

    def resume(self) -> None:
        """Begin what was held back while the lease was over; call it after each welcome."""
        lanes, self._held_back = self._held_back, []
        for lane in lanes:
            self._advance(lane)

    def cancel(self, request_id: RequestId) -> None:
        """Stop a command, or never start it; without effect if it is over or unknown."""
        job = self._jobs.get(request_id)
        if job is not None:
            self._stop(job, _Stop.CANCELLED)

    async def drain(self, grace_seconds: float) -> None:
        """Start nothing new, and give what runs its grace; then stop it.

        Every command that can be stopped has its outcome when this returns; new ones are refused.
        """
        self._is_stopping = True
        for job in list(self._jobs.values()):
            if job.begun_at is None:
                self._stop(job, _Stop.AGENT_STOPPING)
        try:
            async with asyncio.timeout(grace_seconds):
                await self._idle.wait()
        except TimeoutError:
            for job in list(self._jobs.values()):
                self._stop(job, _Stop.AGENT_STOPPING)
            await self._wait_for_the_stopped()

    async def _wait_for_the_stopped(self) -> None:
        try:
            async with asyncio.timeout(TIDYING_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.error("stopped commands do not end", request_ids=sorted(self._jobs))

    def _begin(self, job: _Job) -> None:
        job.task = self._tasks.create_task(self._run(job))

    def _stop(self, job: _Job, stop: _Stop) -> None:
        if job.stop is not None:
            return  # a second cancellation would interrupt the tidying up after the first
        job.stop = stop
        if job.begun_at is not None and job.task is not None:
            job.task.cancel()
        elif self._lanes.withdraw(job.lane, job):
            self._end_unbegun(job, stop)
        # Otherwise its task exists and has yet to take its first step, in which it looks here.

    async def _run(self, job: _Job) -> None:
        command = job.command
        with structlog.contextvars.bound_contextvars(request_id=command.request_id):
            if job.stop is not None:
                self._end_unbegun(job, job.stop)
            else:
                await self._begin_and_end(job)
        # Not in a `finally`: what gets past here is the end of the whole runner.
        if job.lane is not None:
            self._advance(job.lane)

    async def _begin_and_end(self, job: _Job) -> None:
        command = job.command
        job.begun_at = perf_counter()
        try:
            self._journal.started(command.request_id)
        except JournalUnwritable as error:
            self._end(job, _unnoted(error))
            return
        self._outbox.started(command.request_id, command.attempt)
        self._end(job, await self._outcome(job))

    def _advance(self, lane: str) -> None:
        """Let the next command of *lane*, whose current one is over, begin."""
        if self._lease.is_over:
            self._held_back.append(lane)
            return
        while (successor := self._lanes.leave(lane)) is not None:
            # The main page may be another by now, and somebody may be at work on it.
            successor.lane = self._performer.lane(successor.command)
            if successor.lane == lane or self._lanes.enter(successor.lane, successor):
                self._begin(successor)
            if successor.lane == lane:
                return

    async def _outcome(self, job: _Job) -> Outcome:
        try:
            return await self._performer.perform(job.command)
        except asyncio.CancelledError:
            if job.stop is not None and job.begun_at is not None:
                outcome = self._performer.cancelled(job.command, True)
                duration_ms = round((perf_counter() - job.begun_at) * 1000, 3)
                return _stopped(msgspec.structs.replace(outcome, duration_ms=duration_ms), job.stop)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Nobody cancelled this task: the action let a cancellation of its own escape.
            return _broken(asyncio.CancelledError())
        except Exception as error:
            # A mistake in an action must not cost its caller the answer, or the others theirs.
            return _broken(error)

    def _end_unbegun(self, job: _Job, stop: _Stop) -> None:
        self._end(job, _stopped(self._performer.cancelled(job.command, False), stop))

    def _end(self, job: _Job, outcome: Outcome) -> None:
        del self._jobs[job.command.request_id]
        if not self._jobs:
            self._idle.set()
        self._outbox.finished(job.command.request_id, outcome)
        # Told first, logged afterwards: somebody waits for the one and nobody for the other.
        log.info(
            "command over",
            request_id=job.command.request_id,
            action=job.command.action,
            state=str(outcome.state),
            code=outcome.error.code if outcome.error else None,
            duration_ms=round(outcome.duration_ms, 1),
        )


def _stopped(outcome: Outcome, stop: _Stop) -> Outcome:
    if stop is _Stop.CANCELLED:
        return outcome
    message = "the agent is shutting down: send the command again once it is back"
    if outcome.effect is not Effect.NONE:
        message = "the agent shut down before the command was over: look at what it did"
    return msgspec.structs.replace(
        outcome,
        state=OutcomeState.FAILED,
        error=CommandError(ErrorCode.AGENT_STOPPING, message),
    )


def _unnoted(error: JournalUnwritable) -> Outcome:
    message = f"{error}; nothing was begun: make room on its disk, then send the command again"
    return Outcome(
        OutcomeState.FAILED,
        Effect.NONE,
        error=CommandError(ErrorCode.JOURNAL_UNAVAILABLE, message),
    )


def _broken(error: BaseException) -> Outcome:
    log.error("the action broke its contract", **described(error))
    return Outcome(
        OutcomeState.FAILED,
        Effect.UNKNOWN,
        error=CommandError(
            ErrorCode.INTERNAL_ERROR,
            f"the agent failed with {type(error).__name__}: its log says where",
        ),
    )
