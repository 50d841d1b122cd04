"""A client that leaves while it waits: nobody goes on waiting for it.

To notice that takes a task, which a command in a millisecond cannot afford. So a wait begins
without, and is watched over from the moment when it has become a long one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from orchestrator.errors import Refusal

UNWATCHED_SECONDS: Final = 1.0
"""How much of a wait is not watched over."""

_ReturnT = TypeVar("_ReturnT")


async def while_here(receive: Receive, waiting: Awaitable[_ReturnT]) -> _ReturnT:
    """Return what *waiting* returns, if the client stays so long.

    Raises:
        Refusal: *waiting* raised it.
        ClientDisconnect: the client has left; *waiting* was cancelled.
    """
    try:
        async with asyncio.timeout(None) as stay, asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(_end_with(receive, stay))
            outcome = await _outcome(waiting)
            watch.cancel()
    except TimeoutError:
        raise ClientDisconnect from None
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _outcome(waiting: Awaitable[_ReturnT]) -> _ReturnT | Refusal:
    """Return a refusal, too, which a task group would wrap into a group."""
    try:
        return await waiting
    except Refusal as refusal:
        return refusal


async def _end_with(receive: Receive, stay: asyncio.Timeout) -> None:
    # What may come before is the request's own body, empty or read already.
    while (await receive())["type"] != "http.disconnect":
        pass
    stay.reschedule(asyncio.get_running_loop().time())
