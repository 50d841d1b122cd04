"""The next page id, kept in a file so that no id ever names two pages.

A caller may hold `p7` over a restart of the browser, of the agent or of the machine; it must then
hear that the page is gone, and never act on a stranger.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from agent_runtime.browser.errors import BrowserUnavailable
from agent_runtime.browser.numbers import Numbers
from xagent_protocol.ids import PageId

_PAGE_ID: Final = re.compile(r"p([1-9][0-9]{0,17})\Z")


class PageIds:
    """Hands out `p1`, `p2`, …; the number to come is written before the id is given away."""

    def __init__(self, path: Path) -> None:
        """Go on where the file at *path* says; where there is none, begin at 1.

        Raises:
            DirectoryUnusable: the file cannot be read, or holds no number.
        """
        self._numbers = Numbers(path, of="page")

    def take(self) -> PageId:
        """Return an id that was never given before.

        Raises:
            BrowserUnavailable: the next one cannot be written down.
        """
        try:
            return PageId(f"p{self._numbers.take()}")
        except OSError as error:
            raise BrowserUnavailable(
                f"no page can be opened, since its id cannot be written to {self._numbers.path}: "
                f"{error.strerror}"
            ) from error

    def was_given(self, text: str) -> bool:
        """Say whether *text* is the id of a page that is or once was."""
        match = _PAGE_ID.match(text)
        return match is not None and self._numbers.was_given(int(match[1]))
