"""What a run comes to: figures for a person, and the same for a program."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from chaos.checker import Verdict
from chaos.evidence import Evidence, milliseconds
from chaos.records import ORCHESTRATOR, Injected, Launched

SHOWN_ANOMALIES: Final = 5

_FATAL: Final = frozenset({"orchestrator-kill", "orchestrator-crash", "orchestrator-term"})


class Spread(msgspec.Struct, frozen=True):
    """Durations in seconds."""

    count: int
    p50: float
    p99: float
    longest: float


class Report(msgspec.Struct, frozen=True):
    """Everything that is printed."""

    seed: int
    seconds: float
    commands: int
    outcomes: dict[str, int]
    lost_percent: float
    executions: int
    calls: dict[str, int]
    faults: dict[str, int]
    crash_points: dict[str, int]
    left_out: tuple[str, ...]
    recovery: Spread | None
    restart: Spread | None
    orchestrator_mb: float
    verdicts: tuple[Verdict, ...]

    @property
    def anomalies(self) -> int:
        """How many there were."""
        return sum(len(verdict.anomalies) for verdict in self.verdicts)


def make_report(
    evidence: Evidence,
    verdicts: tuple[Verdict, ...],
    *,
    left_out: tuple[str, ...] = (),
    orchestrator_mb: float = 0.0,
) -> Report:
    """Count what the evidence holds."""
    outcomes = Counter(
        command.state
        for request_id in evidence.observations
        if (command := evidence.last_view(request_id)) is not None
    )
    total = sum(outcomes.values())
    faults = [fault for fault, _ in evidence.timeline.faults]
    points = Counter(fault.detail for fault in faults if fault.name == "crash-point")
    return Report(
        seed=evidence.begins.seed,
        seconds=evidence.last_at,
        commands=total,
        outcomes=dict(outcomes.most_common()),
        lost_percent=100 * outcomes["lost"] / total if total else 0.0,
        executions=sum(len(begun) for begun in evidence.begun.values()),
        calls=dict(_calls(evidence).most_common()),
        faults=dict(sorted(Counter(fault.name for fault in faults).items())),
        crash_points=dict(sorted(points.items())),
        left_out=left_out,
        recovery=_spread(_recoveries(evidence, from_restart=False)),
        restart=_spread(_recoveries(evidence, from_restart=True)),
        orchestrator_mb=orchestrator_mb,
        verdicts=verdicts,
    )


def written(report: Report) -> str:
    """Return the table."""
    lines = [
        f"seed {report.seed}, {report.seconds:.0f} s",
        "",
        f"commands      {report.commands}: {_listed(report.outcomes)}",
        f"lost          {report.lost_percent:.2f} %",
        f"executions    {report.executions} seen by the site",
        f"calls         {_listed(report.calls)}",
        f"faults        {sum(report.faults.values())}: {_listed(report.faults)}",
    ]
    if report.crash_points:
        lines.append(f"crash points  {_listed(report.crash_points)}")
    lines += [f"left out      {reason}" for reason in report.left_out]
    lines += [
        f"recovery      {_timed(report.recovery)} (fault on the orchestrator to first answer)",
        f"restart       {_timed(report.restart)} (its next start to first answer)",
        f"memory        {report.orchestrator_mb:.0f} MB at most, of the orchestrator",
        "",
        "invariant     anomalies",
        *(_judged(verdict) for verdict in report.verdicts),
    ]
    return "\n".join(lines)


def _judged(verdict: Verdict) -> str:
    n, found = verdict.trials, len(verdict.anomalies)
    if not n:
        return f"{verdict.invariant:<13} never tried"
    if not found:
        return f"{verdict.invariant:<13} 0 in {n}, < {min(1.0, 3 / n):.2g}"
    shown = [f"    {one.subject}: {one.message}" for one in verdict.anomalies[:SHOWN_ANOMALIES]]
    if found > SHOWN_ANOMALIES:
        shown.append(f"    and {found - SHOWN_ANOMALIES} more")
    return "\n".join((f"{verdict.invariant:<13} {found} in {n}", *shown))


def _calls(evidence: Evidence) -> Counter[str]:
    return Counter(
        str(exchange.answered.code or exchange.answered.status)
        if exchange.answered is not None
        else exchange.broke.error
        if exchange.broke is not None
        else "open"
        for exchange in evidence.exchanges
    )


def _recoveries(evidence: Evidence, *, from_restart: bool) -> list[float]:
    """Return how long it took, after each end of the orchestrator, until a command was answered.

    Of a command that the next life of the orchestrator has sent to its agent: one that was over
    before, and is merely looked up, does not count.
    """
    starts = [
        record.at
        for record in evidence.records
        if isinstance(record, Launched) and record.process == ORCHESTRATOR
    ]
    answers = sorted(
        (exchange.answered.at, milliseconds(command.dispatched_at))
        for exchange in evidence.exchanges
        if exchange.answered is not None
        and (command := exchange.command) is not None
        and command.state == "succeeded"
        and command.dispatched_at is not None
    )
    found: list[float] = []
    for fault, _ in evidence.timeline.faults:
        if not _ends_orchestrator(fault):
            continue
        began = min((at for at in starts if at > fault.at), default=None)
        if began is None:
            continue
        wall = evidence.wall_ms(began)
        first = next((at for at, dispatched in answers if dispatched > wall), None)
        if first is not None:
            found.append(first - (began if from_restart else fault.at))
    return sorted(found)


def _ends_orchestrator(fault: Injected) -> bool:
    return fault.target == ORCHESTRATOR and (fault.name in _FATAL or fault.name == "crash-point")


def _spread(seconds: Sequence[float]) -> Spread | None:
    if not seconds:
        return None
    return Spread(len(seconds), _quantile(seconds, 0.5), _quantile(seconds, 0.99), seconds[-1])


def _quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered), math.ceil(part * len(ordered))) - 1]


def _timed(spread: Spread | None) -> str:
    if spread is None:
        return "never measured"
    return f"p50 {spread.p50:.2f} s, p99 {spread.p99:.2f} s of {spread.count}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
