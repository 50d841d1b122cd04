"""Pixels of a page: by one CDP call where that gives the same, else by Playwright.

Playwright hides the caret by writing into the style of every field, names the area although it is
all of what is in view, and packs a PNG as tightly as it goes; that takes two frames of the screen
or more. Where nothing shows a caret and nothing else is asked for, the browser gives the very same
pixels in one, and the page is left alone.

That call must never name an area: Chromium draws one by changing what the page is told of its
screen, and gives it back as the asking session knows it, so that a viewport or a device that
Playwright's session emulates would be gone for good.
"""

from __future__ import annotations

import asyncio
import base64
import struct
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from playwright.async_api import CDPSession, Error, FloatRect, Locator

from agent_runtime.actions.box import Box, Clip
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.javascript import ScriptFailed, run_in_page
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode

PictureType = Literal["png", "jpeg", "webp"]

_OUTSIDE: Final = "Clipped area is either empty or outside"
_VIEW: Final = r"""
async () => {
  const waits = document.fonts.status !== "loaded";
  await document.fonts.ready;
  let focused = document.activeElement;
  while (focused && focused.shadowRoot && focused.shadowRoot.activeElement) {
    focused = focused.shadowRoot.activeElement;
  }
  // What cannot be looked into may have a caret.
  const hasCaret = document.designMode === "on" || !!focused && (focused.isContentEditable
    || /^(input|textarea|iframe|frame|object|embed)$|-/.test(focused.localName));
  const { documentElement: root, body } = document;
  const longest = name => Math.max(root[name], body ? body[name] : 0);
  return {
    waited: waits,
    has_caret: hasCaret,
    width: innerWidth,
    height: innerHeight,
    left: visualViewport.pageLeft,
    top: visualViewport.pageTop,
    zoom: visualViewport.scale,
    ratio: devicePixelRatio,
    full_width: Math.max(longest("scrollWidth"), longest("offsetWidth"), longest("clientWidth")),
    full_height:
      Math.max(longest("scrollHeight"), longest("offsetHeight"), longest("clientHeight")),
  };
}
"""


class View(msgspec.Struct, frozen=True):
    """What is in view of a page, in CSS pixels, and how much there is in all."""

    waited: bool
    """Whether its fonts were still on their way when it was asked."""
    has_caret: bool
    width: float
    height: float
    left: float
    top: float
    zoom: float
    ratio: float
    """Pixels of the screen for each CSS pixel."""
    full_width: float
    full_height: float

    @property
    def box(self) -> Box:
        """All that is in view."""
        return Box(0, 0, self.width, self.height)

    @property
    def full_box(self) -> Box:
        """All of the page, told from the corner of what is in view."""
        return Box(-self.left, -self.top, self.full_width, self.full_height)


@dataclass(frozen=True)
class Shot:
    """What a picture shows, and how."""

    full_page: bool = False
    clip: Clip | None = None
    element: Locator | None = None
    omit_background: bool = False
    animations: Literal["allow", "disabled"] = "allow"
    caret: Literal["hide", "initial"] = "hide"
    scale: Literal["css", "device"] = "device"
    style: str | None = None
    mask: tuple[Locator, ...] = ()
    mask_color: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether what is in view is to be shown just as it is, but for a caret."""
        return self == Shot(caret=self.caret, scale=self.scale)


async def view_of(tab: Tab) -> View:
    """Ask the page what is in view, once its fonts are there."""
    return msgspec.convert(await run_in_page(tab, _VIEW, None), View)


async def capture(
    call: Call, shot: Shot, type: PictureType = "png", quality: int | None = None
) -> bytes:
    """Return the picture.

    Raises:
        ActionFailed: `invalid_params` for a clip outside of what is in view.
    """
    if shot.is_plain and type == "png":
        picture = await _at_once(call, shot)
        if picture is not None:
            return picture
    return await _by_playwright(call, shot, type, quality)


async def _at_once(call: Call, shot: Shot) -> bytes | None:
    """Return what is in view as a PNG; None where Playwright would give something else."""
    cdp = call.tab.cdp
    if cdp is None:
        return None
    async with asyncio.TaskGroup() as group:
        # Beside the question: the picture waits for a frame of the screen, the answer for the page.
        taken = group.create_task(_taken(cdp))
        view = await _plain_view_of(call.tab, shot)
        if view is None:
            taken.cancel()
            return None
        picture = await (_taken(cdp) if view.waited else taken)
    if picture is None or struct.unpack(">II", picture[16:24]) != (view.width, view.height):
        return None
    return picture


async def _plain_view_of(tab: Tab, shot: Shot) -> View | None:
    """Return what is in view, unless Playwright would show something else of it."""
    try:
        view = await view_of(tab)
    except (*CALL_FAILED, ScriptFailed, msgspec.ValidationError):
        # The page meddles with what it is asked, goes elsewhere just now, or is gone: Playwright
        # knows better, or says better what is wrong.
        return None
    # On a finer screen than CSS knows, only an area that is named has all of its pixels.
    is_plain = view.ratio == view.zoom == 1 and not (view.has_caret and shot.caret == "hide")
    return view if is_plain else None


async def _taken(cdp: CDPSession) -> bytes | None:
    try:
        answer = await cdp.send(
            "Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True}
        )
    except CALL_FAILED:
        return None
    return base64.b64decode(answer["data"])


async def _by_playwright(call: Call, shot: Shot, type: PictureType, quality: int | None) -> bytes:
    if shot.element is not None:
        return await shot.element.screenshot(
            type=type,
            quality=quality,
            omit_background=shot.omit_background,
            animations=shot.animations,
            caret=shot.caret,
            scale=shot.scale,
            style=shot.style,
            mask=list(shot.mask),
            mask_color=shot.mask_color,
            timeout=call.patience_ms,
        )
    try:
        return await call.page.screenshot(
            type=type,
            quality=quality,
            full_page=shot.full_page,
            clip=_rectangle(shot.clip),
            omit_background=shot.omit_background,
            animations=shot.animations,
            caret=shot.caret,
            scale=shot.scale,
            style=shot.style,
            mask=list(shot.mask),
            mask_color=shot.mask_color,
            timeout=call.patience_ms,
        )
    except Error as error:
        if _OUTSIDE in error.message:
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS, "clip: it lies outside of what is in view"
            ) from error
        raise


def _rectangle(clip: Clip | None) -> FloatRect | None:
    if clip is None:
        return None
    return FloatRect(x=clip.x, y=clip.y, width=clip.width, height=clip.height)
