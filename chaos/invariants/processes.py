"""How processes end: when they are asked to in time, else never, and with all that is theirs."""

from __future__ import annotations

import signal
from collections import defaultdict
from typing import Final

from chaos.anomaly import Anomaly, Trials, unless
from chaos.evidence import Evidence
from chaos.records import ORCHESTRATOR, Closes, Exited, Injected, Launched, Orphaned

DRAIN_SECONDS: Final = 15.0
ORPHAN_SECONDS: Final = 15.0

_DEADLY: Final = ("-kill", "-crash", "-term", "crash-point")


def drains_end_in_time(evidence: Evidence) -> Trials:
    """F45: an orchestrator that is asked to stop has stopped after 15 s."""
    exits = [one for one in evidence.records if isinstance(one, Exited)]
    for fault, _ in evidence.timeline.faults:
        if fault.name != f"{ORCHESTRATOR}-term":
            continue
        end = min(
            (one.at for one in exits if one.process == ORCHESTRATOR and one.at >= fault.at),
            default=None,
        )
        if end is not None:
            frozen = evidence.timeline.frozen(ORCHESTRATOR).overlap(fault.at, end)
            seconds = end - fault.at - frozen
            yield unless(seconds <= DRAIN_SECONDS, ORCHESTRATOR, f"its drain took {seconds:.1f} s")


def nothing_ends_by_itself(evidence: Evidence) -> Trials:
    """Every end of a process has its fault, and a status that fits."""
    deadly: dict[str, list[Injected]] = defaultdict(list)
    is_closing = False
    for record in evidence.records:
        match record:
            case Closes():
                is_closing = True
            case Launched():
                deadly[record.process].clear()
            case Injected() if record.name.endswith(_DEADLY) and record.name.startswith(
                ("orchestrator", "agent", "crash")
            ):
                deadly[record.target].append(record)
            case Exited():
                faults = [fault.name for fault in deadly[record.process]]
                yield unless(
                    _is_explained(record, faults, evidence) or (is_closing and record.status == 0),
                    record.process,
                    f"it ended at {record.at:.1f} with status {record.status}, after "
                    f"{', '.join(faults) or 'no fault'}",
                )


def nobody_is_left_behind(evidence: Evidence) -> Trials:
    """What a dead agent had started is gone 15 s later."""
    for record in evidence.records:
        if isinstance(record, Orphaned):
            yield Anomaly(
                record.program,
                f"process {record.pid} is still there {record.seconds:.0f} s after its parent's "
                f"end, at {record.at:.1f}",
            )
        elif isinstance(record, Exited) and record.process != ORCHESTRATOR:
            yield None


def _is_explained(exited: Exited, faults: list[str], evidence: Evidence) -> bool:
    if not faults:
        # Without room to write it cannot start, and says so.
        return exited.process == ORCHESTRATOR and evidence.timeline.disk_full.touch(
            exited.at - DRAIN_SECONDS, exited.at
        )
    if all(name.endswith("-term") for name in faults):
        return exited.status in (0, -signal.SIGTERM)
    return True
