"""What a file may be called once a stranger has named it: a name for people, never a path.

Sites name their downloads and users their uploads. Where bytes lie is decided by our own names;
this one travels beside them, into headers, lists and, if somebody saves the file, onto a disk.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200
_LONGEST_SUFFIX: Final = 20

_SEPARATOR: Final = re.compile(r"[/\\]")
# Names that Windows gives to devices, whatever their suffix.
_DEVICE: Final = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|\Z)")


def file_name(text: str, *, otherwise: str = "artifact") -> str:
    """Return what is left of *text* once it can harm neither a header, an eye nor a file system.

    No separators, no control characters, none that turn the direction of writing, no dots at
    either end. What is too long is cut before its suffix; of nothing, *otherwise* is left.
    """
    last = _SEPARATOR.split(text)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip(". ")
    if _DEVICE.match(shown):
        shown = f"_{shown}"
    if len(shown) > LONGEST:
        stem, dot, suffix = shown.rpartition(".")
        kept = f"{dot}{suffix}" if stem and len(suffix) <= _LONGEST_SUFFIX else ""
        shown = shown[: LONGEST - len(kept)].rstrip(". ") + kept
    return shown or otherwise
