"""Run JavaScript in the page, and Python in the agent where its own settings allow that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from msgspec import Meta
from playwright.async_api import Error, Frame as PageFrame, TimeoutError as PlaywrightTimeout

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.javascript import (
    ScriptFailed,
    own_frames_removed,
    run_in_frame,
    run_in_page,
)
from agent_runtime.actions.params import Frame
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

Json = Any
"""Whatever JSON can hold; msgspec has no recursive type for it."""

_GONE: Final = ("has been closed", "crashed")
_LEFT: Final = (
    *("Execution context was destroyed", "frame was detached", "Frame was detached"),
    *("Inspected target navigated or closed", "Promise was collected"),
)
_MAX_STACK: Final = 4_000


@action(family="script", reads=False, example={"expression": "document.links.length"})
async def evaluate(
    call: Call,
    *,
    expression: Annotated[
        str, Meta(min_length=1, description="An expression, or a function that is then called.")
    ],
    arg: Annotated[Json, Meta(description="The function's argument, as JSON.")] = None,
    frame: Frame | None = None,
) -> Json:
    """Evaluate JavaScript in the page and return its value as JSON.

    A promise is awaited. What JSON has no word for becomes text (dates, large integers, regular
    expressions, errors) or null (functions, circles). It counts as writing, since a script may do
    anything. A result that is too large for the answer becomes an artifact, and the answer is then
    `{"truncated": true, "artifact_id": …, "size": …}`.
    """
    if frame is None:
        with script_errors():
            return await run_in_page(call.tab, expression, arg)
    inside = await frame_of(call, frame)
    with script_errors():
        return await run_in_frame(inside, expression, arg)


async def frame_of(call: Call, frame: str) -> PageFrame:
    """Return the frame that the iframe *frame* holds.

    Raises:
        ActionFailed: nothing matches it, or no iframe does.
    """
    async with call.element(frame) as owner:
        handle = await owner.element_handle(timeout=call.patience_ms)
    inside = await handle.content_frame()
    if inside is None:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE, f"frame: {frame!r} is no iframe", effect=Effect.NONE
        )
    return inside


@contextmanager
def script_errors() -> Iterator[None]:
    """Turn what a script throws into `evaluation_failed`."""
    try:
        yield
    except PlaywrightTimeout:
        raise
    except ScriptFailed as error:
        raise _thrown(error.stack) from error
    except Error as error:
        message = error.message
        if any(sign in message.partition("\n")[0] for sign in _GONE):
            raise
        if any(sign in message for sign in _LEFT):
            raise ActionFailed(
                ErrorCode.EVALUATION_FAILED,
                "the page went to another document while the script ran: "
                "wait_for the load, then evaluate again",
                effect=Effect.PARTIAL,
            ) from error
        raise _thrown(message) from error


def _thrown(message: str) -> ActionFailed:
    stack = re.sub(r"^[A-Z][A-Za-z]+\.[a-z_]+: ", "", message)
    lines = own_frames_removed(stack)
    return ActionFailed(
        ErrorCode.EVALUATION_FAILED,
        f"the script failed: {lines[0][:500] if lines else 'it threw nothing'}",
        effect=Effect.PARTIAL,
        details={"stack": "\n".join(lines)[:_MAX_STACK]},
    )
