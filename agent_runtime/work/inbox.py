"""Sorts what the orchestrator asks: new commands run, repeated ones never run twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Protocol

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.crash import crash_at
from agent_runtime.work.journal import Entry, Journal
from agent_runtime.work.outbox import Outbox
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Ack, Cancel, Command

log: FilteringBoundLogger = structlog.get_logger()

REMEMBERED: Final = 1024
"""Acknowledged commands of which a frame that arrives again is still recognised."""


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
        self._acknowledged: OrderedDict[RequestId, int] = OrderedDict()
        """The latest attempt of each command whose result is durable elsewhere."""

    def command(self, command: Command) -> None:
        """Take a command: run it, answer it from the journal, or ignore it."""
        held = self._journal.find(command.request_id)
        if held is not None and (held.outcome is None or command.attempt <= held.attempt):
            self._repeated(command, held)
        elif command.attempt <= self._acknowledged.get(command.request_id, 0):
            log.warning("a command that is over came again", request_id=command.request_id)
        else:
            # New, or a new attempt of one that is over here: whoever asks for it knows of the
            # earlier attempt all that it has to, and may begin what is idempotent once more.
            log.debug("command received", request_id=command.request_id, action=command.action)
            self._journal.received(command)
            crash_at("command-received")
            self._runner.submit(command)

    def cancel(self, cancel: Cancel) -> None:
        """Pass on a wish to stop; the command's result will say what came of it."""
        self._runner.cancel(cancel.request_id)

    def ack(self, ack: Ack) -> None:
        """Forget the commands whose results are durable elsewhere."""
        for entry in self._outbox.acknowledged(ack.results):
            self._acknowledged[entry.request_id] = entry.attempt
            if len(self._acknowledged) > REMEMBERED:
                self._acknowledged.popitem(last=False)

    def _repeated(self, command: Command, held: Entry) -> None:
        # What waits or runs here is never begun beside itself, whatever attempt is asked for; it
        # is answered once it is over, under the attempt it ran as.
        log.warning(
            "a command came again",
            request_id=command.request_id,
            attempt=command.attempt,
            held_attempt=held.attempt,
            held_state=str(held.state),
        )
        if command.attempt == held.attempt:
            self._outbox.repeat(command.request_id)
