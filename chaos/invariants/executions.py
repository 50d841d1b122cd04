"""What was done, against what was said of it: the site's count is the oracle."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Final

import msgspec

from chaos.anomaly import Anomaly, Trials, unless
from chaos.evidence import Evidence
from chaos.records import COUNTED_ACTIONS, Begun, CommandRow

CLOCK_SLACK_MS: Final = 100.0
"""Between the day's clock, by which the database writes, and the monotonic one of the history."""


def begun_at_most_once(evidence: Evidence) -> Trials:
    """I1: a command that is not idempotent is begun once, over all agents and restarts.

    One that is idempotent is begun at most once an attempt.
    """
    for request_id, body in evidence.counted():
        times = len(evidence.begun.get(request_id, ()))
        if not body.idempotent:
            yield unless(
                times <= 1, request_id, f"{body.action} was begun {times} times, and is no read"
            )
            continue
        row = evidence.rows.get(request_id)
        if row is not None:
            yield unless(
                times <= row.attempt,
                request_id,
                f"{body.action} was begun {times} times in {row.attempt} attempts",
            )


def success_is_real(evidence: Evidence) -> Trials:
    """I4: what succeeded was done, to its end, in the attempt that is recorded."""
    for request_id, body in evidence.counted():
        command = evidence.last_view(request_id)
        if command is None or command.state != "succeeded":
            continue
        begun = evidence.begun.get(request_id, [])
        ended = evidence.ended.get(request_id, set())
        if body.action == "evaluate":
            nonce = msgspec.json.decode(command.result)
            begun = [one for one in begun if one.nonce == nonce]
        if not any(one.nonce in ended for one in begun):
            yield Anomaly(request_id, f"{body.action} succeeded, and the site never saw its end")
            continue
        row = evidence.rows.get(request_id)
        dispatched = row.dispatched_at if row is not None else None
        last = evidence.wall_ms(max(one.at for one in begun))
        yield unless(
            dispatched is None or last >= dispatched - CLOCK_SLACK_MS,
            request_id,
            f"its execution began {(dispatched or 0) - last:.0f} ms before the recorded attempt",
        )


def none_means_never(evidence: Evidence) -> Trials:
    """I5: a command whose effect is none was never begun, and never is."""
    for request_id, body in evidence.counted():
        command = evidence.last_view(request_id)
        if command is not None and command.is_final and command.effect == "none":
            begun = evidence.begun.get(request_id, [])
            yield unless(
                not begun,
                request_id,
                f"{body.action} is {command.state} "
                f"({command.error.code if command.error else 'no error'}) with effect none, and "
                f"was begun at {', '.join(f'{one.at:.3f}' for one in begun)}",
            )


def cancelled_stays_cancelled(evidence: Evidence) -> Trials:
    """I10: what was answered as cancelled with effect none does not begin later."""
    for request_id, _ in evidence.counted():
        answers = [
            one.answered_at
            for one in evidence.observations.get(request_id, ())
            if one.command.state == "cancelled" and one.command.effect == "none"
        ]
        if answers:
            later = [one.at for one in evidence.begun.get(request_id, ()) if one.at > min(answers)]
            yield unless(
                not later,
                request_id,
                f"it was answered as cancelled at {min(answers):.3f}, and began at {later}",
            )


def pages_keep_the_order(evidence: Evidence) -> Trials:
    """I9: on one page commands begin in the order in which they were accepted.

    Looked at where the beginning is certain: of what succeeded. One that is begun anew takes its
    place behind those that the agent holds already, so those are left out.
    """
    of_agent: dict[str, list[tuple[CommandRow, Begun]]] = defaultdict(list)
    for row in sorted(evidence.rows.values(), key=lambda one: one.seq):
        begun = evidence.begun.get(row.request_id, ())
        is_certain = row.state == "succeeded" and row.action in COUNTED_ACTIONS
        if is_certain and len(begun) == 1 and not row.tainted:
            of_agent[row.agent_id].append((row, begun[0]))
    for agent_id, accepted in of_agent.items():
        for (earlier, first), (later, second) in itertools.pairwise(accepted):
            yield unless(
                first.at < second.at,
                agent_id,
                f"{later.request_id} began at {second.at:.3f}, before {earlier.request_id}, which "
                f"was accepted before it and began at {first.at:.3f}",
            )
