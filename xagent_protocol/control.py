"""Tokens of leases: what a person shows with all that they do to a page that they drive.

The person makes it up, and tells it with whatever they send. It is known from then on by its
digest alone: in the journals, on the wire to the agent and in the agent. So whoever reads any of
these can drive nothing, and a lease outlives a lost answer and a restart of the orchestrator.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

from msgspec import Meta

TOKEN_CHARS: Final = (22, 128)
"""The shortest that a token may be is 128 bits in base64."""

ControlToken = Annotated[
    str,
    Meta(
        min_length=TOKEN_CHARS[0],
        max_length=TOKEN_CHARS[1],
        pattern="^[A-Za-z0-9_-]+$",
        description="Of your own making, from a good source of chance, and another each time.",
    ),
]


def digest_of(token: str) -> str:
    """Return what a token is known by."""
    return hashlib.sha256(b"xagent control " + token.encode()).hexdigest()
