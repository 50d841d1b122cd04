"""New identifiers: UUIDs of version 7 (RFC 9562, section 5.7), which sort by their time.

Rows that are written together then lie together in the primary key's index.
"""

from __future__ import annotations

import time
from random import getrandbits

from xagent_protocol.ids import ArtifactId, RequestId, SessionId


def uuid7() -> str:
    """Return 48 bits of milliseconds and 74 random bits, in the usual form."""
    chance = getrandbits(74)
    number = (
        (time.time_ns() // 1_000_000) << 80
        | 0x7000_0000_0000_0000_0000
        | (chance >> 62) << 64
        | 0x8000_0000_0000_0000
        | chance & 0x3FFF_FFFF_FFFF_FFFF
    )
    text = f"{number:032x}"
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
