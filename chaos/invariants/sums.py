"""What there is in the end, counted by the clients, by the API, and in the database."""

from __future__ import annotations

from collections import Counter

from chaos.anomaly import Anomaly, Trials, unless
from chaos.evidence import Evidence, Exchange


def the_sums_agree(evidence: Evidence) -> Trials:
    """I15: API and database hold the same commands in the same states, and nothing else.

    Each was asked for by somebody who was not refused; whatever the site saw is among them.
    """
    if evidence.final is None:
        return
    listed = {command.request_id: command.state for command in evidence.final.listed}
    recorded = {row.request_id: row.state for row in evidence.final.rows}
    yield unless(
        len(listed) == len(evidence.final.listed) and len(recorded) == len(evidence.final.rows),
        "commands",
        "a request id is there twice",
    )
    yield unless(
        Counter(listed.values()) == Counter(recorded.values()),
        "commands",
        f"the API counts {Counter(listed.values())}, the database {Counter(recorded.values())}",
    )
    for request_id in listed.keys() | recorded.keys():
        if listed.get(request_id) != recorded.get(request_id):
            yield Anomaly(
                request_id,
                f"the API says {listed.get(request_id)}, the database {recorded.get(request_id)}",
            )
            continue
        asked = [one for one in evidence.submissions.get(request_id, ()) if not one.is_refused]
        yield unless(
            any(map(_may_have_been_recorded, asked)),
            request_id,
            "it is recorded, though everybody who asked for it was refused",
        )
    for request_id in evidence.begun:
        yield unless(
            request_id in recorded, request_id, "the site saw it, and it is not in the database"
        )


def _may_have_been_recorded(exchange: Exchange) -> bool:
    return exchange.asked.is_authorized
