"""What can stop an agent, or keep it from its orchestrator.

    AgentError                    each ends the process with its one sentence, if nobody handles it
    ├── InvalidSettings           a flag or a variable is wrong (exit status 2)
    ├── DirectoryUnusable         the agent's directory cannot be made, written or read
    ├── AlreadyRunning            another process holds the agent's profile
    ├── NotWelcome                the orchestrator refuses this agent for good (exit status 78)
    │   ├── Superseded            a newer connection of the same install took its place
    │   └── EnrolmentNeeded       its credential is not known, and it has nothing to enrol with
    ├── NameTaken                 another install holds the name; it may be free later
    ├── OrchestratorUnreachable   no answer, or one that no orchestrator would give; try again
    ├── JournalUnwritable         a command's beginning cannot be noted; only the command fails
    ├── ArtifactUploadFailed      bytes that a command made could not be handed over
    └── ArtifactUnavailable       bytes that a command needs could not be had

The browser's and the actions' own errors stand beside them, and derive from `AgentError` too.
"""

from __future__ import annotations

from typing import ClassVar


class AgentError(Exception):
    """Root of the agent's errors; its text is one sentence that names the next step."""

    exit_status: ClassVar[int] = 1


class InvalidSettings(AgentError):
    """A flag, a variable or a combination of them makes no sense."""

    exit_status = 2


class DirectoryUnusable(AgentError):
    """The agent's directory, or a file in it, cannot be used."""


class AlreadyRunning(AgentError):
    """Another process holds this agent's directory."""


class NotWelcome(AgentError):
    """The orchestrator refuses this agent for good; starting it again will not help.

    The status is `EX_CONFIG` of sysexits.h: supervisors take it as a reason not to restart.
    """

    exit_status = 78


class Superseded(NotWelcome):
    """A newer connection of the same install took this one's place."""


class EnrolmentNeeded(NotWelcome):
    """The orchestrator does not know this credential, and there is nothing to enrol with."""


class NameTaken(AgentError):
    """Another install holds this agent's name for now."""


class OrchestratorUnreachable(AgentError):
    """The orchestrator did not answer, or something else answered in its place."""


class JournalUnwritable(AgentError):
    """The journal does not take the beginning of a command, which must not begin therefore."""


class ArtifactUploadFailed(AgentError):
    """The orchestrator did not take an artifact."""


class ArtifactUnavailable(AgentError):
    """The orchestrator has no such artifact, or not for this agent, or cannot be asked."""
