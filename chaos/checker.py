"""Holds a history against the invariants; pure, so that histories can be made up to try it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from chaos.anomaly import Anomaly, Trials
from chaos.evidence import Evidence
from chaos.invariants.agents import contact_is_true, epochs_grow, what_waits_is_bounded
from chaos.invariants.answers import (
    a_name_is_one_command,
    acknowledged_means_recorded,
    calls_end,
    strangers_change_nothing,
    the_end_is_the_end,
)
from chaos.invariants.executions import (
    begun_at_most_once,
    cancelled_stays_cancelled,
    none_means_never,
    pages_keep_the_order,
    success_is_real,
)
from chaos.invariants.processes import (
    drains_end_in_time,
    nobody_is_left_behind,
    nothing_ends_by_itself,
)
from chaos.invariants.sums import the_sums_agree

INVARIANTS: Final[dict[str, Callable[[Evidence], Trials]]] = {
    "I1": begun_at_most_once,
    "I2": the_end_is_the_end,
    "I3": acknowledged_means_recorded,
    "I4": success_is_real,
    "I5": none_means_never,
    "I6": a_name_is_one_command,
    "I8": epochs_grow,
    "I9": pages_keep_the_order,
    "I10": cancelled_stays_cancelled,
    "I11": what_waits_is_bounded,
    "I12": calls_end,
    "I13": contact_is_true,
    "I14": strangers_change_nothing,
    "I15": the_sums_agree,
    "drain": drains_end_in_time,
    "exits": nothing_ends_by_itself,
    "orphans": nobody_is_left_behind,
}
"""By their names in `docs/chaos.md`. I7 (an acknowledged result is durable) cannot be seen from
outside by itself; what would break it breaks I2 or I3."""


class Verdict(msgspec.Struct, frozen=True):
    """What became of one invariant."""

    invariant: str
    trials: int
    anomalies: tuple[Anomaly, ...]


def check(evidence: Evidence) -> tuple[Verdict, ...]:
    """Try every invariant; what can only be judged at the end is passed over before it."""
    return tuple(_judge(name, trials(evidence)) for name, trials in INVARIANTS.items())


def _judge(name: str, trials: Trials) -> Verdict:
    outcomes = list(trials)
    return Verdict(name, len(outcomes), tuple(one for one in outcomes if one is not None))
