"""Take the page's picture, or its outline."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from playwright.async_api import FloatRect

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Frame, MaxChars, Target
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import Effect

_ATTEMPTS: Final = 3
_TEXT: Final = "text/plain; charset=utf-8"
_REF: Final = re.compile(r"\[ref=((?:f[0-9]+)?e[0-9]+)\]")


class Clip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the page in CSS pixels, from its upper left corner."""

    x: float
    y: float
    width: Annotated[float, Meta(gt=0)]
    height: Annotated[float, Meta(gt=0)]


class Screenshot(msgspec.Struct, frozen=True):
    """Where the picture is; *size* in bytes."""

    artifact_id: ArtifactId
    content_type: str
    size: int


class Snapshot(msgspec.Struct, frozen=True):
    """An outline of the page; refs in it name elements until the page goes elsewhere."""

    snapshot_id: str
    snapshot: str


@action(family="artifacts", reads=True, example={"full_page": True})
async def screenshot(
    call: Call,
    *,
    target: Annotated[Target | None, Meta(description="One element; else the page.")] = None,
    frame: Frame | None = None,
    full_page: Annotated[bool, Meta(description="All of it, not only what is in view.")] = False,
    type: Literal["png", "jpeg"] = "png",
    quality: Annotated[int, Meta(ge=0, le=100, description="Of a JPEG.")] | None = None,
    clip: Clip | None = None,
) -> Screenshot:
    """Take a picture of the page or of one element; it becomes an artifact."""
    if quality is not None and type == "png":
        raise _invalid("quality: a PNG has none; ask for type 'jpeg'")
    if target is not None and (full_page or clip is not None):
        raise _invalid("target: a picture of one element goes with neither full_page nor clip")
    if full_page and clip is not None:
        raise _invalid("clip: it goes with a picture of what is in view, not with full_page")
    if target is not None:
        async with call.element(target, frame) as element:
            picture = await element.screenshot(
                type=type,
                quality=quality,
                mask=call.secret_locators(),
                timeout=call.patience_ms,
            )
    else:
        picture = await call.page.screenshot(
            type=type,
            quality=quality,
            full_page=full_page,
            clip=_rectangle(clip),
            mask=call.secret_locators(),
            timeout=call.patience_ms,
        )
    extension = "png" if type == "png" else "jpg"
    artifact = await call.keep(
        picture, content_type=f"image/{type}", name=f"screenshot.{extension}"
    )
    return Screenshot(artifact.artifact_id, artifact.content_type, artifact.size)


@action(family="read", reads=True, example={})
async def snapshot(
    call: Call,
    *,
    target: Annotated[Target | None, Meta(description="The root; else the page.")] = None,
    frame: Frame | None = None,
    depth: Annotated[int, Meta(ge=1)] | None = None,
    boxes: Annotated[
        bool, Meta(description="Add each element's place: x, y, width, height.")
    ] = False,
    max_chars: MaxChars = 20_000,
) -> Snapshot:
    """Outline the page by roles and names, iframes included, with a ref for each element.

    A ref (`p1s1e5`) is a target of other actions until the page goes elsewhere.
    """
    tab = call.tab
    for _ in range(_ATTEMPTS):
        number = await tab.begin_snapshot()
        if target is None:
            outline = await call.page.aria_snapshot(
                mode="ai", depth=depth, boxes=boxes, timeout=call.patience_ms
            )
        else:
            async with call.element(target, frame) as root:
                outline = await root.aria_snapshot(
                    mode="ai", depth=depth, boxes=boxes, timeout=call.patience_ms
                )
        # Had the page gone elsewhere meanwhile, these refs would name elements of another document.
        if await tab.shows_snapshot(number):
            break
    else:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"page {tab.id} goes from one document to the next: wait_for the one you mean",
            effect=Effect.NONE,
        )
    snapshot_id = f"{tab.id}s{number}"
    outline = _REF.sub(rf"[ref={snapshot_id}\1]", outline)
    return Snapshot(
        snapshot_id,
        await call.text(outline, max_chars, name="snapshot.yaml", content_type=_TEXT),
    )


def _rectangle(clip: Clip | None) -> FloatRect | None:
    if clip is None:
        return None
    return FloatRect(x=clip.x, y=clip.y, width=clip.width, height=clip.height)


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
