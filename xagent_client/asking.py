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
    `Command.trace`. *if_controlled* is `fail` or `wait`, while a person drives the page;
    *control_token* is that of one's own lease to drive it. *if_offline* is `fail` or `queue`,
    *ttl* the seconds it may queue.
    """

    page: str | None
    timeout: float | None
    wait: float | None
    request_id: str | None
    record: str | None
    if_controlled: str | None
    control_token: str | None
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
            if_controlled=how.get("if_controlled"),
            control_token=how.get("control_token"),
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
        return convert(command, (yield from whole_result(command)), kind)

    def _any_of(self, action: str, params: Mapping[str, Any], how: How, kind: Any) -> Call[Any]:
        """Do the same for a union, which is no class."""
        return self._result(action, params, how, kind)

    def _value(self, action: str, params: Mapping[str, Any], how: How) -> Call[Any]:
        command = yield from self._succeed(action, params, how)
        return (yield from whole_result(command))

    def _text(self, action: str, params: Mapping[str, Any], how: How) -> Call[str]:
        """Return text, and fetch the whole if it was cut, unless the caller wanted it cut."""
        command = yield from self._succeed(action, params, how)
        if command.made and params.get("max_chars") is None:
            return (yield from calls.fetch(command.made[0])).decode()
        return convert(command, command.result, str)

    def _uncut(self, action: str, params: Mapping[str, Any], how: How, kind: type[T]) -> Call[T]:
        """Do the same for the texts within an object."""
        command = yield from self._succeed(action, params, how)
        result = yield from whole_result(command)
        if command.made and params.get("max_chars") is None:
            result = yield from whole_texts(command, result)
        return convert(command, result, kind)

    def _bytes(self, action: str, params: Mapping[str, Any], how: How) -> Call[bytes]:
        command = yield from self._succeed(action, params, how)
        return (yield from calls.fetch(only_artifact(command)))


def convert(command: Command, result: Any, kind: type[T]) -> T:
    """Read *result*, which *command* came to.

    Raises:
        UnexpectedAnswer: it is of another kind.
    """
    try:
        return msgspec.convert(result, kind)
    except msgspec.ValidationError as error:
        raise UnexpectedAnswer(
            f"{command.action} on {command.agent_id} answered something else than this version "
            f"of xagent expects ({error}); `run` returns it as it is"
        ) from error


def whole_result(command: Command) -> Call[Any]:
    """Return the result, fetched if it was too large for the answer.

    Raises:
        UnexpectedAnswer: what was fetched is not JSON.
    """
    result = command.result
    if isinstance(result, dict) and result.get("truncated") is True:
        for artifact in command.artifacts:
            if artifact.artifact_id == result.get("artifact_id"):
                return read_json((yield from calls.fetch(artifact)))
    return result


def whole_texts(command: Command, value: Any) -> Call[Any]:
    """Return *value* with each text in it that was cut fetched whole."""
    match value:
        case dict():
            found = {}
            for name, member in value.items():
                found[name] = yield from whole_texts(command, member)
            return found
        case list():
            items = list(value)
            for place, item in enumerate(value):
                items[place] = yield from whole_texts(command, item)
            return items
        case str() if (artifact := cut_off(command, value)) is not None:
            return (yield from calls.fetch(artifact)).decode()
    return value


def cut_off(command: Command, text: str) -> ArtifactRef | None:
    """Return the artifact that has all of *text*, if that was cut and says so at its end."""
    ending = text[-200:]
    return next((one for one in command.artifacts if f"{one.artifact_id}]" in ending), None)


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
