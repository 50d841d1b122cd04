"""Generated blocks inside hand-written pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_BLOCK: Final = re.compile(
    r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL
)
_OPENING: Final = re.compile(r"<!-- generated: ([a-z-]+) -->")


class UnclosedBlock(Exception):
    """A block has a beginning and no end, so nobody can say what of the page is generated."""


def render(page: str, make: Callable[[str], str]) -> str:
    """Return *page* with the content of every block made anew by its name.

    Raises:
        UnclosedBlock: a marker has no counterpart.
        KeyError: nobody makes a block of that name.
    """

    def fill(match: re.Match[str]) -> str:
        return f"{match[1]}\n{make(match['name']).strip()}\n\n{match[3]}"

    opened = _OPENING.findall(page)
    if len(opened) != len(_BLOCK.findall(page)):
        raise UnclosedBlock(", ".join(opened))
    return _BLOCK.sub(fill, page)
