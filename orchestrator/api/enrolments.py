"""Enrolment: how a name becomes an agent with a credential of its own."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request

from orchestrator.access.guard import bearer
from orchestrator.api.intake import invalid_field
from orchestrator.api.models import AgentName, Timestamp, timestamp
from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.errors import DuplicateAgent, InvalidEnrolmentToken, StorageUnavailable
from xagent_protocol.ids import AgentId, InstallId, is_agent_id

TAG: Final = "Enrolment"


class Enrolment(msgspec.Struct, frozen=True):
    """A token that makes one install the agent of this name, once."""

    agent_id: AgentName
    token: str
    expires_at: Timestamp


class EnrolmentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an agent's install says of itself; its credential stays with it."""

    agent_id: AgentName
    install_id: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9._:-]{1,64}$",
            description="Made when the agent's directory was created.",
        ),
    ]
    credential_sha256: Annotated[
        str,
        Meta(
            pattern="^[0-9a-f]{64}$",
            max_length=64,
            description="The SHA-256 of the credential that it will present, in hex.",
        ),
    ]


class Enrolled(msgspec.Struct, frozen=True):
    """The name is the install's now."""

    agent_id: AgentName


@operation(
    "POST",
    "/api/agents/{agent_id}/enrolment",
    tag=TAG,
    statuses={201: "A token, valid once and for one hour."},
    refusals=[StorageUnavailable],
)
async def issue_enrolment(services: Services, agent_id: AgentName) -> Enrolment:
    """Allow a name to be enrolled.

    Give the token to the agent on the other machine; it is shown only here. Enrolling an
    existing name anew replaces its credential.
    """
    _check(agent_id)
    token, expires_at = await services.enrolments.issue(agent_id)
    return Enrolment(agent_id, token, timestamp(expires_at))


@operation(
    "POST",
    "/api/enrolments",
    tag=TAG,
    statuses={201: "Enrolled."},
    refusals=[InvalidEnrolmentToken, DuplicateAgent, StorageUnavailable],
    example={
        "agent_id": "shop-1",
        "install_id": "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b",
        "credential_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
)
async def redeem_enrolment(
    services: Services, body: EnrolmentRequest, request: Request
) -> Enrolled:
    """Enrol an agent.

    Called by the agent itself, with the enrolment token as its bearer token.
    """
    _check(body.agent_id)
    if body.install_id.endswith("\n"):
        raise invalid_field("install_id", "may not end with a line feed")
    token, install_id = bearer(request.scope) or "", InstallId(body.install_id)
    await services.enrolments.redeem(
        token,
        agent_id=body.agent_id,
        install_id=install_id,
        credential_sha256=body.credential_sha256,
    )
    return Enrolled(body.agent_id)


OPERATIONS: Final = (issue_enrolment, redeem_enrolment)


def _check(agent_id: AgentId) -> None:
    if not is_agent_id(agent_id):
        raise invalid_field(
            "agent_id",
            "is 1 to 63 lower-case letters, digits, dots, hyphens and underscores, and begins "
            "with a letter or digit",
        )
