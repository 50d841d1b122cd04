"""What a browser can be asked: one typed function an action, one family a file."""

from __future__ import annotations

from agent_runtime.actions.artifacts import ArtifactStore
from agent_runtime.actions.performer import Performer
from agent_runtime.actions.registry import ActionRegistry, action
from agent_runtime.actions.vocabulary import standard_registry

__all__ = ["ActionRegistry", "ArtifactStore", "Performer", "action", "standard_registry"]
