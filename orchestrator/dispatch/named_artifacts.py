"""Which artifacts a command needs: those whose ids stand in its params, wherever that may be.

The orchestrator knows no action, so it does not know which param is an id. An id that merely
stands in some text is named by its caller all the same.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

_SHORTEST: Final = len(b'[""]') + 36
_ID: Final = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def named_artifacts(params: msgspec.Raw) -> set[str]:
    """Return whatever in *params* may be the id of an artifact."""
    text = bytes(params)
    if len(text) < _SHORTEST:
        return set()
    return {found.decode() for found in _ID.findall(text)}
