"""What can be asked of an orchestrator, by blocking and awaiting callers alike."""

from __future__ import annotations

from typing import BinaryIO

from xagent_client import calls
from xagent_client.exchange import Call
from xagent_client.models import Agent, Command, Enrolment, HasArtifact, Page
from xagent_client.verbs import verb


class ClientVerbs:
    """The verbs of `Client` and `AsyncClient`."""

    @verb
    def agents(
        self, *, status: str | None = None, label: str | None = None
    ) -> Call[tuple[Agent, ...]]:
        """List the agents that ever enrolled.

        *status* is `connected` or `disconnected`; *label* is `key:value`.
        """
        return calls.list_agents(status=status, label=label)

    @verb
    def commands(
        self,
        *,
        agent_id: str | None = None,
        state: str | None = None,
        action: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Command]]:
        """List commands, newest first, a page at a time."""
        return calls.list_commands(
            agent_id=agent_id, state=state, action=action, limit=limit, cursor=cursor
        )

    @verb
    def command(self, request_id: str, *, wait: float = 0.0) -> Call[Command]:
        """Fetch one command, waiting up to *wait* seconds for its end.

        Raises:
            CommandNotFound: no command has this id.
        """
        return calls.get_command(request_id, wait=wait)

    @verb
    def cancel(self, request_id: str) -> Call[Command]:
        """Ask that a command be stopped, or never started; its end says which.

        A command that is over stays as it is.
        """
        return calls.cancel(request_id)

    @verb
    def enrol(self, agent_id: str) -> Call[Enrolment]:
        """Make a token with which an agent of that name may enrol, once, within the hour."""
        return calls.enrol(agent_id)

    @verb
    def artifact(self, artifact: HasArtifact | str) -> Call[bytes]:
        """Fetch the bytes of an artifact into memory.

        It may be given by its id, or by what names one: an `ArtifactRef`, or the result of an
        action that made one.
        """
        return calls.fetch(artifact)

    @verb
    def download(self, artifact: HasArtifact | str, sink: BinaryIO) -> Call[None]:
        """Stream the bytes of an artifact into an open binary file."""
        return calls.download(artifact, sink)

    @verb
    def is_ready(self) -> Call[bool]:
        """Say whether the orchestrator is there and takes commands."""
        return calls.is_ready()
