"""What can be asked of one agent, by blocking and awaiting callers alike.

Every standard action is a typed verb; `run` reaches whatever else the agent announces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xagent_client import calls
from xagent_client.actions import ActionVerbs
from xagent_client.asking import How
from xagent_client.exchange import Call
from xagent_client.models import ActionSpec, Agent, Command, Page, Session
from xagent_client.verbs import verb


class AgentVerbs(ActionVerbs):
    """The verbs of `AgentHandle` and `AsyncAgentHandle`."""

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
        self,
        action: str,
        /,
        params: Mapping[str, Any] | None = None,
        *,
        page: str | None = None,
        timeout: float | None = None,
        wait: float | None = None,
        request_id: str | None = None,
        record: str | None = None,
        if_controlled: str | None = None,
        control_token: str | None = None,
        idempotent: bool | None = None,
        if_offline: str | None = None,
        ttl: float | None = None,
        **more: Any,
    ) -> Call[Command]:
        """Run any action and return its command, however it ended, or as far as it came.

        Its params are keywords, or a mapping where one of them is called like a keyword of ours.
        The typed verbs raise when a command fails; this does not.

        Raises:
            Refused: the orchestrator did not take the command; the subclass says why.
            Unreachable: it did not answer; with a request id if the command may run.
        """
        how: How = {
            "page": page,
            "timeout": timeout,
            "wait": wait,
            "request_id": request_id,
            "record": record,
            "if_controlled": if_controlled,
            "control_token": control_token,
            "idempotent": idempotent,
            "if_offline": if_offline,
            "ttl": ttl,
        }
        return self._submit(action, {**(params or {}), **more}, how)
