"""New identifiers: UUIDs of version 7 (RFC 9562, section 5.7), which sort by their time.

Rows that are written together then lie together in the primary key's index.
"""

from __future__ import annotations

import os
import time

from xagent_protocol.ids import ArtifactId, RequestId, SessionId


def uuid7() -> str:
    """Return 48 bits of milliseconds and 74 random bits, in the usual form."""
    milliseconds = time.time_ns() // 1_000_000
    random = os.urandom(10).hex()
    time_part = f"{milliseconds:012x}"
    variant = "89ab"[int(random[3], 16) & 3]
    return f"{time_part[:8]}-{time_part[8:]}-7{random[:3]}-{variant}{random[4:7]}-{random[7:19]}"


def new_request_id() -> RequestId:
    """Return an id for a command whose caller chose none."""
    return RequestId(uuid7())


def new_session_id() -> SessionId:
    """Return an id for a stay of an agent."""
    return SessionId(uuid7())


def new_artifact_id() -> ArtifactId:
    """Return an id for bytes."""
    return ArtifactId(uuid7())
