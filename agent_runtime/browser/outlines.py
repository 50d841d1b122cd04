"""The last few outlines that were taken of a page, to tell later what changed since.

They live in memory and only as long as the document that they show. They are bounded by number
and by size, since an outline may be as long as its page.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_MAX_OUTLINES: Final = 5
_MAX_CHARS: Final = 2_000_000


@dataclass(frozen=True)
class Taken:
    """What Playwright wrote of a page, or of a part of it, as snapshot *number*."""

    number: int
    part: tuple[object, ...]
    """What of the page it shows; two outlines can be compared if this is the same."""
    yaml: str


class Outlines:
    """The outlines of one page's present document, the oldest first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._taken: OrderedDict[int, Taken] = OrderedDict()

    def keep(self, taken: Taken) -> None:
        """Remember *taken*, and forget the oldest for it where there is no more room."""
        self._taken[taken.number] = taken
        while len(self._taken) > 1 and not self._fit():
            self._taken.popitem(last=False)

    def find(self, number: int) -> Taken | None:
        """Return the outline of snapshot *number*, unless it was forgotten."""
        return self._taken.get(number)

    def forget(self) -> None:
        """Drop them all: the page has gone to another document."""
        self._taken.clear()

    def _fit(self) -> bool:
        if len(self._taken) > _MAX_OUTLINES:
            return False
        return sum(len(taken.yaml) for taken in self._taken.values()) <= _MAX_CHARS
