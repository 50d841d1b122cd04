"""The wish that this process end: a signal, or the end of the parent that started it.

The first asks for an orderly stop; a second signal for a quick one. What differs by platform
(loops that take signals or do not) stands here and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_STDIN: Final = 0


class Stop:
    """Set by `ask`; *reason* is a word for the goodbye."""

    def __init__(self) -> None:
        """Begin unasked."""
        self.reason = ""
        self._asked = asyncio.Event()
        self._insisted = asyncio.Event()

    def ask(self, reason: str) -> None:
        """Ask for an orderly stop; asking again changes nothing."""
        self.reason = self.reason or reason
        self._asked.set()

    def insist(self, reason: str) -> None:
        """Ask for a stop; the second time, for one at once."""
        if self._asked.is_set():
            self._insisted.set()
        self.ask(reason)

    async def wait(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()

    async def wait_for_insistence(self) -> None:
        """Wait until somebody loses patience."""
        await self._insisted.wait()


@contextmanager
def signals_to(stop: Stop) -> Iterator[None]:
    """Turn the signals that end a process into wishes, while the context is open."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        # Its loops take no signals: Python's own handler hands each over.
        def handle(number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(stop.insist, signal.Signals(number).name.lower())

        before = [(one, signal.signal(one, handle)) for one in (*_SIGNALS, signal.SIGBREAK)]
        try:
            yield
        finally:
            for one, handler in before:
                signal.signal(one, handler)
    else:
        for one in _SIGNALS:
            loop.add_signal_handler(one, stop.insist, one.name.lower())
        try:
            yield
        finally:
            for one in _SIGNALS:
                loop.remove_signal_handler(one)


def follow_parent(stop: Stop) -> None:
    """Ask for a stop when standard input ends: whoever holds its other end is gone.

    A thread, since not every platform's loop can wait for a pipe; it reads the bare descriptor,
    for a thread inside a buffered reader would hold up the interpreter's end.
    """
    loop = asyncio.get_running_loop()

    def watch() -> None:
        try:
            while os.read(_STDIN, 4096):
                pass
        except OSError:
            pass  # a standard input that cannot be read has ended too
        try:
            loop.call_soon_threadsafe(stop.ask, "parent_gone")
        except RuntimeError:
            return  # the loop has ended before the parent has

    threading.Thread(target=watch, name="follow-parent", daemon=True).start()
