"""Act on the fields of a form: their text, their ticks, their options, their focus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from msgspec import Meta
from playwright.async_api import Error, Locator

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.held import Held, keys_of
from agent_runtime.actions.params import Force, Frame, Target
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="A key or a chord: Enter, a, ArrowDown, ControlOrMeta+a.",
    ),
]
TypedText = Annotated[str, Meta(max_length=100_000)]
TypingDelay = Annotated[float, Meta(ge=0, description="Milliseconds between two characters.")]

_REFUSED: Final = """([element], value) => {
  const field = element?.matches("input") ? element : element?.closest("label")?.control;
  if (!(field instanceof HTMLInputElement)) return null;
  const dated = ["date", "time", "month", "week", "datetime-local"].includes(field.type);
  const refused = dated ? value.trim() !== "" && field.value === ""
    : field.type === "range" && Number(field.value) !== Number(value);
  return refused ? `a ${field.type} field does not take ${JSON.stringify(value)}` : null;
}"""
"""Why a field did not take a value. The browser itself drops a date that is none, in silence."""


@action(family="act", reads=False, example={"target": "#email", "value": "ada@example.com"})
async def fill(
    call: Call, *, target: Target, value: str, frame: Frame | None = None, force: Force = False
) -> None:
    """Replace the text of an input, a textarea or an editable element by *value*."""
    async with call.element(target, frame) as element:
        await fill_element(call, element, target, value, force=force)


@action(family="act", reads=False, example={"target": "#email"})
async def clear(
    call: Call, *, target: Target, frame: Frame | None = None, force: Force = False
) -> None:
    """Empty an input, a textarea or an editable element."""
    async with call.element(target, frame) as element:
        await element.clear(force=force, timeout=call.patience_ms)


@action(family="act", reads=False, example={"key": "Enter", "target": "#search"})
async def press(
    call: Call,
    *,
    key: Key,
    target: Target | None = None,
    frame: Frame | None = None,
    delay: Annotated[float, Meta(ge=0, description="Milliseconds from down to up.")] = 0,
) -> None:
    """Press a key in an element; without a target, in whatever has the focus."""
    keys = keys_of(key)
    async with Held(call.page) as held:
        if delay or len(keys) > 1:
            held.press_keys(keys)
        with known_key(key):
            if target is None:
                await call.page.keyboard.press(key, delay=delay)
                return
            async with call.element(target, frame) as element:
                await element.press(key, delay=delay, timeout=call.patience_ms)


@action(family="act", reads=False, example={"target": "#code", "text": "271828", "delay": 50})
async def press_sequentially(
    call: Call,
    *,
    text: TypedText,
    target: Target | None = None,
    frame: Frame | None = None,
    delay: TypingDelay = 0,
) -> None:
    """Type a text key by key, for fields that watch each key; else `fill` is faster and safer.

    It goes into the target; without one, into whatever has the focus. What is there stays.
    """
    check_typing_time(call, text, delay)
    if target is None:
        await type_text(call, text, delay)
        return
    async with call.element(target, frame) as element:
        begin = text[:1] if delay else text
        await element.press_sequentially(begin, timeout=call.patience_ms)
    await type_text(call, text[len(begin) :], delay, is_first=False)


@action(family="act", reads=False, example={"target": "#search"})
async def focus(call: Call, *, target: Target, frame: Frame | None = None) -> None:
    """Give an element the focus, as the Tab key does."""
    async with call.element(target, frame) as element:
        await element.focus(timeout=call.patience_ms)


@action(family="act", reads=False, example={"target": "#search"})
async def blur(call: Call, *, target: Target, frame: Frame | None = None) -> None:
    """Take the focus away from an element; many fields check what they hold when they lose it."""
    async with call.element(target, frame) as element:
        await element.blur(timeout=call.patience_ms)


@action(family="act", reads=False, example={"target": "text=I accept the terms"})
async def check(
    call: Call, *, target: Target, frame: Frame | None = None, force: Force = False
) -> None:
    """Tick a checkbox, a radio button or a switch; nothing happens if it is ticked already."""
    async with call.element(target, frame) as element:
        await element.check(force=force, timeout=call.patience_ms)


@action(family="act", reads=False, example={"target": "text=Send me news"})
async def uncheck(
    call: Call, *, target: Target, frame: Frame | None = None, force: Force = False
) -> None:
    """Take the tick from a checkbox or a switch; nothing happens if it has none."""
    async with call.element(target, frame) as element:
        await element.uncheck(force=force, timeout=call.patience_ms)


@action(family="act", reads=False, example={"target": "#country", "label": "Norway"})
async def select_option(
    call: Call,
    *,
    target: Target,
    value: tuple[str, ...] | str | None = None,
    label: tuple[str, ...] | str | None = None,
    index: tuple[int, ...] | int | None = None,
    frame: Frame | None = None,
) -> list[str]:
    """Choose options of a `select` by value, label or index; returns the chosen values."""
    if value is None and label is None and index is None:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, "select_option needs one of value, label or index"
        )
    async with call.element(target, frame) as element:
        return await element.select_option(
            value=value, label=label, index=index, timeout=call.patience_ms
        )


@action(family="act", reads=False, example={"target": "#note"})
async def select_text(
    call: Call, *, target: Target, frame: Frame | None = None, force: Force = False
) -> None:
    """Select all the text of an element, as if the mouse were drawn over it."""
    async with call.element(target, frame) as element:
        await element.select_text(force=force, timeout=call.patience_ms)


async def fill_element(
    call: Call, element: Locator, target: str, value: str, *, force: bool = False
) -> None:
    """Fill *element*, and make sure that it took the value.

    Raises:
        ActionFailed: `not_actionable`; a field of its kind holds no such value.
        playwright.async_api.Error: whatever else went wrong.
    """
    await element.fill(value, force=force, timeout=call.patience_ms)
    why = None
    with contextlib.suppress(Error):  # it may have sent the page elsewhere, or be gone
        why = await element.evaluate_all(_REFUSED, value)
    if why is not None:
        raise ActionFailed(ErrorCode.NOT_ACTIONABLE, f"{target!r}: {why}", effect=Effect.PARTIAL)


async def type_text(call: Call, text: str, delay: float, *, is_first: bool = True) -> None:
    """Type *text* into what has the focus, with *delay* milliseconds between its characters.

    No key is down during the delay, so a command that is stopped then leaves none down.
    """
    if not delay:
        if text:
            await call.page.keyboard.type(text)
        return
    for character in text:
        if not is_first:
            await asyncio.sleep(delay / 1000)
        await call.page.keyboard.type(character)
        is_first = False


def check_typing_time(call: Call, text: str, delay: float) -> None:
    """Refuse a text that cannot be typed within the command's time.

    Raises:
        ActionFailed: `invalid_params`
    """
    seconds = delay * (len(text) - 1) / 1000
    if seconds * 1000 > call.patience_ms:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"delay: {len(text)} characters take {seconds:g} s, which is more than the command "
            f"has left: give it more time, or type faster",
        )


@contextmanager
def known_key(key: str) -> Iterator[None]:
    """Turn Playwright's complaint about *key* into `invalid_params`."""
    try:
        yield
    except Error as error:
        if "Unknown key" not in error.message:
            raise
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"key: there is no key {key!r}; names are those of KeyboardEvent.key, like Enter or a",
            # Of a chord, those before the one that is not there were pressed.
            effect=Effect.PARTIAL if len(keys_of(key)) > 1 else Effect.NONE,
        ) from error
