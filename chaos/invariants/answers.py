"""What callers were told, against what they were told before, and what was left in the end."""

from __future__ import annotations

from typing import Final

import msgspec

from chaos.anomaly import Anomaly, Trials, unless
from chaos.evidence import Evidence, Exchange
from chaos.records import FINAL_STATES, ORCHESTRATOR, CommandView

SLACK_SECONDS: Final = 2.0
STORAGE_PATIENCE_SECONDS: Final = 5.0
"""How long a call may wait for a disk that is full before it is refused."""

REUSED: Final = "request_id_reused"


def the_end_is_the_end(evidence: Evidence) -> Trials:
    """I2: what was once shown as over is shown so ever after: state, result, effect, error."""
    for request_id, observations in evidence.observations.items():
        over = [one for one in observations if one.command.is_final]
        if not over:
            continue
        first = min(over, key=lambda one: one.answered_at)
        wrong = [
            one
            for one in observations
            if (one.command.is_final or one.asked_at > first.answered_at)
            and _end(one.command) != _end(first.command)
        ]
        row = evidence.rows.get(request_id)
        if wrong:
            shown = _shown(wrong[0].command)
            yield Anomaly(request_id, f"it was {_shown(first.command)}, and later {shown}")
        elif row is not None and (row.state, row.effect) != _end(first.command)[:2]:
            yield Anomaly(
                request_id,
                f"it was {_shown(first.command)}; the database says {row.state} ({row.effect})",
            )
        else:
            yield None


def acknowledged_means_recorded(evidence: Evidence) -> Trials:
    """I3: what was acknowledged exists ever after, and is over in the end."""
    lost_from_sight = {
        exchange.asked.request_id: exchange
        for exchange in evidence.exchanges
        if exchange.answered is not None and exchange.answered.status == 404
    }
    for request_id, accepted_at in evidence.accepted():
        missed = lost_from_sight.get(request_id)
        if missed is not None and missed.asked.at > accepted_at:
            yield Anomaly(request_id, f"acknowledged at {accepted_at:.3f}, and then unknown (404)")
            continue
        if evidence.final is None:
            continue
        row = evidence.rows.get(request_id)
        if row is None:
            yield Anomaly(request_id, "it was acknowledged, and is not in the database")
        else:
            yield unless(
                row.state in FINAL_STATES,
                request_id,
                f"it is still {row.state} when everything has had its time",
            )


def a_name_is_one_command(evidence: Evidence) -> Trials:
    """I6: the same request id is the same command; for another body it is refused."""
    for request_id, exchanges in evidence.submissions.items():
        body = evidence.body(request_id)
        if body is None:
            continue
        accepted_at = min(
            (one.answered_at for one in evidence.observations.get(request_id, ())),
            default=float("inf"),
        )
        for exchange in exchanges:
            yield _same_command(exchange, accepted_at, evidence)


def calls_end(evidence: Evidence) -> Trials:
    """I12: every call ends within its wait and 2 s, as long as there is a server to end it."""
    timeline = evidence.timeline
    for exchange in evidence.exchanges:
        begin, end = exchange.asked.at, exchange.ended_at
        if end is None:
            end = evidence.last_at
        if exchange.broke is not None and exchange.broke.is_ours:
            continue
        allowed = exchange.asked.wait + SLACK_SECONDS
        allowed += timeline.not_serving(ORCHESTRATOR).overlap(begin, end)
        allowed += timeline.frozen(ORCHESTRATOR).overlap(begin, end)
        allowed += timeline.harness_lags.overlap(begin, end)
        if timeline.disk_full.touch(begin - SLACK_SECONDS, end):
            allowed += STORAGE_PATIENCE_SECONDS
        yield unless(
            end - begin <= allowed,
            exchange.asked.request_id or exchange.asked.operation,
            f"{exchange.asked.operation} with wait={exchange.asked.wait:g} at {begin:.3f} took "
            f"{end - begin:.1f} s",
        )


def strangers_change_nothing(evidence: Evidence) -> Trials:
    """I14: a call with a wrong token is refused, and leaves no command."""
    for request_id, exchanges in evidence.submissions.items():
        strangers = [one for one in exchanges if not one.asked.is_authorized]
        if not strangers:
            continue
        answers = [one.answered.status for one in strangers if one.answered is not None]
        is_clean = all(status == 401 for status in answers)
        if len(strangers) == len(exchanges):
            is_clean = is_clean and not (
                request_id in evidence.rows or evidence.begun.get(request_id)
            )
        yield unless(
            is_clean, request_id, f"a wrong token was answered with {answers}, or did something"
        )


def _same_command(exchange: Exchange, accepted_at: float, evidence: Evidence) -> Anomaly | None:
    asked, command = exchange.asked, exchange.command
    body = evidence.body(asked.request_id or "")
    if body is None or asked.body is None:
        return None
    is_same = asked.body == body
    subject = asked.request_id or ""
    if command is not None:
        if not is_same:
            return Anomaly(subject, "another command under the same name was accepted")
        if (command.request_id, command.agent_id, command.action) != (
            asked.request_id,
            asked.agent_id,
            body.action,
        ):
            return Anomaly(subject, f"it was answered with {command.request_id} {command.action}")
        if msgspec.json.decode(command.params) != body.params:
            return Anomaly(subject, "it was answered with other params")
        return None
    code = exchange.answered.code if exchange.answered is not None else None
    if code == REUSED and is_same:
        return Anomaly(subject, "the very same request was refused as another one")
    if (
        exchange.answered is not None
        and not is_same
        and asked.at > accepted_at
        and exchange.answered.status < 500
        and code != REUSED
    ):
        return Anomaly(subject, f"another command under the same name was answered with {code}")
    return None


def _end(command: CommandView) -> tuple[str, str, bytes, str | None, int, str | None]:
    return (
        command.state,
        command.effect,
        bytes(command.result),
        command.error.code if command.error is not None else None,
        command.attempt,
        command.finished_at,
    )


def _shown(command: CommandView) -> str:
    code = f", {command.error.code}" if command.error is not None else ""
    return f"{command.state} ({command.effect}{code}, attempt {command.attempt})"
