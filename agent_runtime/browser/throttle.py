"""A slower network for one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent_runtime.browser.order import Order

_BYTES_PER_KILOBIT: Final = 125


@dataclass(frozen=True)
class Throttle:
    """How fast bits come and go, in kbit/s, and how late; none is as it is."""

    download: float | None = None
    upload: float | None = None
    latency_ms: float = 0.0

    @property
    def is_nothing(self) -> bool:
        """Whether it leaves the network as it is."""
        return self.download is None and self.upload is None and not self.latency_ms

    def order(self, *, offline: bool) -> Order:
        """Say it as Chromium takes it.

        While a page is slowed down, Chromium heeds nobody else on whether there is a network, so
        that must be said here. Where nothing is slowed down, everybody else is heeded again.
        """
        return ("Network.emulateNetworkConditions", dict(self._params(offline)))

    def _params(self, offline: bool) -> Mapping[str, bool | float]:
        return {
            "offline": offline and not self.is_nothing,
            "latency": self.latency_ms,
            "downloadThroughput": _bytes_per_second(self.download),
            "uploadThroughput": _bytes_per_second(self.upload),
        }


def _bytes_per_second(kilobits: float | None) -> float:
    return -1 if kilobits is None else kilobits * _BYTES_PER_KILOBIT
