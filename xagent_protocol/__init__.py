"""The wire between orchestrator and agent: messages, codec, state tables, error codes.

Nothing in this package does I/O, reads a clock or knows asyncio, so that both ends, every test
and a future third implementation share exactly one account of what may be said when.
"""

from __future__ import annotations

from typing import Final

__all__ = ["OLDEST_PROTOCOL", "PROTOCOL", "SUBPROTOCOL"]

PROTOCOL: Final = 1
"""The newest version of the wire that this code speaks."""

OLDEST_PROTOCOL: Final = 1
"""The oldest version of the wire that this code still speaks."""

SUBPROTOCOL: Final = "xagent.v1"
"""The WebSocket subprotocol both ends name in the upgrade (RFC 6455, section 1.9)."""
