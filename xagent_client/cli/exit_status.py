"""The exit statuses of `xagent`, which scripts may trust; `xagent --help` prints this table."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from xagent_client.errors import (
    ActionNotFound,
    AgentNotFound,
    AgentOffline,
    ArtifactNotFound,
    CommandNotFound,
    InvalidParams,
    InvalidRequest,
    NoToken,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from xagent_client.models import Command
from xagent_protocol.outcomes import Effect
from xagent_protocol.transitions import CommandState


class ExitStatus(IntEnum):
    """How a run of the command ended."""

    SUCCEEDED = 0
    FAILED = 1
    USAGE = 2
    NOT_THERE = 3
    UNKNOWN = 4
    STILL_RUNNING = 5
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitStatus.SUCCEEDED: "it succeeded",
    ExitStatus.FAILED: "the command failed, was cancelled or expired, or the request was refused",
    ExitStatus.USAGE: "the command line is wrong, or names an unknown action, command or artifact",
    ExitStatus.NOT_THERE: "agent unknown or offline, orchestrator away, token missing or wrong",
    ExitStatus.UNKNOWN: "timed out, lost, or no answer came: it may have had an effect",
    ExitStatus.STILL_RUNNING: "still running when the wait was over; ask for it later",
    ExitStatus.INTERRUPTED: "interrupted by Ctrl-C",
}


def of_command(command: Command) -> ExitStatus:
    """Return the status that tells how *command* stands."""
    if not command.is_over:
        return ExitStatus.STILL_RUNNING
    if command.succeeded:
        return ExitStatus.SUCCEEDED
    if command.state in (CommandState.TIMED_OUT, CommandState.LOST):
        return ExitStatus.UNKNOWN
    return ExitStatus.UNKNOWN if command.effect is Effect.UNKNOWN else ExitStatus.FAILED


def of_error(error: Exception) -> ExitStatus:
    """Return the status that tells what *error* means."""
    if isinstance(error, Unreachable):
        return ExitStatus.NOT_THERE if error.request_id is None else ExitStatus.UNKNOWN
    if isinstance(error, AgentNotFound | AgentOffline | NoToken | Unauthorized | Unavailable):
        return ExitStatus.NOT_THERE
    if isinstance(
        error,
        ActionNotFound | InvalidParams | InvalidRequest | CommandNotFound | ArtifactNotFound,
    ):
        return ExitStatus.USAGE
    return ExitStatus.FAILED


def explain() -> str:
    """Return the table as lines for the help text."""
    return "\n".join(f"  {status.value:>3}  {meaning}" for status, meaning in MEANINGS.items())
