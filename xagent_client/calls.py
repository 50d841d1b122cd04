"""The routes of the HTTP API, each as one call: what to ask, and what the answer is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec

from xagent_client.artifacts import fetch as fetch
from xagent_client.errors import InvalidRequest
from xagent_client.exchange import (
    QUERY_SECONDS,
    Call,
    ConnectionLost,
    Patience,
    QueryValue,
    Request,
    ask,
    decode,
    insist,
)
from xagent_client.models import (
    ActionSpec,
    Agent,
    Command,
    Enrolment,
    FieldError,
    Page,
    Problem,
    Session,
    Share,
    SignInLink,
)
from xagent_protocol.ids import is_request_id

T = TypeVar("T")

LONGEST_WAIT_SECONDS: Final = 60.0
"""What one request may ask the orchestrator to wait; longer waits are several requests."""

DEFAULT_TIMEOUT_SECONDS: Final = 30.0
"""The time budget of a command whose caller names none; the orchestrator's own default."""

WAIT_MARGIN_SECONDS: Final = 15.0
"""Waited beyond a command's time budget: the orchestrator's grace, and the way there and back."""


_UNNAMEABLE: Final = Problem(
    status=400,
    code="invalid_request",
    title="Invalid request",
    detail="the request id cannot name a command",
    errors=(
        FieldError("request_id", "use up to 128 letters, digits and . _ : -, no mark at first"),
    ),
)


class Submission(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body that asks for a command."""

    action: str
    params: Mapping[str, Any]
    page: str | None = None
    timeout: float | None = None
    request_id: str | None = None
    record: str | None = None
    if_controlled: str | None = None
    control_token: str | None = None
    idempotent: bool | None = None
    if_offline: str | None = None
    ttl: float | None = None


def query(path: str, kind: type[T], **filters: QueryValue) -> Call[T]:
    """Ask a plain question of the API."""
    given = {name: value for name, value in filters.items() if value is not None}
    reply = yield from insist(
        lambda _left: Request("GET", path, query=given), Patience(QUERY_SECONDS)
    )
    return decode(reply, kind)


def list_agents(*, status: str | None = None, label: str | None = None) -> Call[tuple[Agent, ...]]:
    """List every agent, through as many pages as there are."""
    agents: list[Agent] = []
    cursor: str | None = None
    while True:
        part = yield from query(
            "/api/agents", Page[Agent], status=status, label=label, cursor=cursor
        )
        agents += part.items
        cursor = part.next_cursor
        if cursor is None:
            return tuple(agents)


def get_agent(agent_id: str) -> Call[Agent]:
    """Fetch one agent."""
    return query(_agent(agent_id), Agent)


def list_actions(agent_id: str) -> Call[tuple[ActionSpec, ...]]:
    """List what an agent can do."""
    part = yield from query(f"{_agent(agent_id)}/actions", Page[ActionSpec])
    return part.items


def list_sessions(agent_id: str) -> Call[tuple[Session, ...]]:
    """List the stays of an agent, newest first."""
    part = yield from query(f"{_agent(agent_id)}/sessions", Page[Session])
    return part.items


def list_commands(
    *,
    agent_id: str | None = None,
    state: str | None = None,
    action: str | None = None,
    requested_by: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Page[Command]]:
    """List commands, newest first."""
    path = "/api/commands" if agent_id is None else f"{_agent(agent_id)}/commands"
    return query(
        path,
        Page[Command],
        state=state,
        action=action,
        requested_by=requested_by,
        created_after=_moment(created_after),
        created_before=_moment(created_before),
        limit=limit,
        cursor=cursor,
    )


def submit(agent_id: str, submission: Submission, *, wait: float | None = None) -> Call[Command]:
    """Ask *agent_id* for a command and follow it until it is over or *wait* seconds are spent.

    The request id is chosen here if the caller did not, so that asking again after a lost
    connection finds the same command.

    Raises:
        InvalidRequest: the caller's request id cannot name a command; nothing is sent.
    """
    request_id = str(uuid4()) if submission.request_id is None else submission.request_id
    if not is_request_id(request_id):
        raise InvalidRequest(_UNNAMEABLE)
    body = msgspec.json.encode(msgspec.structs.replace(submission, request_id=request_id))
    if wait is None:
        wait = (submission.timeout or DEFAULT_TIMEOUT_SECONDS) + WAIT_MARGIN_SECONDS
    patience = Patience(wait)
    reply = yield from insist(
        lambda left: Request(
            "POST",
            f"{_agent(agent_id)}/commands",
            query=_wait(left),
            body=body,
            headers={"content-type": "application/json"},
            wait=min(left, LONGEST_WAIT_SECONDS),
        ),
        patience,
        request_id=request_id,
        is_submission=True,
    )
    patience.is_committed = True
    return (yield from _follow(decode(reply, Command), patience))


def get_command(request_id: str, *, wait: float = 0.0) -> Call[Command]:
    """Fetch one command, waiting up to *wait* seconds for its end."""
    patience = Patience(wait)
    reply = yield from insist(lambda left: _command_request(request_id, left), patience)
    return (yield from _follow(decode(reply, Command), patience))


def cancel(request_id: str) -> Call[Command]:
    """Ask that a command be stopped, or never started."""
    reply = yield from insist(
        lambda _left: Request("POST", f"{_command(request_id)}/cancel"), Patience(QUERY_SECONDS)
    )
    return decode(reply, Command)


def enrol(agent_id: str) -> Call[Enrolment]:
    """Make a token with which one agent of that name may enrol, once."""
    reply = yield from insist(
        lambda _left: Request("POST", f"{_agent(agent_id)}/enrolment"), Patience(QUERY_SECONDS)
    )
    return decode(reply, Enrolment)


def make_sign_in_link(*, can_control: bool) -> Call[SignInLink]:
    """Make a link that signs one browser in."""
    reply = yield from insist(
        lambda _left: Request(
            "POST", "/api/sign-in-links", query={"can_control": str(can_control).lower()}
        ),
        Patience(QUERY_SECONDS),
    )
    return decode(reply, SignInLink)


def share(agent_id: str, expires_in: float) -> Call[Share]:
    """Make a link by which others may look at an agent."""
    body = msgspec.json.encode({"expires_in": expires_in})
    reply = yield from insist(
        lambda _left: Request(
            "POST",
            f"{_agent(agent_id)}/shares",
            body=body,
            headers={"content-type": "application/json"},
        ),
        Patience(QUERY_SECONDS),
    )
    return decode(reply, Share)


def list_shares() -> Call[tuple[Share, ...]]:
    """List the shares that have not ended, newest first."""
    part = yield from query("/api/shares", Page[Share])
    return part.items


def end_share(share_id: str) -> Call[Share]:
    """End a share."""
    reply = yield from insist(
        lambda _left: Request("DELETE", f"/api/shares/{quote(share_id, safe='')}"),
        Patience(QUERY_SECONDS),
    )
    return decode(reply, Share)


def is_ready() -> Call[bool]:
    """Say whether the orchestrator takes commands; asks once."""
    try:
        reply = yield from ask(Request("GET", "/health/ready"))
    except ConnectionLost:
        return False
    return reply.status == 200


def _follow(command: Command, patience: Patience) -> Call[Command]:
    request_id = command.request_id
    while not command.is_over and patience.seconds > 0:
        reply = yield from insist(
            lambda left: _command_request(request_id, left), patience, request_id=request_id
        )
        command = decode(reply, Command)
    return command


def _command_request(request_id: str, left: float) -> Request:
    return Request(
        "GET", _command(request_id), query=_wait(left), wait=min(left, LONGEST_WAIT_SECONDS)
    )


def _wait(left: float) -> dict[str, QueryValue]:
    return {"wait": round(min(left, LONGEST_WAIT_SECONDS), 3)}


def _moment(moment: datetime | None) -> str | None:
    """Return a time as the API takes it; one without a zone is of this machine's."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _agent(agent_id: str) -> str:
    return f"/api/agents/{quote(agent_id, safe='')}"


def _command(request_id: str) -> str:
    return f"/api/commands/{quote(request_id, safe='')}"
