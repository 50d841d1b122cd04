"""What Chromium is told by its own protocol, before it is known by which session."""

from __future__ import annotations

from typing import Any, TypeAlias

Order: TypeAlias = tuple[str, dict[str, Any]]
"""A method of CDP, and its params."""
