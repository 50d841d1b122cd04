"""Which elements of a picture are numbered: those that can be acted on, and that can be seen.

An outline knows neither what a dialog covers nor what is scrolled out of its list, so the page is
asked what lies on top at a few points of each box. Elements are known there by their boxes alone.
"""

from __future__ import annotations

from typing import Final

import msgspec
from playwright.async_api import Error

from agent_runtime.actions.box import Box
from agent_runtime.actions.interactive import can_be_acted_on, interactive_only
from agent_runtime.actions.isolated import run_isolated
from agent_runtime.actions.outline import Outline
from agent_runtime.browser.outlines import Taken
from agent_runtime.browser.tab import Tab

MAX_LABELS: Final = 150
_LEAST: Final = 8
"""Pixels that an element must show in both directions, or half of it if it is smaller."""
_MAX_NAME: Final = 80

_INSET: Final = """
iframe => {
  const { paddingLeft, paddingTop } = getComputedStyle(iframe);
  return [iframe.clientLeft + parseFloat(paddingLeft), iframe.clientTop + parseFloat(paddingTop)];
}
"""

_ON_TOP: Final = r"""
boxes => {
  const above = node => node.parentNode || node.host;
  const holds = (outer, node) => {
    for (; node; node = above(node)) if (node === outer) return true;
    return false;
  };
  const at = (root, x, y) => root.elementsFromPoint(x, y).flatMap(element =>
    element.shadowRoot && element.shadowRoot !== root
      ? [...at(element.shadowRoot, x, y), element] : [element]);
  const isAt = (element, [x, y, width, height]) => {
    const box = element.getBoundingClientRect();
    return Math.round(box.x) === x && Math.round(box.y) === y
      && Math.round(box.width) === width && Math.round(box.height) === height;
  };
  // A field may lie under what draws it: its label, or something beside it.
  const serves = (element, top) => holds(element, top)
    || [...element.labels || []].some(label => holds(label, top))
    || !!element.parentElement && element.parentElement !== document.body
      && holds(element.parentElement, top);
  return boxes.map(box => {
    const [x, y, width, height] = box;
    const points = [[x + width / 2, y + height / 2], [x + 2, y + 2], [x + width - 2, y + 2],
      [x + 2, y + height - 2], [x + width - 2, y + height - 2]];
    const seen = points.filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
    return !seen.length || seen.some(([x, y]) => {
      const elements = at(document, x, y);
      const element = elements.find(element => isAt(element, box));
      return !!element && serves(element, elements[0]);
    });
  });
}
"""


class Label(msgspec.Struct, frozen=True):
    """An element by its number in the picture; *box* is told as the mouse takes it."""

    label: int
    ref: str
    role: str
    name: str
    box: Box


async def labels_in(tab: Tab, taken: Taken, area: Box) -> list[Label]:
    """Return what of an outline, taken with boxes, can be acted on and seen inside of *area*."""
    outline = interactive_only(Outline.read(taken.yaml))
    boxes = await _boxes(tab, outline)
    inside = [index for index, box in boxes.items() if _overlap(box, area)]
    own = [index for index in inside if not _is_in_iframe(outline, index)]
    told = await run_isolated(tab, _ON_TOP, [msgspec.structs.astuple(boxes[at]) for at in own])
    covered = {index for index, is_on_top in zip(own, told, strict=True) if not is_on_top}
    seen = [index for index in inside if index not in covered]
    lines = outline.lines
    return [
        Label(
            number,
            f"{tab.id}s{taken.number}{lines[index].ref}",
            lines[index].role,
            (lines[index].name or lines[index].text)[:_MAX_NAME],
            boxes[index],
        )
        for number, index in enumerate(seen, 1)
    ]


async def _boxes(tab: Tab, outline: Outline) -> dict[int, Box]:
    """Return the boxes of what can be acted on, all told from the page's corner."""
    boxes: dict[int, Box] = {}
    insides: dict[int, Box | None] = {}
    for index, line in enumerate(outline.lines):
        outer = _iframe(outline, index)
        within = insides.get(outer) if outer is not None else None
        if line.box is None or (outer is not None and within is None):
            continue
        box = line.box
        if within is not None:
            box = Box(box.x + within.x, box.y + within.y, box.width, box.height)
            if not _overlap(box, within):
                continue
        if line.role == "iframe" and line.ref is not None:
            insides[index] = await _inside(tab, line.ref, box)
        elif can_be_acted_on(line):
            boxes[index] = box
    return boxes


async def _inside(tab: Tab, ref: str, box: Box) -> Box | None:
    """Return where the document of an iframe begins; None if it is gone by now."""
    try:
        left, top = await tab.page.get_by_ref(ref).evaluate(_INSET, timeout=1_000)
    except Error:
        return None
    return Box(box.x + left, box.y + top, box.width - 2 * left, box.height - 2 * top)


def _iframe(outline: Outline, index: int) -> int | None:
    """Return the iframe that a line is directly in."""
    while (index := outline.lines[index].parent) >= 0:
        if outline.lines[index].role == "iframe":
            return index
    return None


def _is_in_iframe(outline: Outline, index: int) -> bool:
    return _iframe(outline, index) is not None


def _overlap(one: Box, other: Box) -> bool:
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return wide >= min(_LEAST, one.width / 2) > 0 and high >= min(_LEAST, one.height / 2) > 0
