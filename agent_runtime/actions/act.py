"""Act on an element as a person would: each waits until the element can be acted on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from msgspec import Meta
from playwright.async_api import Error, Position

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Button, Frame, Modifier, Target
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in CSS pixels, from the element's upper left corner."""

    x: float
    y: float


Force = Annotated[bool, Meta(description="Act even where a person could not.")]


@action(family="act", reads=False, example={"target": "role=button[name='Buy']"})
async def click(
    call: Call,
    *,
    target: Target,
    frame: Frame | None = None,
    button: Button = "left",
    click_count: Annotated[int, Meta(ge=1, le=3)] = 1,
    modifiers: tuple[Modifier, ...] = (),
    position: Point | None = None,
    delay: Annotated[float, Meta(ge=0, description="Milliseconds between press and release.")] = 0,
    force: Force = False,
) -> None:
    """Click an element, once it is visible, enabled, still, and not covered by another."""
    async with call.element(target, frame) as element:
        await element.click(
            button=button,
            click_count=click_count,
            modifiers=modifiers,
            position=_position(position),
            delay=delay,
            force=force,
            timeout=call.patience_ms,
        )


@action(family="act", reads=False, example={"target": "text=Menu"})
async def hover(
    call: Call,
    *,
    target: Target,
    frame: Frame | None = None,
    modifiers: tuple[Modifier, ...] = (),
    position: Point | None = None,
    force: Force = False,
) -> None:
    """Move the mouse over an element."""
    async with call.element(target, frame) as element:
        await element.hover(
            modifiers=modifiers,
            position=_position(position),
            force=force,
            timeout=call.patience_ms,
        )


@action(family="act", reads=False, example={"target": "#email", "value": "ada@example.com"})
async def fill(
    call: Call, *, target: Target, value: str, frame: Frame | None = None, force: Force = False
) -> None:
    """Replace the text of an input, a textarea or an editable element by *value*."""
    async with call.element(target, frame) as element:
        await element.fill(value, force=force, timeout=call.patience_ms)


@action(family="act", reads=False, example={"key": "Enter", "target": "#search"})
async def press(
    call: Call,
    *,
    key: Annotated[
        str,
        Meta(min_length=1, description="A key or a chord: Enter, a, ArrowDown, ControlOrMeta+a."),
    ],
    target: Target | None = None,
    frame: Frame | None = None,
    delay: Annotated[float, Meta(ge=0, description="Milliseconds between down and up.")] = 0,
) -> None:
    """Press a key in an element; without a target, in whatever has the focus."""
    with _known_key(key):
        if target is None:
            await call.page.keyboard.press(key, delay=delay)
            return
        async with call.element(target, frame) as element:
            await element.press(key, delay=delay, timeout=call.patience_ms)


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


def _position(point: Point | None) -> Position | None:
    return Position(x=point.x, y=point.y) if point is not None else None


@contextmanager
def _known_key(key: str) -> Iterator[None]:
    try:
        yield
    except Error as error:
        if "Unknown key" not in error.message:
            raise
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS,
            f"key: there is no key {key!r}; names are those of KeyboardEvent.key, like Enter or a",
        ) from error
