"""Points in time as answers write them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(milliseconds: float) -> str:
    """Return a time since the epoch as ISO 8601, in UTC."""
    point = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return point.isoformat(timespec="milliseconds").replace("+00:00", "Z")
