"""Params that many actions share, with the words that describe them in every schema."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Target = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=10_000,
        description=(
            'A Playwright selector (role=button[name="Buy"], text=…, css, xpath, >> chains) that '
            "matches one element, or a ref as a snapshot wrote it (p1s1e5)."
        ),
    ),
]

Frame = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=10_000,
        description="A selector of the iframe in which the target is looked for.",
    ),
]

Label = Annotated[str, Meta(pattern=r"^(?!p[0-9]+$)[A-Za-z][A-Za-z0-9_.-]{0,62}$")]
"""A page's name, which no id can be."""

MaxChars = Annotated[
    int,
    Meta(
        ge=1,
        le=200_000,
        description="Longer text is cut here, with a note, and the whole becomes an artifact.",
    ),
]

WaitUntil = Literal["commit", "domcontentloaded", "load", "networkidle"]

Button = Literal["left", "middle", "right"]

Modifier = Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]

Force = Annotated[bool, Meta(description="Act even where a person could not.")]


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in CSS pixels, from the element's upper left corner."""

    x: float
    y: float
