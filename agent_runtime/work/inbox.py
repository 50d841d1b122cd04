"""Sorts what the orchestrator asks: new commands run, repeated ones never run twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Protocol

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.work.journal import Journal
from agent_runtime.work.outbox import Outbox
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Ack, Cancel, Command, InventoryState

log: FilteringBoundLogger = structlog.get_logger()

REMEMBERED: Final = 1024
"""Acknowledged commands of which a frame that arrives twice is still recognised."""


class Runs(Protocol):
    """What the inbox needs of the runner."""

    def submit(self, command: Command) -> None:
        """Run a command that is in the journal."""

    def cancel(self, request_id: RequestId) -> None:
        """Stop a command, or never start it."""


class Inbox:
    """Never waits: the loop that reads the socket calls it, and that loop proves liveness."""

    def __init__(self, journal: Journal, outbox: Outbox, runner: Runs) -> None:
        """Sort for *runner*, with what *journal* knows."""
        self._journal = journal
        self._outbox = outbox
        self._runner = runner
        self._acknowledged: OrderedDict[tuple[RequestId, int], None] = OrderedDict()

    def command(self, command: Command) -> None:
        """Take a command: run it, answer it from the journal, or ignore it."""
        held = self._journal.find(command.request_id)
        if held is not None:
            self._repeated(command, held.attempt, held.state)
        elif (command.request_id, command.attempt) in self._acknowledged:
            log.warning("a command that is over came again", request_id=command.request_id)
        else:
            log.debug("command received", request_id=command.request_id, action=command.action)
            self._journal.received(command)
            self._runner.submit(command)

    def cancel(self, cancel: Cancel) -> None:
        """Pass on a wish to stop; the command's result will say what came of it."""
        self._runner.cancel(cancel.request_id)

    def ack(self, ack: Ack) -> None:
        """Forget the commands whose results are durable elsewhere."""
        for result in ack.results:
            entry = self._outbox.acknowledged(result)
            if entry is None:
                continue
            self._acknowledged[(entry.request_id, entry.attempt)] = None
            if len(self._acknowledged) > REMEMBERED:
                self._acknowledged.popitem(last=False)

    def _repeated(self, command: Command, attempt: int, state: InventoryState) -> None:
        # Whatever attempt is asked for now: what we hold is running or has run, and one of it
        # is all there may be. Its result goes out under the attempt it ran as.
        log.warning(
            "a command came again",
            request_id=command.request_id,
            attempt=command.attempt,
            held_attempt=attempt,
            held_state=str(state),
        )
        if state is InventoryState.DONE:
            self._outbox.repeat(command.request_id)
