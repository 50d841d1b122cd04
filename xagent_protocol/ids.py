"""The identifiers that cross the wire, as distinct types with the patterns they obey.

A page id is not an agent id although both are strings: the type checker is to notice the swap.
"""

from __future__ import annotations

import re
from typing import Final, NewType

AgentId = NewType("AgentId", str)
"""The name an operator chose for an agent: a slug safe in a path, a file name and a host."""

RequestId = NewType("RequestId", str)
"""Names one command for ever; correlation and idempotency key in one."""

SessionId = NewType("SessionId", str)
"""One stay of an agent at the orchestrator."""

InstallId = NewType("InstallId", str)
"""Made when an agent's directory is created; another install under the same name is a stranger."""

JournalId = NewType("JournalId", str)
"""Made when an agent's journal is created; absence from another journal proves nothing."""

BootId = NewType("BootId", str)
"""Made at each start of an agent's process."""

PageId = NewType("PageId", str)
"""A tab: ``p1``, ``p2``, …; never reused and never positional."""

ChannelId = NewType("ChannelId", str)
"""One stream between a client and something on an agent, on a socket of its own."""

ArtifactId = NewType("ArtifactId", str)
"""Bytes that a command made or needs."""

AGENT_ID_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
REQUEST_ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"

_AGENT_ID = re.compile(AGENT_ID_PATTERN.replace("$", r"\Z"))
_REQUEST_ID = re.compile(REQUEST_ID_PATTERN.replace("$", r"\Z"))


def is_agent_id(text: str) -> bool:
    """Say whether *text* may name an agent."""
    return _AGENT_ID.match(text) is not None


def is_request_id(text: str) -> bool:
    """Say whether *text* may name a command."""
    return _REQUEST_ID.match(text) is not None
