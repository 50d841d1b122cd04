"""Mouse, keyboard and fingers as such, by places in the window instead of elements.

For canvases, maps, games and whatever else has no elements to name. Several steps are one command,
so that nothing comes between a button's down and its up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec
from msgspec import Meta
from playwright.async_api import Mouse

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.fields import Key, TypedText, TypingDelay, known_key, type_text
from agent_runtime.actions.held import Held, keys_of
from agent_runtime.actions.params import Button
from agent_runtime.actions.registry import action
from agent_runtime.actions.touch import Fingers
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

MAX_STEPS: Final = 500

Coordinate = Annotated[float, Meta(ge=-100_000, le=100_000)]
Milliseconds = Annotated[float, Meta(ge=0, le=3_600_000)]
StepT = TypeVar("StepT", bound="_Step")


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """What is done; x and y are CSS pixels from the window's upper left corner."""


class Pause(_Step, frozen=True, tag="pause"):
    """Let time pass."""

    milliseconds: Milliseconds


class MoveMouse(_Step, frozen=True, tag="move"):
    """Move the mouse there, in so many movements."""

    x: Coordinate
    y: Coordinate
    steps: Annotated[int, Meta(ge=1, le=1000)] = 1


class ButtonDown(_Step, frozen=True, tag="down"):
    """Press a button where the mouse is."""

    button: Button = "left"


class ButtonUp(_Step, frozen=True, tag="up"):
    """Let a button go."""

    button: Button = "left"


class Click(_Step, frozen=True, tag="click"):
    """Click there."""

    x: Coordinate
    y: Coordinate
    button: Button = "left"
    click_count: Annotated[int, Meta(ge=1, le=3)] = 1
    delay: Milliseconds = 0


class DoubleClick(_Step, frozen=True, tag="dblclick"):
    """Click there twice in quick succession."""

    x: Coordinate
    y: Coordinate
    button: Button = "left"


class Wheel(_Step, frozen=True, tag="wheel"):
    """Turn the wheel where the mouse is, in pixels to the right and down."""

    dx: Coordinate = 0
    dy: Coordinate = 0


class KeyDown(_Step, frozen=True, tag="down"):
    """Press a key and hold it."""

    key: Key


class KeyUp(_Step, frozen=True, tag="up"):
    """Let a key go."""

    key: Key


class KeyPress(_Step, frozen=True, tag="press"):
    """Press a key or a chord, and let it go."""

    key: Key
    delay: Milliseconds = 0


class Type(_Step, frozen=True, tag="type"):
    """Type a text key by key."""

    text: TypedText
    delay: TypingDelay = 0


class InsertText(_Step, frozen=True, tag="insert_text"):
    """Let a text appear at once, as an input method does, without any key."""

    text: TypedText


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the window, in CSS pixels from its upper left corner."""

    x: Coordinate
    y: Coordinate


Places = Annotated[tuple[Place, ...], Meta(min_length=1, max_length=10)]


class Tap(_Step, frozen=True, tag="tap"):
    """Touch a place for a moment."""

    x: Coordinate
    y: Coordinate


class TouchStart(_Step, frozen=True, tag="start"):
    """Put one finger on each place."""

    points: Places


class TouchMove(_Step, frozen=True, tag="move"):
    """Move each finger to its new place, in so many movements."""

    points: Places
    steps: Annotated[int, Meta(ge=1, le=1000)] = 10


class TouchEnd(_Step, frozen=True, tag="end"):
    """Lift all fingers."""


MouseStep: TypeAlias = MoveMouse | ButtonDown | ButtonUp | Click | DoubleClick | Wheel | Pause
KeyboardStep: TypeAlias = KeyDown | KeyUp | KeyPress | Type | InsertText | Pause
TouchStep: TypeAlias = Tap | TouchStart | TouchMove | TouchEnd | Pause

_Many = Meta(
    min_length=1, max_length=MAX_STEPS, description="In their order; `do` says what is done."
)


@action(
    family="input",
    reads=False,
    example={
        "steps": [
            {"do": "move", "x": 100, "y": 100},
            {"do": "down"},
            {"do": "move", "x": 300, "y": 200, "steps": 10},
            {"do": "up"},
        ]
    },
)
async def mouse(call: Call, *, steps: Annotated[tuple[MouseStep, ...], _Many]) -> None:
    """Use the mouse by places in the window; a screenshot shows where things are.

    When a step fails, the error says how many were done before it, and buttons that these left
    down are let go. After a success they stay down until another command lets them go.
    """
    await _check_places(call, steps)
    async with Held(call.page) as held:
        await _each(call, steps, lambda step: _use_mouse(call, held, step))


@action(
    family="input",
    reads=False,
    example={
        "steps": [
            {"do": "down", "key": "Shift"},
            {"do": "press", "key": "ArrowRight"},
            {"do": "up", "key": "Shift"},
            {"do": "type", "text": "hello"},
        ]
    },
)
async def keyboard(call: Call, *, steps: Annotated[tuple[KeyboardStep, ...], _Many]) -> None:
    """Use the keyboard on whatever has the focus.

    When a step fails, the error says how many were done before it, and keys that these left down
    are let go. After a success they stay down until another command lets them go.
    """
    async with Held(call.page) as held:
        await _each(call, steps, lambda step: _use_keyboard(call, held, step))


@action(
    family="input",
    reads=False,
    example={
        "steps": [
            {"do": "start", "points": [{"x": 200, "y": 500}]},
            {"do": "move", "points": [{"x": 200, "y": 100}]},
            {"do": "end"},
        ]
    },
)
async def touch(call: Call, *, steps: Annotated[tuple[TouchStep, ...], _Many]) -> None:
    """Touch the page with one finger or several: tap, swipe, pinch.

    When a step fails, the error says how many were done before it, and no finger stays.
    """
    _check_fingers(steps)
    await _check_places(call, steps)
    async with Fingers(call) as fingers:
        await _each(call, steps, lambda step: _use_fingers(fingers, step))


async def _use_mouse(call: Call, held: Held, step: MouseStep) -> None:
    device: Mouse = call.page.mouse
    match step:
        case Pause():
            await _pause(step)
        case MoveMouse():
            await device.move(step.x, step.y, steps=step.steps)
        case ButtonDown():
            held.press_button(step.button)
            await device.down(button=step.button)
        case ButtonUp():
            await device.up(button=step.button)
            held.release_button(step.button)
        case Click():
            held.press_button(step.button)
            await device.click(
                step.x,
                step.y,
                button=step.button,
                click_count=step.click_count,
                delay=step.delay,
            )
            held.release_button(step.button)
        case DoubleClick():
            held.press_button(step.button)
            await device.dblclick(step.x, step.y, button=step.button)
            held.release_button(step.button)
        case Wheel():
            await device.wheel(step.dx, step.dy)


async def _use_keyboard(call: Call, held: Held, step: KeyboardStep) -> None:
    device = call.page.keyboard
    match step:
        case Pause():
            await _pause(step)
        case KeyDown():
            with known_key(step.key):
                await device.down(step.key)
            held.press_keys([step.key])
        case KeyUp():
            with known_key(step.key):
                await device.up(step.key)
            held.release_keys([step.key])
        case KeyPress():
            keys = keys_of(step.key)
            held.press_keys(keys)
            with known_key(step.key):
                await device.press(step.key, delay=step.delay)
            held.release_keys(keys)
        case Type():
            await type_text(call, step.text, step.delay)
        case InsertText():
            await device.insert_text(step.text)


async def _use_fingers(fingers: Fingers, step: TouchStep) -> None:
    match step:
        case Pause():
            await _pause(step)
        case Tap():
            await fingers.tap((step.x, step.y))
        case TouchStart():
            await fingers.down([(point.x, point.y) for point in step.points])
        case TouchMove():
            await fingers.move([(point.x, point.y) for point in step.points], step.steps)
        case TouchEnd():
            await fingers.up()


async def _pause(step: Pause) -> None:
    await asyncio.sleep(step.milliseconds / 1000)


async def _each(call: Call, steps: Sequence[StepT], do: Callable[[StepT], Awaitable[None]]) -> None:
    """Do one step after the other; a failure says which it was, and that those before were done."""
    for number, step in enumerate(steps):
        try:
            async with asyncio.timeout(call.patience_ms / 1000):
                await do(step)
        except TimeoutError as error:
            raise _of_step(
                steps, number, ActionTimedOut("it was not done within the command's time")
            ) from error
        except ActionFailed as failure:
            raise _of_step(steps, number, failure) from failure


def _of_step(steps: Sequence[_Step], number: int, failure: ActionFailed) -> ActionFailed:
    before = "; the steps before it were done" if number else ""
    message = f"steps.{number} ({_verb(steps[number])}): {failure}{before}"
    effect = Effect.PARTIAL if number else failure.effect
    details = {**(failure.details or {}), "step": number, "done": number}
    if isinstance(failure, ActionTimedOut):
        return ActionTimedOut(message, effect, details=details)
    return ActionFailed(failure.code, message, effect=effect, details=details)


def _verb(step: _Step) -> str:
    return str(step.__struct_config__.tag)


async def _check_places(call: Call, steps: Sequence[_Step]) -> None:
    """Refuse a click or a touch outside of the window, which would be felt by nothing."""
    pressed = [
        (f"steps.{number}", place) for number, step in enumerate(steps) for place in _felt(step)
    ]
    if not pressed:
        return
    width, height = await _window(call)
    for where, (x, y) in pressed:
        if not (0 <= x < width and 0 <= y < height):
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS,
                f"{where}: ({x:g}, {y:g}) is outside of the window, which is {width} by {height}: "
                "scroll first, and take a screenshot to see where things are",
            )


def _felt(step: _Step) -> list[tuple[float, float]]:
    match step:
        case Click() | DoubleClick() | Tap():
            return [(step.x, step.y)]
        case TouchStart():
            return [(point.x, point.y) for point in step.points]
    return []


async def _window(call: Call) -> tuple[int, int]:
    size = call.page.viewport_size
    if size is not None:
        return size["width"], size["height"]
    width, height = await call.page.evaluate("[innerWidth, innerHeight]")
    return width, height


def _check_fingers(steps: Sequence[TouchStep]) -> None:
    """Refuse what no hand can do: to move a finger that is not down, or to put it down twice."""
    down = 0
    for number, step in enumerate(steps):
        why = None
        match step:
            case Tap() if down:
                why = "lift the fingers that are down first, by end"
            case TouchStart():
                why = "the fingers are down already: lift them first, by end" if down else None
                down = len(step.points)
            case TouchMove() if len(step.points) != down:
                why = f"there are {down} fingers down, and {len(step.points)} are to move"
            case TouchEnd():
                why = None if down else "no finger is down"
                down = 0
        if why is not None:
            raise ActionFailed(ErrorCode.INVALID_PARAMS, f"steps.{number}: {why}")
    if down:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, "steps: the fingers stay down: let the last step be end"
        )
