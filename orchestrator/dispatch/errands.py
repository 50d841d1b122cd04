"""The tasks of dispatch: work that is done to its end, whoever asked for it and has left since.

Were a move cancelled between its write and its showing, memory and journal would differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import structlog

log: Final = structlog.get_logger(__name__)

_ReturnT = TypeVar("_ReturnT")


class Errands:
    """Owns every task that moves commands; they can be given while it is entered."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        """Begin to take errands."""
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End with the tasks; they are cancelled if the body was."""
        await self._tasks.__aexit__(error_type, error, traceback)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do *work* later; nobody waits for it."""
        self._tasks.create_task(reported(work))

    async def unharmed(self, work: Coroutine[Any, Any, _ReturnT]) -> _ReturnT:
        """Do *work* to its end even if the caller is cancelled; raises what it raises."""
        task = self._tasks.create_task(_captured(work))
        await asyncio.wait({task})
        outcome = task.result()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def _captured(work: Coroutine[Any, Any, _ReturnT]) -> _ReturnT | Exception:
    """Run *work* for somebody else, who is to get its failure too."""
    try:
        return await work
    except Exception as error:
        return error


async def reported(work: Coroutine[Any, Any, None]) -> None:
    """Run *work*; its failure is a bug to be seen, but not the end of all other commands."""
    try:
        await work
    except Exception:
        log.exception("dispatcher.task_failed")
