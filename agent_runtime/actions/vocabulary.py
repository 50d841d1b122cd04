"""The actions that every agent has: the modules of this package, gathered."""

from __future__ import annotations

from agent_runtime.actions import (
    act,
    agent,
    batch,
    dialogs,
    find,
    navigate,
    pages,
    read,
    scrape,
    screenshot,
    script,
    snapshot,
    wait,
)
from agent_runtime.actions.registry import ActionRegistry


def standard_registry() -> ActionRegistry:
    """Return the registry of Xagent's own actions."""
    return ActionRegistry.of(
        navigate,
        pages,
        read,
        snapshot,
        find,
        scrape,
        act,
        wait,
        script,
        dialogs,
        screenshot,
        agent,
        batch,
    )
