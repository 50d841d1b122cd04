"""A picture drawn again: smaller, or with numbered boxes over what they number.

The browser does it, on a canvas that no page has: it can read and write every type, draws letters
well, and nothing has to be put into the page, which could forbid it, see it or keep it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

import msgspec

from agent_runtime.actions.box import Box
from agent_runtime.actions.capture import PictureType
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.isolated import run_isolated
from agent_runtime.actions.javascript import ScriptFailed
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_DRAW: Final = r"""
async ({ picture, boxes, max_width, is_css, type, quality }) => {
  const bytes = Uint8Array.from(atob(picture), one => one.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const shrink = Math.min(1, (max_width || bitmap.width) / bitmap.width);
  const width = Math.max(1, Math.round(bitmap.width * shrink));
  const height = Math.max(1, Math.round(bitmap.height * shrink));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);

  const COLORS = ["#c2185b", "#1565c0", "#2e7d32", "#6a1b9a", "#bf360c", "#00695c"];
  const scale = (is_css ? 1 : devicePixelRatio) * shrink;
  const drawn = boxes.map(box => {
    const [x, y, w, h] = box.map(length => length * scale);
    return { x, y, w, h };
  });
  context.lineWidth = 2;
  drawn.forEach(({ x, y, w, h }, at) => {
    context.strokeStyle = COLORS[at % COLORS.length];
    context.strokeRect(x, y, w, h);
  });

  // Numbers come last, so that no box crosses one; and where there is room, not over each other,
  // nor over what another one is about.
  context.font = "bold 12px sans-serif";
  context.textBaseline = "middle";
  const apart = (a, b) =>
    a.x >= b.x + b.w || b.x >= a.x + a.w || a.y >= b.y + b.h || b.y >= a.y + a.h;
  const holds = (outer, box) => outer.x <= box.x && outer.y <= box.y
    && outer.x + outer.w >= box.x + box.w && outer.y + outer.h >= box.y + box.h;
  const tags = [];
  drawn.forEach((box, at) => {
    const text = String(at + 1);
    const w = context.measureText(text).width + 6;
    const h = 15;
    const { x, y } = box;
    const right = x + box.w - w;
    const places = [[x, y - h], [right, y - h], [x - w, y], [x + box.w, y],
      [x, y + box.h], [right, y + box.h], [x, y]].map(([left, top]) => ({
      x: Math.min(Math.max(0, left), width - w), y: Math.min(Math.max(0, top), height - h), w, h,
    }));
    const isFree = place => tags.every(tag => apart(tag, place));
    const isAside = place => isFree(place)
      && drawn.every(other => holds(other, box) || apart(other, place));
    const tag = places.find(isAside) || places.find(isFree) || places[0];
    tags.push(tag);
    context.fillStyle = COLORS[at % COLORS.length];
    context.fillRect(tag.x, tag.y, w, h);
    context.fillStyle = "white";
    context.fillText(text, tag.x + 3, tag.y + h / 2 + 1);
  });

  const blob = await canvas.convertToBlob({ type: `image/${type}`, quality });
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return { picture: url.slice(url.indexOf(",") + 1), scale };
}
"""


async def retouch(
    tab: Tab,
    picture: bytes,
    *,
    boxes: Sequence[Box] = (),
    max_width: int | None = None,
    is_css: bool,
    type: PictureType,
    quality: int | None,
) -> tuple[bytes, float]:
    """Return *picture* drawn again, and its pixels for each CSS pixel.

    *boxes* are in CSS pixels from the picture's corner, and are numbered from 1. *is_css*: the
    picture has one pixel for each CSS pixel, whatever the screen has.

    Raises:
        ActionFailed: `result_too_large`; the browser has no canvas of that size.
    """
    if quality is None:
        quality = 80 if type == "jpeg" else 100
    given = {
        "picture": base64.b64encode(picture).decode(),
        "boxes": [msgspec.structs.astuple(box) for box in boxes],
        "max_width": max_width,
        "is_css": is_css,
        "type": type,
        "quality": quality / 100,
    }
    try:
        drawn = await run_isolated(tab, _DRAW, given)
    except ScriptFailed as error:
        raise ActionFailed(
            ErrorCode.RESULT_TOO_LARGE,
            "the picture is too large to be drawn again: ask for a part of it with clip or target, "
            "or leave max_width and annotate out",
            effect=Effect.NONE,
            details={"reason": error.stack.partition("\n")[0][:300]},
        ) from error
    return base64.b64decode(drawn["picture"]), float(drawn["scale"])
