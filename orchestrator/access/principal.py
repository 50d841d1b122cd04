"""Who is calling, and what that opens: the guard makes it, routes ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xagent_protocol.ids import AgentId

SCOPE_KEY: Final = "xagent"
"""Where the guard leaves the `Principal` in the scope."""


class PrincipalKind(StrEnum):
    """What kind of caller was let in."""

    PUBLIC = "public"
    USER = "user"
    PERSON = "person"
    """A browser that signed in."""
    SHARE = "share"
    """A browser that came by a link to one agent."""
    AGENT = "agent"
    ENROLMENT = "enrolment"


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Principal:
    """Who is calling.

    *agent_id* is the one agent that an agent's credential or a share is for. *expires_at* is when
    a browser's admission ends in any case, in milliseconds since the epoch. *name* tells people
    which credential that may control it is, and opens nothing; it is recorded with what is asked.
    *lasts* says whether the credential is still good: whoever answers for longer than a moment (a
    stream, a socket) asks it again and again, and ends when it says no.
    """

    kind: PrincipalKind
    agent_id: AgentId | None = None
    can_control: bool = False
    expires_at: int | None = None
    name: str | None = None
    lasts: Callable[[], bool] = field(default=_always, compare=False, repr=False)

    @property
    def sees_all(self) -> bool:
        """Whether no agent is hidden from it."""
        return self.kind in (PrincipalKind.USER, PrincipalKind.PERSON)

    def may_see(self, agent_id: AgentId | None) -> bool:
        """Say whether it may look at an agent and what is the agent's; null is nobody's."""
        return self.sees_all or (agent_id is not None and agent_id == self.agent_id)

    def may_control(self, agent_id: AgentId) -> bool:
        """Say whether it may have an agent do something."""
        return self.can_control and self.may_see(agent_id)
