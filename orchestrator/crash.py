"""Places where a test may have this process killed, as a power switch would: without a word.

`XAGENT_CRASH_AT` names them, separated by commas; `name:3` means the third passage. It is read
once, when this module is loaded, and where it is not set a passage costs a function's call. The
agent has a module like this one: the two programs share nothing but the wire.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final, Literal

CrashPoint = Literal[
    "before-submit",
    "after-submit",
    "command-sent",
    "result-received",
    "result-recorded",
]
"""In the order in which one command passes them.

about to commit it · committed, nobody told · its frame is handed to the socket, which may not have
sent it yet · its result is here, in memory · committed, neither the caller nor the agent told
"""

# What Windows has in its place ends a process just as suddenly.
_KILL: Final = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL


def _read(text: str) -> dict[str, int]:
    wanted = (word.strip().partition(":") for word in text.split(",") if word.strip())
    return {name: int(passage or 1) for name, _, passage in wanted}


_passages_left: Final = _read(os.environ.get("XAGENT_CRASH_AT", ""))


def crash_at(point: CrashPoint) -> None:
    """Die here and now, if that is asked for and this is the passage that was named."""
    if point in _passages_left:
        _passages_left[point] -= 1
        if _passages_left[point] == 0:
            os.kill(os.getpid(), _KILL)
