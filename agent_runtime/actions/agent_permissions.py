"""What the agent's own settings allow; nobody can allow it from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Permissions:
    """Each is off unless whoever runs the agent turned it on.

    *code*: Python that a command brings along may run in the agent's process.
    """

    code: bool = False
