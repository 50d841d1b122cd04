"""What can be asked of an orchestrator, by blocking and awaiting callers alike."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from xagent_client import artifacts, calls
from xagent_client.artifacts import PathLike, Source
from xagent_client.exchange import Call
from xagent_client.models import (
    Agent,
    Artifact,
    ArtifactRef,
    Command,
    Enrolment,
    HasArtifact,
    Page,
    Share,
    SignInLink,
)
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
        requested_by: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Command]]:
        """List commands, newest first, a page at a time.

        A page may be short, or empty, and yet have a `next_cursor`.
        """
        return calls.list_commands(
            agent_id=agent_id,
            state=state,
            action=action,
            requested_by=requested_by,
            created_after=created_after,
            created_before=created_before,
            limit=limit,
            cursor=cursor,
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
    def sign_in_link(self, *, can_control: bool = True) -> Call[SignInLink]:
        """Make a link that signs one browser in to the dashboard, once, within five minutes.

        Without *can_control* that browser may only look.
        """
        return calls.make_sign_in_link(can_control=can_control)

    @verb
    def share(self, agent_id: str, *, expires_in: float = 3600.0) -> Call[Share]:
        """Make a link by which others may look at an agent, for *expires_in* seconds.

        Whoever has it sees the agent's pages, how its commands go, and pictures that they made;
        and can change nothing.
        """
        return calls.share(agent_id, expires_in)

    @verb
    def shares(self) -> Call[tuple[Share, ...]]:
        """List the shares that have not ended, newest first, without their links."""
        return calls.list_shares()

    @verb
    def end_share(self, share_id: str) -> Call[Share]:
        """End a share: whoever came by its link sees nothing more."""
        return calls.end_share(share_id)

    @verb
    def artifacts(
        self,
        *,
        agent_id: str | None = None,
        request_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Artifact]]:
        """List artifacts, newest first, a page at a time; of one agent or one command if named."""
        return artifacts.list_artifacts(
            agent_id=agent_id, request_id=request_id, limit=limit, cursor=cursor
        )

    @verb
    def artifact(self, artifact: HasArtifact | str) -> Call[bytes]:
        """Fetch the bytes of an artifact into memory.

        It may be given by its id, or by what names one: an `ArtifactRef`, or the result of an
        action that made one.
        """
        return artifacts.fetch(artifact)

    @verb
    def download(self, artifact: HasArtifact | str, to: BinaryIO | PathLike) -> Call[None]:
        """Stream the bytes of an artifact into a file: a path, or an open binary file.

        At the path there is the whole artifact afterwards, or what was there before.

        Raises:
            Refused: there is no such artifact, or no more.
            UnexpectedAnswer: what came is not what the orchestrator has.
        """
        return artifacts.download(artifact, to)

    @verb
    def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        content_type: str | None = None,
        request_id: str | None = None,
    ) -> Call[ArtifactRef]:
        """Stream a file, by its path or open, or bytes to the orchestrator.

        The id of what it answers can stand in the params of commands. *name* and *content_type*
        are taken from the file's own name if left out; *request_id* is of a command it belongs to.
        """
        return artifacts.upload(source, name=name, content_type=content_type, request_id=request_id)

    @verb
    def is_ready(self) -> Call[bool]:
        """Say whether the orchestrator is there and takes commands."""
        return calls.is_ready()
