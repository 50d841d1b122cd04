"""What can be asked of one agent, by blocking and awaiting callers alike.

The typed verbs are the everyday ones; `run` reaches every action that the agent announces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict, TypeVar, Unpack

import msgspec

from xagent_client import calls
from xagent_client.calls import Submission
from xagent_client.errors import StillRunning, UnexpectedAnswer, failure
from xagent_client.exchange import Call
from xagent_client.models import (
    ActionSpec,
    Agent,
    Command,
    Navigation,
    Page,
    Session,
)
from xagent_client.verbs import verb
from xagent_protocol.ids import AgentId

T = TypeVar("T")

WaitUntil: TypeAlias = Literal["commit", "domcontentloaded", "load", "networkidle"]
"""How far a page must have loaded."""


class How(TypedDict, total=False):
    """What every action may be told beside its own params.

    *page* is a page's id or label, the main page if left out; *timeout* the command's time budget
    in seconds; *wait* how long to follow it, by default a little longer than its budget;
    *request_id* names the command for good. *if_offline* is `fail` or `queue`, *ttl* the seconds
    it may queue.
    """

    page: str | None
    timeout: float | None
    wait: float | None
    request_id: str | None
    idempotent: bool | None
    if_offline: str | None
    ttl: float | None


class AgentVerbs:
    """The verbs of `AgentHandle` and `AsyncAgentHandle`."""

    def __init__(self, agent_id: str) -> None:
        """Name the agent."""
        self.agent_id = AgentId(agent_id)

    @verb
    def describe(self) -> Call[Agent]:
        """Fetch the agent's record: what it runs, and whether it can be reached.

        Raises:
            AgentNotFound: no agent ever enrolled under this name.
        """
        return calls.get_agent(self.agent_id)

    @verb
    def actions(self) -> Call[tuple[ActionSpec, ...]]:
        """List what the agent can do, with the schemas of params and results."""
        return calls.list_actions(self.agent_id)

    @verb
    def sessions(self) -> Call[tuple[Session, ...]]:
        """List the agent's stays at the orchestrator, newest first."""
        return calls.list_sessions(self.agent_id)

    @verb
    def commands(
        self,
        *,
        state: str | None = None,
        action: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Command]]:
        """List the agent's commands, newest first, a page at a time."""
        return calls.list_commands(
            agent_id=self.agent_id, state=state, action=action, limit=limit, cursor=cursor
        )

    @verb
    def run(
        self, action: str, params: Mapping[str, Any] | None = None, **how: Unpack[How]
    ) -> Call[Command]:
        """Run any action and return its command, however it ended, or as far as it came.

        The typed verbs raise when a command fails; this does not.

        Raises:
            Refused: the orchestrator did not take the command; the subclass says why.
            Unreachable: it did not answer; with a request id if the command may run.
        """
        return self._submit(action, params or {}, how)

    @verb
    def goto(
        self,
        url: str,
        *,
        wait_until: WaitUntil | None = None,
        referer: str | None = None,
        **how: Unpack[How],
    ) -> Call[Navigation]:
        """Open *url*, and return when it has loaded.

        Raises:
            NavigationFailed: with the browser's own network error.
        """
        params = {"url": url, "wait_until": wait_until, "referer": referer}
        return self._result("goto", params, how, Navigation)

    @verb
    def go_back(
        self, *, wait_until: WaitUntil | None = None, **how: Unpack[How]
    ) -> Call[Navigation]:
        """Go back one page in the history; where there is none, stay."""
        return self._result("go_back", {"wait_until": wait_until}, how, Navigation)

    @verb
    def reload(
        self, *, wait_until: WaitUntil | None = None, **how: Unpack[How]
    ) -> Call[Navigation]:
        """Load the page again."""
        return self._result("reload", {"wait_until": wait_until}, how, Navigation)

    @verb
    def click(
        self,
        target: str,
        *,
        frame: str | None = None,
        button: Literal["left", "middle", "right"] | None = None,
        click_count: int | None = None,
        modifiers: Sequence[str] | None = None,
        position: Mapping[str, float] | None = None,
        delay: float | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Click the one element that *target* names: a selector, or a ref from a snapshot.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        params = {
            "target": target,
            "frame": frame,
            "button": button,
            "click_count": click_count,
            "modifiers": modifiers,
            "position": position,
            "delay": delay,
            "force": force,
        }
        return self._nothing("click", params, how)

    @verb
    def fill(
        self,
        target: str,
        value: str,
        *,
        frame: str | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Replace the text of an input by *value*."""
        params = {"target": target, "value": value, "frame": frame, "force": force}
        return self._nothing("fill", params, how)

    @verb
    def press(
        self,
        key: str,
        *,
        target: str | None = None,
        frame: str | None = None,
        delay: float | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Press a key or a chord (`Enter`, `Control+a`), in an element or where the focus is."""
        params = {"key": key, "target": target, "frame": frame, "delay": delay}
        return self._nothing("press", params, how)

    @verb
    def hover(
        self,
        target: str,
        *,
        frame: str | None = None,
        modifiers: Sequence[str] | None = None,
        position: Mapping[str, float] | None = None,
        force: bool | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Move the mouse over an element."""
        params = {
            "target": target,
            "frame": frame,
            "modifiers": modifiers,
            "position": position,
            "force": force,
        }
        return self._nothing("hover", params, how)

    @verb
    def select_option(
        self,
        target: str,
        value: str | Sequence[str] | None = None,
        *,
        label: str | Sequence[str] | None = None,
        index: int | Sequence[int] | None = None,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[tuple[str, ...]]:
        """Choose options of a `select` by value, label or index; returns the values chosen."""
        params = {"target": target, "value": value, "label": label, "index": index, "frame": frame}
        return self._result("select_option", params, how, tuple[str, ...])

    @verb
    def inner_text(
        self,
        target: str | None = None,
        *,
        frame: str | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[str]:
        """Return the text of an element as a person would read it; of the page without *target*.

        It comes whole, however long, unless *max_chars* says where to cut it.
        """
        params = {"target": target, "frame": frame, "max_chars": max_chars}
        return self._text("inner_text", params, how)

    @verb
    def content(self, *, max_chars: int | None = None, **how: Unpack[How]) -> Call[str]:
        """Return the page's HTML as it is now, whole unless *max_chars* says otherwise."""
        return self._text("content", {"max_chars": max_chars}, how)

    @verb
    def title(self, **how: Unpack[How]) -> Call[str]:
        """Return the page's title."""
        return self._result("title", {}, how, str)

    @verb
    def evaluate(
        self,
        expression: str,
        arg: Any = None,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[Any]:
        """Evaluate JavaScript, an expression or a function of *arg*, and return its value as JSON.

        Raises:
            EvaluationFailed: it threw; the details have the stack.
        """
        params = {"expression": expression, "arg": arg, "frame": frame}
        command = yield from self._succeed("evaluate", params, how)
        if command.artifacts:
            # Too large for the answer: the artifact has the value.
            return _read_json((yield from calls.fetch(command.artifacts[0])))
        return command.result

    def _nothing(self, action: str, params: dict[str, Any], how: How) -> Call[None]:
        yield from self._succeed(action, params, how)

    def _text(self, action: str, params: dict[str, Any], how: How) -> Call[str]:
        command = yield from self._succeed(action, params, how)
        if command.artifacts and params.get("max_chars") is None:
            return (yield from calls.fetch(command.artifacts[0])).decode()
        return _convert(command, str)

    def _result(self, action: str, params: dict[str, Any], how: How, kind: type[T]) -> Call[T]:
        command = yield from self._succeed(action, params, how)
        return _convert(command, kind)

    def _succeed(self, action: str, params: dict[str, Any], how: How) -> Call[Command]:
        given = {name: value for name, value in params.items() if value is not None}
        command = yield from self._submit(action, given, how)
        if not command.is_over:
            raise StillRunning(command)
        if not command.succeeded:
            raise failure(command)
        return command

    def _submit(self, action: str, params: Mapping[str, Any], how: How) -> Call[Command]:
        submission = Submission(
            action,
            params,
            page=how.get("page"),
            timeout=how.get("timeout"),
            request_id=how.get("request_id"),
            idempotent=how.get("idempotent"),
            if_offline=how.get("if_offline"),
            ttl=how.get("ttl"),
        )
        return calls.submit(self.agent_id, submission, wait=how.get("wait"))


def _convert(command: Command, kind: type[T]) -> T:
    try:
        return msgspec.convert(command.result, kind)
    except msgspec.ValidationError as error:
        raise UnexpectedAnswer(
            f"{command.action} on {command.agent_id} answered something else than this version "
            f"of xagent expects ({error}); `run` returns it as it is"
        ) from error


def _read_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"the artifact of the result is not JSON: {error}") from error
