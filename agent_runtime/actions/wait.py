"""Wait for something to be so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from playwright.async_api import TimeoutError as PlaywrightTimeout

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.script import Json, script_errors
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect


class Waited(msgspec.Struct, frozen=True):
    """All that was waited for is so; the page's URL by then."""

    url: str


@action(family="wait", reads=False, example={"text": "Order confirmed"})
async def wait_for(
    call: Call,
    *,
    selector: Target | None = None,
    state: Literal["attached", "detached", "visible", "hidden"] = "visible",
    frame: Frame | None = None,
    text: Annotated[str, Meta(min_length=1, description="To be seen anywhere.")] | None = None,
    text_gone: Annotated[str, Meta(min_length=1, description="No longer to be seen.")]
    | None = None,
    url: Annotated[str, Meta(min_length=1, description="A URL, or a glob: **/done?*")]
    | None = None,
    load_state: Literal["domcontentloaded", "load", "networkidle"] | None = None,
    function: Annotated[str, Meta(min_length=1, description="JavaScript, to be truthy.")]
    | None = None,
    arg: Annotated[Json, Meta(description="The function's argument, as JSON.")] = None,
    milliseconds: Annotated[float, Meta(ge=0)] | None = None,
) -> Waited:
    """Wait until all of what is given is so, within the command's timeout.

    At least one of selector, text, text_gone, url, load_state, function, milliseconds. It counts
    as writing, since a function may do anything.
    """
    page = call.page
    given = (selector, text, text_gone, url, load_state, function, milliseconds)
    if all(one is None for one in given):
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            "wait_for needs one of selector, text, text_gone, url, load_state, function, "
            "milliseconds",
        )
    if selector is not None:
        await _element(call, selector, frame, state)
    if text is not None:
        with _waiting(f"the text {text[:100]!r} to be seen"):
            await (
                page.get_by_text(text).filter(visible=True).first.wait_for(timeout=call.patience_ms)
            )
    if text_gone is not None:
        with _waiting(f"the text {text_gone[:100]!r} to be gone"):
            await (
                page.get_by_text(text_gone)
                .filter(visible=True)
                .first.wait_for(state="detached", timeout=call.patience_ms)
            )
    if url is not None:
        with _waiting(f"the URL {url[:200]!r}"):
            await page.wait_for_url(url, wait_until="commit", timeout=call.patience_ms)
    if load_state is not None:
        with _waiting(f"the load state {load_state!r}"):
            await page.wait_for_load_state(load_state, timeout=call.patience_ms)
    if function is not None:
        with _waiting("the function to be truthy", Effect.PARTIAL), script_errors():
            handle = await page.wait_for_function(function, arg=arg, timeout=call.patience_ms)
            await handle.dispose()
    if milliseconds is not None:
        await _pause(call, milliseconds, Effect.NONE if function is None else Effect.PARTIAL)
    return Waited(page.url)


async def _element(
    call: Call,
    selector: str,
    frame: str | None,
    state: Literal["attached", "detached", "visible", "hidden"],
) -> None:
    try:
        async with call.element(selector, frame) as element:
            await element.wait_for(state=state, timeout=call.patience_ms)
    except ActionFailed as failure:
        # Refs are looked up at once; one that is gone is what was waited for.
        if failure.code == ErrorCode.STALE_REF and state in ("detached", "hidden"):
            return
        if isinstance(failure, ActionTimedOut):
            raise ActionTimedOut(
                f"{selector!r} is there, but not {state} in time", Effect.NONE
            ) from failure
        raise


async def _pause(call: Call, milliseconds: float, effect: Effect) -> None:
    patience_ms = call.patience_ms
    await asyncio.sleep(min(milliseconds, patience_ms) / 1000)
    if milliseconds > patience_ms:
        raise ActionTimedOut(
            f"{milliseconds:g} milliseconds do not fit into the command's timeout", effect
        )


@contextmanager
def _waiting(what: str, effect: Effect = Effect.NONE) -> Iterator[None]:
    try:
        yield
    except PlaywrightTimeout as error:
        raise ActionTimedOut(f"waited in vain for {what}", effect) from error
