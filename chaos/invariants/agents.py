"""Who was here, and who was said to be: sessions, contact, and what waits for an agent."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from typing import Final

from chaos.anomaly import Anomaly, Trials, unless
from chaos.evidence import Evidence
from chaos.records import ORCHESTRATOR, SessionRow
from chaos.timeline import Intervals

LEASE_BEATS: Final = 4
SLACK_SECONDS: Final = 5.0
IN_FLIGHT: Final = 16
QUEUED: Final = 100

_SILENT: Final = "lost"
"""The word with which a session ends whose agent was not heard for a lease."""


def epochs_grow(evidence: Evidence) -> Trials:
    """I8: each session of an agent has a higher epoch than those before, and one is open at most.

    A command is never written under the epoch of a session that was not the current one.
    """
    if evidence.final is None:
        return
    of_agent: dict[str, list[SessionRow]] = defaultdict(list)
    for session in evidence.final.sessions:
        of_agent[session.agent_id].append(session)
    for agent_id, sessions in of_agent.items():
        for earlier, later in itertools.pairwise(sessions):
            yield unless(
                earlier.epoch < later.epoch,
                agent_id,
                f"epoch {later.epoch} came after epoch {earlier.epoch}",
            )
        open_sessions = [one.epoch for one in sessions if one.ended_at is None]
        yield unless(
            len(open_sessions) <= 1, agent_id, f"the sessions {open_sessions} are all open"
        )
    for row in evidence.final.rows:
        if row.dispatched_at is None or not row.epoch:
            continue
        sessions = of_agent[row.agent_id]
        ends = [*(successor.started_at for successor in sessions[1:]), math.inf]
        for session, end in zip(sessions, ends, strict=False):
            if session.epoch == row.epoch:
                yield unless(
                    session.started_at <= row.dispatched_at <= end,
                    row.request_id,
                    f"it was dispatched at {row.dispatched_at} under epoch {row.epoch}, which "
                    f"lasted from {session.started_at} to {end}",
                )
                break
        else:
            yield Anomaly(row.request_id, f"it has epoch {row.epoch}, which no session had")


def what_waits_is_bounded(evidence: Evidence) -> Trials:
    """I11: of the commands of one agent 16 are with it and 100 in its queue, at most."""
    for seen in evidence.seen:
        for agent in seen.agents:
            yield unless(
                agent.in_flight <= IN_FLIGHT and agent.queued <= QUEUED,
                agent.agent_id,
                f"{agent.in_flight} in flight and {agent.queued} queued at {seen.at:.1f}",
            )


def contact_is_true(evidence: Evidence) -> Trials:
    """I13: a dead agent is shown as lost within a lease and 5 s; a live one never is lost."""
    lease = LEASE_BEATS * evidence.begins.beat_seconds
    yield from _dead_ones_are_missed(evidence, lease + SLACK_SECONDS)
    yield from _live_ones_are_not(evidence, lease)


def _dead_ones_are_missed(evidence: Evidence, patience: float) -> Trials:
    timeline = evidence.timeline
    for seen in evidence.seen:
        begin = seen.at - patience
        is_server_away = (
            timeline.not_serving(ORCHESTRATOR).touch(begin, seen.at)
            or timeline.frozen(ORCHESTRATOR).touch(begin, seen.at)
            or timeline.harness_lags.touch(begin, seen.at)
        )
        if begin < 0 or is_server_away:
            continue
        for agent in seen.agents:
            is_dead = timeline.frozen(agent.agent_id).cover(begin, seen.at) or not timeline.alive(
                agent.agent_id
            ).touch(begin, seen.at)
            if is_dead:
                yield unless(
                    not agent.connected,
                    agent.agent_id,
                    f"shown as connected at {seen.at:.1f}, though it could not answer since "
                    f"{begin:.1f}",
                )


def _live_ones_are_not(evidence: Evidence, lease: float) -> Trials:
    timeline = evidence.timeline
    sessions = evidence.final.sessions if evidence.final is not None else ()
    for session in sessions:
        if session.ended_at is None or session.end_reason is None:
            continue
        end = evidence.moment(session.ended_at)
        begin = end - lease - SLACK_SECONDS
        troubles: tuple[Intervals, ...] = (
            timeline.disturbed(session.agent_id),
            timeline.disturbed(ORCHESTRATOR),
            timeline.not_serving(ORCHESTRATOR),
            timeline.disk_full,
            timeline.harness_lags,
        )
        yield unless(
            not session.end_reason.startswith(_SILENT)
            or any(trouble.touch(begin, end) for trouble in troubles),
            session.agent_id,
            f"its session {session.epoch} ended at {end:.1f} ({session.end_reason}), though "
            "nothing was wrong with it",
        )
