"""Places on a page, in CSS pixels."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Box(msgspec.Struct, frozen=True):
    """Where something is, from the upper left corner of what is in view."""

    x: float
    y: float
    width: float
    height: float


class Clip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of what is in view, in CSS pixels from its upper left corner."""

    x: float
    y: float
    width: Annotated[float, Meta(gt=0)]
    height: Annotated[float, Meta(gt=0)]
