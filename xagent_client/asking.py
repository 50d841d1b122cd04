"""One action asked of one agent: its envelope, and what its end means to the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, TypeVar

import msgspec

from xagent_client import calls
from xagent_client.calls import Submission
from xagent_client.errors import StillRunning, UnexpectedAnswer, failure
from xagent_client.exchange import Call
from xagent_client.models import ArtifactRef, Command
from xagent_protocol.ids import AgentId

T = TypeVar("T")


class How(TypedDict, total=False):
    """What every action may be told beside its own params.

    *page* is a page's id or label, the main page if left out; *timeout* the command's time budget
    in seconds; *wait* how long to follow it, by default a little longer than its budget;
    *request_id* names the command for good. *record* is `trace` to have it recorded, as
    `Command.trace`. *if_offline* is `fail` or `queue`, *ttl* the seconds it may queue.
    """

    page: str | None
    timeout: float | None
    wait: float | None
    request_id: str | None
    record: str | None
    idempotent: bool | None
    if_offline: str | None
    ttl: float | None


class Asking:
    """Asks one agent."""

    def __init__(self, agent_id: str) -> None:
        """Name the agent."""
        self.agent_id = AgentId(agent_id)

    def _submit(self, action: str, params: Mapping[str, Any], how: How) -> Call[Command]:
        submission = Submission(
            action,
            params,
            page=how.get("page"),
            timeout=how.get("timeout"),
            request_id=how.get("request_id"),
            record=how.get("record"),
            idempotent=how.get("idempotent"),
            if_offline=how.get("if_offline"),
            ttl=how.get("ttl"),
        )
        return calls.submit(self.agent_id, submission, wait=how.get("wait"))

    def _succeed(self, action: str, params: Mapping[str, Any], how: How) -> Call[Command]:
        """Submit what is given of *params*, and insist on success.

        Raises:
            StillRunning: the wait is over, the command is not.
            CommandFailed: it ended otherwise.
        """
        given = {name: value for name, value in params.items() if value is not None}
        command = yield from self._submit(action, given, how)
        if not command.is_over:
            raise StillRunning(command)
        if not command.succeeded:
            raise failure(command)
        return command

    def _nothing(self, action: str, params: Mapping[str, Any], how: How) -> Call[None]:
        yield from self._succeed(action, params, how)

    def _result(self, action: str, params: Mapping[str, Any], how: How, kind: type[T]) -> Call[T]:
        command = yield from self._succeed(action, params, how)
        return convert(command, kind)


def convert(command: Command, kind: type[T]) -> T:
    """Read the result of *command*.

    Raises:
        UnexpectedAnswer: it is of another kind.
    """
    try:
        return msgspec.convert(command.result, kind)
    except msgspec.ValidationError as error:
        raise UnexpectedAnswer(
            f"{command.action} on {command.agent_id} answered something else than this version "
            f"of xagent expects ({error}); `run` returns it as it is"
        ) from error


def whole_text(command: Command, cut: str, max_chars: int | None) -> Call[str]:
    """Return the text that did not fit into the answer, unless the caller wanted it cut."""
    if command.made and max_chars is None:
        return (yield from calls.fetch(command.made[0])).decode()
    return cut


def only_artifact(command: Command) -> ArtifactRef:
    """Return the artifact that the action is all about.

    Raises:
        UnexpectedAnswer: there is none.
    """
    if not command.made:
        raise UnexpectedAnswer(f"{command.action} on {command.agent_id} left no artifact")
    return command.made[0]


def read_json(content: bytes) -> Any:
    """Read a result that came as an artifact.

    Raises:
        UnexpectedAnswer: it is not JSON.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"the artifact of the result is not JSON: {error}") from error
