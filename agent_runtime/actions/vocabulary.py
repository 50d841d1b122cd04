"""The actions that every agent has: the modules of this package, gathered."""

from __future__ import annotations

from agent_runtime.actions import (
    act,
    agent,
    batch,
    console,
    cookies,
    dialogs,
    emulate,
    fetch,
    find,
    har,
    navigate,
    network,
    pages,
    permissions,
    read,
    requests,
    routes,
    scrape,
    screenshot,
    script,
    secrets,
    snapshot,
    storage,
    storage_state,
    tracing,
    video,
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
        secrets,
        screenshot,
        tracing,
        har,
        video,
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
