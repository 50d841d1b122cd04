"""When who was able to do what, as far as the history tells: intervals in seconds of the run."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chaos.records import (
    ORCHESTRATOR,
    AnyRecord,
    Exited,
    Healed,
    Injected,
    Lagged,
    Launched,
    Serving,
)

Interval = tuple[float, float]

_LASTING: Final = ("network-", "disk-")
_OF_BROWSER: Final = ("browser-", "renderer-", "driver-")


class Intervals:
    """Intervals in the order of their beginning; they may overlap."""

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        """Hold *intervals*."""
        self._intervals = sorted(intervals)

    def __iter__(self) -> Iterator[Interval]:
        """Iterate over them."""
        return iter(self._intervals)

    def overlap(self, begin: float, end: float) -> float:
        """Return how much of the time from *begin* to *end* lies in any of them."""
        covered, reached = 0.0, begin
        for first, last in self._intervals:
            begins, ends = max(first, reached), min(last, end)
            if ends > begins:
                covered += ends - begins
                reached = ends
        return covered

    def touch(self, begin: float, end: float) -> bool:
        """Say whether any of them has a moment in common with *begin* to *end*."""
        return any(first <= end and last >= begin for first, last in self._intervals)

    def cover(self, begin: float, end: float) -> bool:
        """Say whether all of the time from *begin* to *end* lies in one of them."""
        return any(first <= begin and last >= end for first, last in self._intervals)


class Timeline:
    """The ups and downs of every process, every way and the disk."""

    def __init__(self, records: Sequence[AnyRecord]) -> None:
        """Read them from the history."""
        alive: dict[str, list[Interval]] = defaultdict(list)
        idle: dict[str, list[Interval]] = defaultdict(list)
        begun: dict[str, float] = {}
        idle_since: dict[str, float] = {ORCHESTRATOR: 0.0}
        open_faults: dict[int, Injected] = {}
        faults: list[tuple[Injected, float]] = []
        lags: list[Interval] = []
        for record in records:
            match record:
                case Launched():
                    begun[record.process] = record.at
                case Serving():
                    since = idle_since.pop(record.process, record.at)
                    idle[record.process].append((since, record.at))
                case Exited():
                    # What was stopped, and then killed, is stopped no more.
                    thawed = _freezes_of(record.process, open_faults)
                    faults.extend((open_faults.pop(number), record.at) for number in thawed)
                    since = begun.pop(record.process, record.at)
                    alive[record.process].append((since, record.at))
                    idle_since.setdefault(record.process, record.at)
                case Injected():
                    open_faults[record.fault] = record
                case Healed():
                    injected = open_faults.pop(record.fault, None)
                    if injected is not None:
                        faults.append((injected, record.at))
                case Lagged():
                    lags.append((record.at - record.seconds, record.at))
        for process, since in begun.items():
            alive[process].append((since, math.inf))
        for process, since in idle_since.items():
            idle[process].append((since, math.inf))
        for injected in open_faults.values():
            lasts = injected.name.endswith("-freeze") or injected.name.startswith(_LASTING)
            faults.append((injected, math.inf if lasts else injected.at))
        self._alive = {process: Intervals(intervals) for process, intervals in alive.items()}
        self._idle = {process: Intervals(intervals) for process, intervals in idle.items()}
        self.faults = sorted(faults, key=lambda fault: fault[0].at)
        """Each with its end; what kills ends as it begins."""
        self.harness_lags = Intervals(lags)
        self.disk_full = self._times_of("disk-full")

    def alive(self, process: str) -> Intervals:
        """When a process of this name ran."""
        return self._alive.get(process, Intervals())

    def not_serving(self, process: str) -> Intervals:
        """When there was none, or one that had not finished its start."""
        return self._idle.get(process, Intervals())

    def frozen(self, process: str) -> Intervals:
        """When it was stopped, and could not notice."""
        return self._times_of(f"{_family(process)}-freeze", process)

    def disturbed(self, process: str) -> Intervals:
        """When anything was wrong with a process or its way; its browser is another matter."""
        return Intervals(
            (fault.at, end)
            for fault, end in self.faults
            if fault.target == process and not fault.name.startswith(_OF_BROWSER)
        )

    def _times_of(self, name: str, target: str | None = None) -> Intervals:
        return Intervals(
            (fault.at, end)
            for fault, end in self.faults
            if fault.name == name and target in (None, fault.target)
        )


def _family(process: str) -> str:
    return process if process == ORCHESTRATOR else "agent"


def _freezes_of(process: str, faults: dict[int, Injected]) -> list[int]:
    name = f"{_family(process)}-freeze"
    return [n for n, fault in faults.items() if (fault.name, fault.target) == (name, process)]
