"""Act on an element as a person would: each waits until the element can be acted on.

Here are the pointer's actions; the other files of the family have fields, forms, files, scrolling.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta
from playwright.async_api import Error, Locator, Position

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.held import Held
from agent_runtime.actions.params import Button, Force, Frame, Modifier, Point, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.touch import Fingers
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_PRESSED: Final = "move and down action done"
"""What Playwright's log of a drag says once it has the element and looks for where to drop it."""


HoldMilliseconds = Annotated[float, Meta(ge=0, description="Milliseconds from press to release.")]


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
    delay: HoldMilliseconds = 0,
    force: Force = False,
) -> None:
    """Click an element, once it is visible, enabled, still, and not covered by another."""
    async with _held(call, button, modifiers, delay), call.element(target, frame) as element:
        await element.click(
            button=button,
            click_count=click_count,
            modifiers=modifiers,
            position=_position(position),
            delay=delay,
            force=force,
            timeout=call.patience_ms,
        )


@action(family="act", reads=False, example={"target": "text=report.txt"})
async def dblclick(
    call: Call,
    *,
    target: Target,
    frame: Frame | None = None,
    button: Button = "left",
    modifiers: tuple[Modifier, ...] = (),
    position: Point | None = None,
    delay: HoldMilliseconds = 0,
    force: Force = False,
) -> None:
    """Click an element twice in quick succession, once it can be clicked."""
    async with _held(call, button, modifiers, delay), call.element(target, frame) as element:
        await element.dblclick(
            button=button,
            modifiers=modifiers,
            position=_position(position),
            delay=delay,
            force=force,
            timeout=call.patience_ms,
        )


@action(family="act", reads=False, example={"target": "text=Menu"})
async def tap(
    call: Call,
    *,
    target: Target,
    frame: Frame | None = None,
    position: Point | None = None,
    force: Force = False,
) -> None:
    """Touch an element with a finger, once it can be clicked; no touch screen is needed."""
    async with call.element(target, frame) as element:
        if force:
            await element.scroll_into_view_if_needed(timeout=call.patience_ms)
        else:
            await element.click(trial=True, position=_position(position), timeout=call.patience_ms)
        place = await _place(call, element, position)
        async with Fingers(call) as fingers:
            await fingers.tap(place)


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


@action(family="act", reads=False, example={"target": "#card-7", "to": "#done"})
async def drag_to(
    call: Call,
    *,
    target: Target,
    to: Annotated[Target, Meta(description="Where to drop it: a selector or a ref, as target.")],
    frame: Frame | None = None,
    source_position: Point | None = None,
    target_position: Point | None = None,
    steps: Annotated[
        int, Meta(ge=1, le=100, description="Movements of the mouse on the way; sites count them.")
    ] = 5,
    force: Force = False,
) -> None:
    """Drag an element with the mouse, and drop it on another of the same frame.

    If there is nowhere to drop it, it is let go where it was, which a page may take for a click.
    """
    async with Held(call.page) as held, call.element(target, frame) as source:
        async with call.element(to, frame) as goal:
            await goal.count()  # what names nothing is refused before anything is dragged
        held.press_button("left")
        try:
            await source.drag_to(
                goal,
                source_position=_position(source_position),
                target_position=_position(target_position),
                steps=steps,
                force=force,
                timeout=call.patience_ms,
            )
        except Error as error:
            if _PRESSED not in error.message:
                raise
            async with call.element(to, frame):
                raise


@action(
    family="act",
    reads=False,
    example={"target": "#video", "type": "seeked", "event_init": {"bubbles": True}},
)
async def dispatch_event(
    call: Call,
    *,
    target: Target,
    type: Annotated[
        str, Meta(min_length=1, max_length=200, description="The event's name, such as input.")
    ],
    event_init: Annotated[dict[str, Any], Meta(description="The event's properties.")]
    | None = None,
    frame: Frame | None = None,
) -> None:
    """Let an element receive an event of that name, whether or not it can be seen.

    It comes from a script, and a page can tell; where a person would act, use the action for it.
    """
    async with call.element(target, frame) as element:
        await element.dispatch_event(type, event_init, timeout=call.patience_ms)


def _held(call: Call, button: Button, modifiers: tuple[Modifier, ...], delay: float) -> Held:
    """Return what a click may leave down if it is stopped while it holds something."""
    held = Held(call.page)
    if delay or modifiers:
        held.press_keys(modifiers)
        held.press_button(button)
    return held


def _position(point: Point | None) -> Position | None:
    return Position(x=point.x, y=point.y) if point is not None else None


async def _place(call: Call, element: Locator, position: Point | None) -> tuple[float, float]:
    box = await element.bounding_box(timeout=call.patience_ms)
    if box is None:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            "the element is not visible, so there is no place to touch",
            effect=Effect.NONE,
        )
    if position is not None:
        return box["x"] + position.x, box["y"] + position.y
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
