"""What the policy, and the way out that it guards, say no with.

AgentError
├── BadPattern             an entry of a list of sites makes no sense
├── Unreachable            the policy has nothing against it, and no connection could be made
└── PolicyError            a URL is not opened; its code is what a command fails with
    ├── NotAUrl            it cannot be read, or not for certain
    └── BlockedByPolicy    it can, and this agent does not go there
"""

from __future__ import annotations

from typing import ClassVar

from agent_runtime.errors import AgentError
from agent_runtime.policy.obstacles import Obstacle
from xagent_protocol.errors import ErrorCode


class BadPattern(AgentError):
    """What should name sites names none."""


class Unreachable(AgentError):
    """Its name leads nowhere, or nobody answers there."""

    def __init__(self, obstacle: Obstacle) -> None:
        """Say why, in the words of *obstacle*."""
        super().__init__(obstacle.sentence)
        self.obstacle = obstacle


class PolicyError(AgentError):
    """Root of what is wrong with a URL that somebody wants to open; *details* is for programs."""

    code: ClassVar[ErrorCode]

    def __init__(self, message: str, details: dict[str, object] | None = None) -> None:
        """State it in one sentence that names the next step."""
        super().__init__(message)
        self.details = details


class NotAUrl(PolicyError):
    """No browser could open it, or it is not said clearly enough to be judged."""

    code = ErrorCode.INVALID_PARAMS


class BlockedByPolicy(PolicyError):
    """The agent's own settings keep its browser from there; nobody can ask it otherwise."""

    code = ErrorCode.BLOCKED_BY_POLICY

    @classmethod
    def by(cls, obstacle: Obstacle) -> BlockedByPolicy:
        """Say no in the words of *obstacle*."""
        return cls(obstacle.sentence, obstacle.details)
