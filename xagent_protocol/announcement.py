"""How an agent says what it can do without saying it each time.

A hundred actions with their schemas are 147 kB, and a fleet that comes back after a restart says
the same ones as often as it has agents. So whoever dials names the digest of its announcement in a
header of the handshake, an orchestrator that knows it names it in its answer, and then the hello
carries the digest in its place. Without the answer, from an older orchestrator or through a proxy
that drops headers, the announcement is said whole.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

import msgspec

HEADER: Final = "Xagent-Announcement"

_SHORT: Final = re.compile(rb'"([0-9a-f]{64})"')


def digest_of(announcement: msgspec.Raw) -> str:
    """Return the SHA-256 of an announcement as it is spelled, in hexadecimal."""
    return hashlib.sha256(announcement).hexdigest()


def short(digest: str) -> msgspec.Raw:
    """Return what stands for the announcement of this digest."""
    return msgspec.Raw(b'"' + digest.encode() + b'"')


def digest_in(announcement: msgspec.Raw) -> str | None:
    """Return the digest that stands for an announcement; null if it is said whole."""
    found = _SHORT.fullmatch(announcement)
    return found[1].decode() if found else None
