"""An event loop that somebody else drives, handle by handle, on a clock that somebody else sets.

Each process of the model has a loop of its own. So a process can be killed between any two steps
of its own: nobody takes the next one. Nothing here waits, and no thread has a part in it, so the
same schedule always gives the same history.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

RESOLUTION_SECONDS: Final = 1e-6
"""Two processes' clocks differ by their skew, so the same moment is rounded differently."""

STEP_SECONDS: Final = 1e-7

_ValueT = TypeVar("_ValueT")
_Ts = TypeVarTuple("_Ts")


class Clock:
    """The time of a world, in seconds; it moves when it is told to."""

    def __init__(self) -> None:
        """Begin at some time that is not zero."""
        self.now = 1000.0


class SteppedLoop(asyncio.BaseEventLoop):
    """What asyncio needs of a loop whose program does no I/O; everything else is refused."""

    def __init__(
        self, clock: Clock, skew: float, on_error: Callable[[dict[str, Any]], None]
    ) -> None:
        """Follow *clock*, *skew* seconds apart from it; *on_error* hears what nobody caught."""
        super().__init__()
        self._clock = clock
        self._skew = skew
        self._on_error = on_error
        self._steps: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._order = itertools.count()

    # --- what the driver asks -----------------------------------------------------------------

    def is_ready(self) -> bool:
        """Say whether there is a step to take now."""
        while self._timers and self._timers[0][0] <= self.time() + RESOLUTION_SECONDS:
            self._steps.append(heapq.heappop(self._timers)[2])
        while self._steps and self._steps[0].cancelled():
            self._steps.popleft()
        return bool(self._steps)

    def next_due(self) -> float | None:
        """Return when, on the world's clock, the next timer is due."""
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        return self._timers[0][0] - self._skew if self._timers else None

    def step(self) -> None:
        """Take one step, which takes some time; there has to be one."""
        # Else whoever looks at the clock until it has moved would look for ever.
        self._clock.now += STEP_SECONDS
        asyncio._set_running_loop(self)
        try:
            self._steps.popleft()._run()
        finally:
            asyncio._set_running_loop(None)

    # --- what asyncio asks --------------------------------------------------------------------

    def time(self) -> float:
        """Return this process's own time."""
        return self._clock.now + self._skew

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Make a step of *callback*."""
        handle = asyncio.Handle(callback, args, self, context)
        self._steps.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Make a step of *callback* at a time of this loop."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._order), handle))
        return handle

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Hear of an error that nobody caught."""
        self._on_error(context)

    def get_debug(self) -> bool:
        """Say no: what debugging looks for is looked for by all the other tests."""
        return False

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[Unpack[_Ts]], _ValueT],
        *args: *_Ts,
    ) -> asyncio.Future[_ValueT]:
        """Refuse: a thread would make the history depend on the machine."""
        raise NotImplementedError("no thread has a part in the model")

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Let it lie until its time comes."""
