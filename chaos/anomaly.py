"""What an invariant says of one trial: nothing, or what was not as it must be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Anomaly(msgspec.Struct, frozen=True):
    """Something that must never be; *subject* is a request id, an agent or a process."""

    subject: str
    message: str


Trials = Iterator[Anomaly | None]
"""One for each time that the invariant could have been broken."""


def unless(holds: bool, subject: str, message: str) -> Anomaly | None:
    """Return the outcome of one trial."""
    return None if holds else Anomaly(subject, message)
