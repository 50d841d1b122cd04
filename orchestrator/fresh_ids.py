"""New identifiers: UUIDs of version 7 (RFC 9562, section 5.7), which sort by their time.

Rows that are written together then lie together in the primary key's index.
"""

from __future__ import annotations

import secrets
import time
from uuid import UUID

from xagent_protocol.ids import ArtifactId, RequestId, SessionId


def uuid7() -> str:
    """Return 48 bits of milliseconds and 74 random bits, in the usual form."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    number = (
        milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0x2 << 62 | random & (1 << 62) - 1
    )
    return str(UUID(int=number))


def new_request_id() -> RequestId:
    """Return an id for a command whose caller chose none."""
    return RequestId(uuid7())


def new_session_id() -> SessionId:
    """Return an id for a stay of an agent."""
    return SessionId(uuid7())


def new_artifact_id() -> ArtifactId:
    """Return an id for bytes."""
    return ArtifactId(uuid7())
