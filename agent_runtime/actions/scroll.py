"""Turn the wheel, or bring an element into view."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from playwright.async_api import JSHandle

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Frame, Target
from agent_runtime.actions.registry import action
from agent_runtime.actions.script import script_errors
from xagent_protocol.errors import ErrorCode

_BOX: Final = """(element, [dx, dy]) => {
  const under = root => {
    const found = root.elementFromPoint(innerWidth / 2, innerHeight / 2);
    const inside = found?.shadowRoot;
    return inside && inside !== root ? under(inside) ?? found : found;
  };
  const turns = (style, size, room) => size > room && ["auto", "scroll", "overlay"].includes(style);
  // What the body says of its overflow is the window's, unless the root says something itself.
  const isWindow = one => one === document.body
    && getComputedStyle(document.documentElement).overflow === "visible";
  for (let one = element ?? under(document); one; one = one.assignedSlot ?? one.parentNode) {
    if (one instanceof ShadowRoot) one = one.host;
    if (!(one instanceof Element) || isWindow(one)) break;
    const style = getComputedStyle(one);
    if (dy && turns(style.overflowY, one.scrollHeight, one.clientHeight)) return one;
    if (dx && turns(style.overflowX, one.scrollWidth, one.clientWidth)) return one;
  }
  return document.scrollingElement ?? document.documentElement;
}"""
"""What the wheel will turn: the nearest box around the element, or the middle of the window."""

_SETTLED: Final = """box => new Promise(done => {
  const began = performance.now();
  let seen = [box.scrollLeft, box.scrollTop], since = began;
  const look = () => {
    const at = [box.scrollLeft, box.scrollTop], now = performance.now();
    if (at[0] !== seen[0] || at[1] !== seen[1]) { seen = at; since = now; }
    if (now - since < 120 && now - began < 3000) return setTimeout(look, 20);
    done({
      x: at[0], y: at[1],
      max_x: box.scrollWidth - box.clientWidth, max_y: box.scrollHeight - box.clientHeight,
    });
  };
  look();
})"""
"""Where it stands once it moves no more; the wheel's own call returns before anything has moved."""

Pixels = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]


class Scrolled(msgspec.Struct, frozen=True):
    """How far the box is scrolled by now, and how far it can be, in CSS pixels."""

    x: float
    y: float
    max_x: float
    max_y: float


@action(family="act", reads=False, example={"dy": 600})
async def scroll(
    call: Call,
    *,
    dx: Annotated[Pixels, Meta(description="To the right; negative to the left.")] = 0,
    dy: Annotated[Pixels, Meta(description="Down; negative up.")] = 0,
    target: Annotated[Target, Meta(description="Where the mouse is put; a selector or a ref.")]
    | None = None,
    frame: Frame | None = None,
) -> Scrolled:
    """Turn the mouse's wheel over an element, or over the middle of the page.

    Returns where the box that scrolls stands afterwards: the nearest one around that place, which
    may be the page. If it stands at `max_y`, there is no more; some pages then load more.
    """
    if not dx and not dy:
        raise ActionFailed(ErrorCode.INVALID_PARAMS, "scroll needs dx or dy, other than 0")
    with script_errors():
        box = await _box(call, target, frame, dx, dy)
        await call.page.mouse.wheel(dx, dy)
        stands = await box.evaluate(_SETTLED)
        await box.dispose()
    return msgspec.convert(stands, Scrolled)


@action(family="act", reads=False, example={"target": "#footer"})
async def scroll_into_view(call: Call, *, target: Target, frame: Frame | None = None) -> None:
    """Scroll until an element is in view, if it is not."""
    async with call.element(target, frame) as element:
        await element.scroll_into_view_if_needed(timeout=call.patience_ms)


async def _box(call: Call, target: str | None, frame: str | None, dx: float, dy: float) -> JSHandle:
    """Put the mouse in its place, and return what the wheel will turn there."""
    if target is None:
        width, height = await call.page.evaluate("[innerWidth, innerHeight]")
        await call.page.mouse.move(width / 2, height / 2)
        return await call.page.evaluate_handle(f"way => ({_BOX})(null, way)", [dx, dy])
    async with call.element(target, frame) as element:
        await element.hover(timeout=call.patience_ms)
        return await element.evaluate_handle(_BOX, [dx, dy], timeout=call.patience_ms)
