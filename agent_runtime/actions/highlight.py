"""Show people who look on which element is meant."""

from __future__ import annotations

from agent_runtime.actions.call import Call
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action


@action(family="act", reads=False, example={"target": "role=button[name='Buy']"})
async def highlight(call: Call, *, target: Target, frame: Frame | None = None) -> None:
    """Draw a frame around an element, for whoever looks on; the page itself feels nothing.

    It stands there, in screenshots too, until `hide_highlight` or another document.
    """
    async with call.element(target, frame) as element:
        await element.wait_for(timeout=call.patience_ms)
        await element.highlight()


@action(family="act", reads=False, example={})
async def hide_highlight(call: Call) -> None:
    """Take away every frame that `highlight` drew on the page."""
    await call.page.hide_highlight()
