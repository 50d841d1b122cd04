"""What can be asked of one agent, by blocking and awaiting callers alike.

The typed verbs are the everyday ones; `run` reaches every action that the agent announces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from xagent_client import calls
from xagent_client.asking import How
from xagent_client.exchange import Call
from xagent_client.models import ActionSpec, Agent, Command, Page, Session
from xagent_client.page_verbs import PageVerbs
from xagent_client.verbs import verb


class AgentVerbs(PageVerbs):
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
        self, action: str, params: Mapping[str, Any] | None = None, **how: Unpack[How]
    ) -> Call[Command]:
        """Run any action and return its command, however it ended, or as far as it came.

        The typed verbs raise when a command fails; this does not.

        Raises:
            Refused: the orchestrator did not take the command; the subclass says why.
            Unreachable: it did not answer; with a request id if the command may run.
        """
        return self._submit(action, params or {}, how)
