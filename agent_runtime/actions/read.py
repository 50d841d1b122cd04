"""Read what is on the page."""

from __future__ import annotations

from typing import Final

from agent_runtime.actions.call import Call
from agent_runtime.actions.params import Frame, MaxChars, Target
from agent_runtime.actions.registry import action

_TEXT: Final = "text/plain; charset=utf-8"


@action(family="read", reads=True, example={})
async def title(call: Call) -> str:
    """Return the page's title."""
    return await call.tab.read_title()


@action(family="read", reads=True, example={"target": "h1"})
async def inner_text(
    call: Call, *, target: Target = "body", frame: Frame | None = None, max_chars: MaxChars = 20_000
) -> str:
    """Return the text of an element as a person would read it; without a target, of the page."""
    async with call.element(target, frame) as element:
        text = await element.inner_text(timeout=call.patience_ms)
    return await call.text(text, max_chars, name="inner_text.txt", content_type=_TEXT)


@action(family="read", reads=True, example={})
async def content(call: Call, *, max_chars: MaxChars = 20_000) -> str:
    """Return the page's HTML as it is now."""
    html = await call.page.content()
    # Never served as a page: it is somebody else's markup.
    return await call.text(html, max_chars, name="content.html.txt", content_type=_TEXT)
