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
    random = os.urandom(10)
    high = int.from_bytes(random[:2]) & 0x0FFF | 0x7000
    low = int.from_bytes(random[2:]) & (1 << 62) - 1 | 1 << 63
    text = f"{milliseconds:012x}{high:04x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_request_id() -> RequestId:
    """Return an id for a command whose caller chose none."""
    return RequestId(uuid7())


def new_session_id() -> SessionId:
    """Return an id for a stay of an agent."""
    return SessionId(uuid7())


def new_artifact_id() -> ArtifactId:
    """Return an id for bytes."""
    return ArtifactId(uuid7())
