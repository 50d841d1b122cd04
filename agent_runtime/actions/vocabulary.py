"""The actions that every agent has: the modules of this package, gathered."""

from __future__ import annotations

from agent_runtime.actions import (
    act,
    agent,
    batch,
    capture,
    console,
    cookies,
    dialogs,
    emulate,
    fetch,
    navigate,
    network,
    pages,
    permissions,
    read,
    requests,
    routes,
    script,
    secrets,
    storage,
    storage_state,
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
        cookies,
        storage,
        storage_state,
        permissions,
        emulate,
        agent,
        batch,
    )
