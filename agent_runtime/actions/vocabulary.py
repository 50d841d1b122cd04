"""The actions that every agent has: the modules of this package, gathered."""

from __future__ import annotations

from agent_runtime.actions import (
    act,
    agent,
    batch,
    capture,
    console,
    dialogs,
    fetch,
    navigate,
    network,
    pages,
    read,
    requests,
    routes,
    script,
    secrets,
    wait,
)
from agent_runtime.actions.registry import ActionRegistry


def standard_registry() -> ActionRegistry:
    """Return the registry of Xagent's own actions."""
    return ActionRegistry.of(
        navigate,
        pages,
        read,
        act,
        wait,
        script,
        dialogs,
        secrets,
        capture,
        network,
        routes,
        requests,
        fetch,
        console,
        agent,
        batch,
    )
