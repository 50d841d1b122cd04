"""Elements that were marked, and are found again without a trace in the page.

A mark is kept by a selector engine of ours in Playwright's own world beside the page's, which the
page can neither see nor change. It stays with the element wherever the page moves it, and is gone
with the document.
"""

from __future__ import annotations

from typing import Final

from playwright.async_api import ElementHandle, Frame, Locator, Playwright

_ENGINE: Final = "xagent-marked"
_SCRIPT: Final = """
(() => {
  const elements = new Set();
  const queryAll = (root, what) => {
    if (what !== "mark") return [...elements].filter(element => element.isConnected);
    elements.add(root);
    return [root];
  };
  return { queryAll, query: (root, what) => queryAll(root, what)[0] ?? null };
})()
"""


async def register(playwright: Playwright) -> None:
    """Make marks known to *playwright*; only browsers that it launches later know them."""
    await playwright.selectors.register(_ENGINE, _SCRIPT, content_script=True)


async def mark(element: ElementHandle) -> None:
    """Mark *element*.

    Raises:
        playwright.async_api.Error: it is not in its document any more.
    """
    found = await element.query_selector(f"{_ENGINE}=mark")
    if found is not None:
        await found.dispose()


def marked(frame: Frame) -> Locator:
    """Return the elements that are marked in the document of *frame*; there may be none.

    Not for scripts: they run in the page's world, where no mark is seen.
    """
    return frame.locator(f"{_ENGINE}=all")
