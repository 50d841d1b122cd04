"""How often an address may try wrong tokens: a few times a minute.

Nobody guesses 256 bits; but whoever tries is not to have the server's time for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 60.0
MOST: Final = 10
ADDRESSES: Final = 1000


class Attempts:
    """The failures of the last minute, by address; of the addresses only the latest are known."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_seconds(self, address: str) -> float:
        """Return how long *address* has to wait until it may try again; 0 if it may now."""
        failures = self._failures.get(address)
        if failures is None or len(failures) < MOST:
            return 0.0
        return max(0.0, failures[0] + WINDOW_SECONDS - self._clock())

    def failed(self, address: str) -> None:
        """Note a wrong token."""
        failures = self._failures.setdefault(address, deque(maxlen=MOST))
        failures.append(self._clock())
        self._failures.move_to_end(address)
        if len(self._failures) > ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget what went wrong before."""
        self._failures.pop(address, None)
