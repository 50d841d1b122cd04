"""What a browser can be asked: one typed function an action, one family a file.

This is also all that a package of own actions needs (docs/own-actions.md):

    from agent_runtime.actions import Call, Target, action

    @action(family="shop", reads=True, example={"target": ".price"})
    async def price(call: Call, *, target: Target) -> float:
        \"\"\"Read a price.\"\"\"
        async with call.element(target) as element:
            return float(await element.inner_text(timeout=call.patience_ms))
"""

from __future__ import annotations

from agent_runtime.actions.artifacts import ArtifactStore
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.params import Frame, Label, MaxChars, Target, WaitUntil
from agent_runtime.actions.performer import Performer
from agent_runtime.actions.plugins import installed_registry
from agent_runtime.actions.registry import Action, ActionRegistry, action
from agent_runtime.actions.urls import Url
from agent_runtime.actions.vocabulary import standard_registry
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import ArtifactRef, Effect

__all__ = [
    # To write an action.
    "action",
    "Call",
    "ActionFailed",
    "ActionTimedOut",
    "ErrorCode",
    "Effect",
    "ArtifactRef",
    # Params that many actions share.
    "Target",
    "Frame",
    "Url",
    "WaitUntil",
    "MaxChars",
    "Label",
    # To have them run.
    "Action",
    "ActionRegistry",
    "ArtifactStore",
    "Performer",
    "installed_registry",
    "standard_registry",
]
