"""What the tests of pictures look at them with: the browser, which reads every type."""

from __future__ import annotations

import base64
from typing import Any

from tests.agent_runtime.actions.asking import Asker, result_of
from xagent_protocol.outcomes import Outcome

_READ = """
const read = async picture => {
  const bytes = Uint8Array.from(atob(picture), one => one.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
};
"""
_DIFFERENT = (
    """async ([one, other]) => {"""
    + _READ
    + """
  const [a, b] = [await read(one), await read(other)];
  if (a.width !== b.width || a.height !== b.height) return -1;
  let different = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    for (let part = 0; part < 4; part++) {
      if (a.data[at + part] !== b.data[at + part]) { different++; break; }
    }
  }
  return different;
}"""
)
_LOOK = (
    """async ([picture, places]) => {"""
    + _READ
    + """
  const { width, height, data } = await read(picture);
  const at = ([x, y]) => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];
  return { size: [width, height], colors: places.map(at) };
}"""
)


def picture_of(asker: Asker, outcome: Outcome) -> bytes:
    """Return the bytes that a screenshot left."""
    assert outcome.error is None, outcome.error
    result = result_of(outcome)
    assert isinstance(result, dict)
    return asker.artifacts.kept[result["artifact_id"]]


async def size_of(asker: Asker, picture: bytes) -> tuple[int, int]:
    """Return the width and height of a picture in pixels."""
    width, height = (await _looked_at(asker, picture, []))["size"]
    return width, height


async def colors_of(asker: Asker, picture: bytes, *places: tuple[int, int]) -> list[list[int]]:
    """Return the red, green, blue and alpha of some pixels."""
    colors: list[list[int]] = (await _looked_at(asker, picture, places))["colors"]
    return colors


async def different_pixels(asker: Asker, one: bytes, other: bytes) -> int:
    """Count the pixels that are not the same in both; -1 if the sizes differ."""
    page = asker.browser.tabs.main
    assert page is not None
    both = [base64.b64encode(picture).decode() for picture in (one, other)]
    return int(await page.page.evaluate(_DIFFERENT, both))


async def _looked_at(asker: Asker, picture: bytes, places: object) -> dict[str, Any]:
    page = asker.browser.tabs.main
    assert page is not None
    arguments = [base64.b64encode(picture).decode(), places]
    return dict(await page.page.evaluate(_LOOK, arguments))
