"""The actions that every agent has: the modules of this package, gathered."""

from __future__ import annotations

from agent_runtime.actions import (
    act,
    agent,
    batch,
    capture,
    control,
    dialogs,
    navigate,
    pages,
    read,
    script,
    wait,
)
from agent_runtime.actions.registry import ActionRegistry


def standard_registry() -> ActionRegistry:
    """Return the registry of Xagent's own actions."""
    return ActionRegistry.of(
        navigate, pages, read, act, wait, script, dialogs, capture, control, agent, batch
    )
