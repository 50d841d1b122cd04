"""The fields into which a secret was typed, so that pictures of the page can leave them out."""

from __future__ import annotations

from weakref import WeakSet

from playwright.async_api import ElementHandle, Frame, Locator, Page

from agent_runtime.browser.marked_elements import mark, marked


class TypedFields:
    """Of every page of one agent; a field is forgotten with its document."""

    def __init__(self) -> None:
        """Begin with none."""
        self._frames: WeakSet[Frame] = WeakSet()

    async def note(self, field: ElementHandle, frame: Frame) -> None:
        """Note *field* of *frame*, before anything is typed into it.

        Raises:
            playwright.async_api.Error: it is not in its document any more.
        """
        await mark(field)
        self._frames.add(frame)

    def locators(self, page: Page) -> list[Locator]:
        """Return what to leave out of a picture of *page*; asks the page nothing."""
        if not self._frames:
            return []
        return [marked(frame) for frame in page.frames if frame in self._frames]
