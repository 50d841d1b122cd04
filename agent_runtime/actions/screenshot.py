"""Take a picture: of what is in view, of all the page, of a part or of an element."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from playwright.async_api import Locator

from agent_runtime.actions.box import Box, Clip
from agent_runtime.actions.call import Call
from agent_runtime.actions.capture import PictureType, Shot, capture, view_of
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.isolated import run_isolated
from agent_runtime.actions.labels import MAX_LABELS, Label, labels_in
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.retouch import retouch
from agent_runtime.actions.script import script_errors
from agent_runtime.actions.snapshot import take
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId

_EXTENSIONS: Final[dict[PictureType, str]] = {"png": "png", "jpeg": "jpg", "webp": "webp"}
_IS_COLOR: Final = "color => CSS.supports('color', color)"


class Screenshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the picture is; *size* in bytes."""

    artifact_id: ArtifactId
    content_type: str
    size: int
    scale: float | None = None
    """With max_width or annotate: the picture's pixels for each CSS pixel."""
    masked: int | None = None
    """With mask: how many elements were painted over."""
    snapshot_id: str | None = None
    """With annotate: the snapshot whose refs these are."""
    refs: tuple[Label, ...] | None = None
    """With annotate: the numbered elements."""
    unnumbered: int = 0
    """How many more there are in the picture, beyond those that were numbered."""


@action(family="artifacts", reads=True, example={"full_page": True, "type": "jpeg"})
async def screenshot(
    call: Call,
    *,
    target: Annotated[Target | None, Meta(description="One element; else the page.")] = None,
    frame: Frame | None = None,
    full_page: Annotated[bool, Meta(description="All of it, not only what is in view.")] = False,
    clip: Clip | None = None,
    type: PictureType = "png",
    quality: Annotated[
        int, Meta(ge=0, le=100, description="Of a JPEG (80), or of a WebP (100 loses nothing).")
    ]
    | None = None,
    max_width: Annotated[
        int, Meta(ge=1, le=16_384, description="Pixels; a wider picture is made smaller.")
    ]
    | None = None,
    annotate: Annotated[
        bool,
        Meta(description="Number what can be acted on, and return a ref for each number."),
    ] = False,
    mask: Annotated[
        tuple[Target, ...], Meta(max_length=100, description="Paint over all that match.")
    ] = (),
    mask_color: Annotated[
        str, Meta(min_length=1, max_length=100, description="A CSS color; pink if left out.")
    ]
    | None = None,
    omit_background: Annotated[
        bool, Meta(description="See-through where the page has no background of its own.")
    ] = False,
    animations: Annotated[
        Literal["allow", "disabled"],
        Meta(description="Disabled: those that end are ended, others shown at their beginning."),
    ] = "allow",
    caret: Annotated[
        Literal["hide", "initial"], Meta(description="Hide the caret, or leave it as it is.")
    ] = "hide",
    scale: Annotated[
        Literal["css", "device"],
        Meta(description="One pixel for each CSS pixel, or for each pixel of the screen."),
    ] = "device",
    style: Annotated[
        str,
        Meta(max_length=100_000, description="CSS that applies while the picture is taken."),
    ]
    | None = None,
) -> Screenshot:
    """Take a picture of the page or of one element; it becomes an artifact.

    For a model that looks at it, `annotate` draws a numbered box around each element that can be
    acted on, and `max_width` with type `jpeg` or `webp` keeps it small; divide a place in the
    picture by `scale` to get the place that the mouse takes. It is drawn on the picture, never in
    the page.
    """
    _check(target, frame, full_page, clip, type, quality, mask, mask_color, omit_background)
    async with AsyncExitStack() as targets:
        element: Locator | None = None
        if target is not None:
            element = await targets.enter_async_context(call.element(target, frame))
        masked, count = await _masked(call, mask, mask_color)
        shot = Shot(
            full_page=full_page,
            clip=clip,
            element=element,
            omit_background=omit_background,
            animations=animations,
            caret=caret,
            scale=scale,
            style=style,
            mask=(*call.secret_locators(), *masked),
            mask_color=mask_color,
        )
        if annotate:
            made = await _annotated(call, shot, max_width, type, quality)
        elif max_width is not None:
            made = await _shrunk(call, shot, max_width, type, quality)
        else:
            made = _Made(await capture(call, shot, type, quality))
    artifact = await call.keep(
        made.picture, content_type=f"image/{type}", name=f"screenshot.{_EXTENSIONS[type]}"
    )
    return Screenshot(
        artifact.artifact_id,
        artifact.content_type,
        artifact.size,
        scale=round(made.scale, 6) if made.scale is not None else None,
        masked=count if mask else None,
        snapshot_id=made.snapshot_id,
        refs=made.labels[:MAX_LABELS] if made.labels is not None else None,
        unnumbered=max(0, len(made.labels or ()) - MAX_LABELS),
    )


class _Made(msgspec.Struct, frozen=True):
    """A picture, and what is known of it."""

    picture: bytes
    scale: float | None = None
    snapshot_id: str | None = None
    labels: tuple[Label, ...] | None = None


async def _shrunk(
    call: Call, shot: Shot, max_width: int, type: PictureType, quality: int | None
) -> _Made:
    picture, scale = await retouch(
        call.tab,
        await _source(call, shot, type, quality),
        max_width=max_width,
        is_css=shot.scale == "css",
        type=type,
        quality=quality,
    )
    return _Made(picture, scale)


async def _annotated(
    call: Call, shot: Shot, max_width: int | None, type: PictureType, quality: int | None
) -> _Made:
    if shot.element is not None:
        await shot.element.scroll_into_view_if_needed(timeout=call.patience_ms)
    taken = await take(call, boxes=True)
    area = await _area(call, shot)
    labels = await labels_in(call.tab, taken, area)
    shown = [
        Box(label.box.x - area.x, label.box.y - area.y, label.box.width, label.box.height)
        for label in labels[:MAX_LABELS]
    ]
    picture, scale = await retouch(
        call.tab,
        await _source(call, shot, type, quality),
        boxes=shown,
        max_width=max_width,
        is_css=shot.scale == "css",
        type=type,
        quality=quality,
    )
    return _Made(picture, scale, f"{call.tab.id}s{taken.number}", tuple(labels))


async def _source(call: Call, shot: Shot, type: PictureType, quality: int | None) -> bytes:
    """Return what a picture is drawn from: nothing may be lost that it would show."""
    is_lossy = type == "jpeg" or (type == "webp" and quality is not None and quality < 100)
    if is_lossy and not shot.omit_background:
        # Of a photograph a PNG is many times larger, and has to travel to the page and back.
        return await capture(call, shot, "jpeg", 100)
    return await capture(call, shot)


async def _area(call: Call, shot: Shot) -> Box:
    """Return what the picture shows, told from the corner of what is in view."""
    if shot.element is not None:
        box = await shot.element.bounding_box(timeout=call.patience_ms)
        if box is not None:
            return Box(**box)
    with script_errors():
        view = await view_of(call.tab)
    if shot.clip is not None:
        left, top = max(0, shot.clip.x), max(0, shot.clip.y)
        right = min(view.width, shot.clip.x + shot.clip.width)
        bottom = min(view.height, shot.clip.y + shot.clip.height)
        return Box(left, top, right - left, bottom - top)
    return view.full_box if shot.full_page else view.box


async def _masked(
    call: Call, mask: tuple[str, ...], color: str | None
) -> tuple[tuple[Locator, ...], int]:
    """Return what is to be painted over, and how many elements that is now."""
    if color is not None and not await run_isolated(call.tab, _IS_COLOR, color):
        # Playwright would paint with nothing, and show what was to be hidden.
        raise _invalid(f"mask_color: {color!r} is no CSS color")
    masked: list[Locator] = []
    count = 0
    for one in mask:
        async with call.element(one) as element:
            count += await element.count()
            masked.append(element)
    return tuple(masked), count


def _check(
    target: str | None,
    frame: str | None,
    full_page: bool,
    clip: Clip | None,
    type: PictureType,
    quality: int | None,
    mask: tuple[str, ...],
    mask_color: str | None,
    omit_background: bool,
) -> None:
    """Refuse what does not go together, before anything is done."""
    if quality is not None and type == "png":
        raise _invalid("quality: a PNG has none; ask for type 'jpeg' or 'webp'")
    if frame is not None and target is None:
        raise _invalid("frame: it says where target is looked for, and there is no target")
    if target is not None and (full_page or clip is not None):
        raise _invalid("target: a picture of one element goes with neither full_page nor clip")
    if full_page and clip is not None:
        raise _invalid("clip: it goes with a picture of what is in view, not with full_page")
    if omit_background and type == "jpeg":
        raise _invalid("omit_background: a JPEG cannot be see-through; ask for 'png' or 'webp'")
    if mask_color is not None and not mask:
        raise _invalid("mask_color: there is no mask to paint with it")


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
