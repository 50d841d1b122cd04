"""What the programs log of their own bugs: an error that they survived is still an error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, NoReturn

import structlog

_BUGS = frozenset(
    {
        "the action broke its contract",
        "the result is too long for a frame",
        "result.unstorable",
        "result.of_another_agent",
        "command.conflict",
    }
)
"""Events that need no exception to be a bug."""


class Bugs:
    """Listens to all logs while a world lives; only one may at a time."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._heard: list[str] = []
        self._before: dict[str, Any] = {}

    def listen(self) -> None:
        """Take over the logs."""
        self._before = structlog.get_config()
        structlog.configure(
            processors=[self._hear],
            wrapper_class=structlog.make_filtering_bound_logger("error"),
            cache_logger_on_first_use=False,
        )

    def forget(self) -> None:
        """Leave the logs as they were."""
        structlog.configure(**self._before)

    def heard(self) -> list[str]:
        """Return what was heard since this was last asked."""
        heard, self._heard = self._heard, []
        return heard

    def _hear(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> NoReturn:
        if "exc_info" in event or event.get("event") in _BUGS:
            error = _exception_of(event)
            self._heard.append(f"{event.get('event')} {error!r} {dict(event)}")
        raise structlog.DropEvent


def _exception_of(event: Mapping[str, Any]) -> BaseException | None:
    return sys.exc_info()[1] if event.get("exc_info") else None
