"""What actions take that is more than a plain value.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict


class Point(TypedDict):
    """A place in CSS pixels, from the element's upper left corner."""

    x: float
    y: float


class Clip(TypedDict):
    """A part of the page in CSS pixels, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Step(TypedDict):
    """One action of the batch."""

    action: str
    params: NotRequired[Mapping[str, Any]]
    """As the action's own schema says."""
    page: NotRequired[str | Mapping[str, Any] | None]
    """Its page, if not that of the command: an id, a label, or a reference."""
