"""Who is asking, and the links by which browsers come in: for signing in, and for one agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
import structlog
from msgspec import Meta
from starlette.requests import Request
from starlette.types import Scope

from orchestrator.access import own_paths
from orchestrator.access.principal import Principal, PrincipalKind
from orchestrator.access.shares import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    USUAL_SECONDS,
    Share as SharedAgent,
)
from orchestrator.api.models import AgentName, Timestamp, timestamp
from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.errors import AgentUnknown, ShareUnknown

TAG: Final = "Access"

_log: Final = structlog.get_logger(__name__)

ShareName = Annotated[
    str,
    Meta(max_length=64, description="Names the share; it opens nothing."),
]


Kind = Literal["user", "person", "share"]

_KINDS: Final[Mapping[PrincipalKind, Kind]] = {
    PrincipalKind.USER: "user",
    PrincipalKind.PERSON: "person",
    PrincipalKind.SHARE: "share",
}
"""The guard lets nobody else come here."""


class Me(msgspec.Struct, frozen=True):
    """Who is asking.

    `user` sent the user's token, `person` is a browser that signed in, `share` one that came by a
    share.
    """

    kind: Kind
    can_control: Annotated[bool, Meta(description="Whether it may do more than look.")]
    name: Annotated[
        str | None,
        Meta(description="What stands in `requested_by` of the commands that you ask for."),
    ]
    agent_id: Annotated[AgentName | None, Meta(description="The only agent that it sees.")]
    expires_at: Annotated[Timestamp | None, Meta(description="When that ends in any case.")]


class SignInLinkQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the link lets a browser do."""

    can_control: Annotated[
        bool, Meta(description="Whether the browser may do all that the token can, or only look.")
    ] = True


class SignInLink(msgspec.Struct, frozen=True):
    """A link that signs one browser in, once."""

    url: Annotated[str, Meta(description="It ends in a secret: give it to nobody else.")]
    expires_at: Timestamp


class ShareRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For how long an agent is shared."""

    expires_in: Annotated[
        float,
        Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="Seconds until it ends."),
    ] = USUAL_SECONDS


class Share(msgspec.Struct, frozen=True):
    """A link by which whoever has it may look at one agent, without its secret."""

    id: ShareName
    agent_id: AgentName
    created_at: Timestamp
    expires_at: Timestamp


class NewShare(Share, frozen=True):
    """The same, with the link, which is shown only here."""

    url: Annotated[str, Meta(description="Whoever has it may look, as often as they like.")]


class ShareList(msgspec.Struct, frozen=True):
    """The shares that have not ended, newest first."""

    items: list[Share]


@operation("GET", "/api/me", tag=TAG, statuses={200: "Who you are here."})
async def show_me(services: Services, principal: Principal) -> Me:
    """Say who is asking.

    And what that may do: so that a page need not offer what would be refused.
    """
    ends_at = principal.expires_at
    return Me(
        kind=_KINDS[principal.kind],
        can_control=principal.can_control,
        name=principal.name,
        agent_id=principal.agent_id,
        expires_at=None if ends_at is None else timestamp(ends_at),
    )


@operation(
    "POST",
    "/api/sign-in-links",
    tag=TAG,
    statuses={201: "A link, valid once and for five minutes."},
)
async def make_sign_in_link(
    services: Services, query: SignInLinkQuery, request: Request
) -> SignInLink:
    """Let a browser sign in by a link.

    Opened in a browser, it asks for one click, and leads to the dashboard. The address is that
    under which you asked.
    """
    code, expires_at = services.sign_in_links.make(can_control=query.can_control)
    url = f"{_base(request.scope)}{own_paths.SIGN_IN}/{code}"
    return SignInLink(url, timestamp(expires_at))


@operation(
    "POST",
    "/api/agents/{agent_id}/shares",
    tag=TAG,
    statuses={201: "A link to the agent."},
    refusals=[AgentUnknown],
    example={"expires_in": 3600},
)
async def share_agent(
    services: Services, agent_id: AgentName, body: ShareRequest, request: Request
) -> NewShare:
    """Let others look at an agent.

    Whoever has the link sees this agent and no other: its pages as they are, its commands with
    their params and results, and the artifacts that it made, recordings too. They can change
    nothing. The link holds until it expires, is ended, or the orchestrator starts again.
    """
    services.agents.get(agent_id)
    secret, share = services.shares.make(agent_id, body.expires_in)
    _log.info("share.made", agent_id=agent_id, share_id=share.share_id, seconds=body.expires_in)
    return NewShare(
        share.share_id,
        share.agent_id,
        timestamp(share.created_at),
        timestamp(share.expires_at),
        f"{_base(request.scope)}{own_paths.SHARE}/{secret}",
    )


@operation("GET", "/api/shares", tag=TAG, statuses={200: "All of them, newest first."})
async def list_shares(services: Services) -> ShareList:
    """List shares.

    Without their links, which are told only once.
    """
    return ShareList([_share_of(each) for each in services.shares.all()])


@operation(
    "DELETE",
    "/api/shares/{share_id}",
    tag=TAG,
    statuses={200: "The share that is over."},
    refusals=[ShareUnknown],
)
async def end_share(services: Services, share_id: ShareName) -> Share:
    """End a share.

    Whoever came by it sees nothing more, from the next request on; a stream of events or of
    pictures that is open ends within seconds.
    """
    share = services.shares.end(share_id)
    _log.info("share.ended", agent_id=share.agent_id, share_id=share.share_id)
    return _share_of(share)


OPERATIONS: Final = (show_me, make_sign_in_link, share_agent, list_shares, end_share)


def _share_of(share: SharedAgent) -> Share:
    return Share(
        share.share_id, share.agent_id, timestamp(share.created_at), timestamp(share.expires_at)
    )


def _base(scope: Scope) -> str:
    """Return our address as the caller spelled it; the guard has seen to it that it is ours."""
    host = next(value for name, value in scope["headers"] if name == b"host")
    return f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}"
