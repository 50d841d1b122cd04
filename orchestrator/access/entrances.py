"""Which credential opens which path: the one list, closed wherever it says nothing.

What is not listed here needs the user's token, whether it exists or not, so a route that somebody
adds later is closed until it is opened on purpose. A browser that signed in may read the API, and
do the rest of it if it signed in to control; one that came by a share sees what `is_shared` lists.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from orchestrator.access.own_paths import (
    DASHBOARD_FILES,
    SIGN_IN,
    SIGN_OUT,
    is_link,
    is_view,
)
from xagent_protocol.ids import AgentId


class Entrance(StrEnum):
    """Whose credential opens a route."""

    PUBLIC = "public"
    """Nobody's: without the user's token it tells no secret and no fact about any agent."""
    USER = "user"
    """The user's token, or the cookie of a browser as far as that may go."""
    PERSON = "person"
    """The same, for what people look at: a browser without a cookie is shown the way to sign in."""
    USER_OR_AGENT = "user_or_agent"
    """Also the credential of any agent, to whom the route shows its own part."""
    AGENT = "agent"
    """The credential of the very agent that the path names."""
    ANY_AGENT = "any_agent"
    """The credential of an agent; the route sees to it that it is the right one."""
    ENROLMENT = "enrolment"
    """An enrolment token, which the route itself redeems."""


PUBLIC_PATHS: Final = frozenset(
    {"/", "/docs", "/openapi.json", "/health/live", "/health/ready", SIGN_IN}
)

PUBLIC_FORMS: Final = frozenset({SIGN_IN, SIGN_OUT})
"""What anybody may post; the routes themselves look at the token, and at where the form is from."""

PUBLIC_PREFIX: Final = DASHBOARD_FILES

PEOPLES_PATHS: Final = "/traces/"
"""What people look at, and what these pages load."""

AGENT_SOCKETS: Final = "/ws/agents/"
CHANNEL_SOCKETS: Final = "/ws/channels/"

API: Final = "/api/"
ME: Final = "/api/me"

_ARTIFACT: Final = re.compile(r"/api/artifacts/[0-9a-f-]{36}")
_COMMAND: Final = re.compile(r"/api/commands/[^/]+")
_LIVE: Final = re.compile(r"/api/agents/([^/]+)/pages/[^/]+/live")

READING: Final = ("GET", "HEAD")


def entrance(method: str, path: str) -> Entrance:
    """Say whose credential opens *path*; *method* is ``WEBSOCKET`` for a socket."""
    if method == "POST":
        if path.startswith(API):
            # Every command comes by here: nothing more is to be looked at.
            if path == "/api/enrolments":
                return Entrance.ENROLMENT
            return Entrance.USER_OR_AGENT if path == "/api/artifacts" else Entrance.USER
        if path in PUBLIC_FORMS or is_link(path):
            return Entrance.PUBLIC
    elif method in READING:
        if path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIX):
            return Entrance.PUBLIC
        if is_view(path) or is_link(path):
            return Entrance.PUBLIC
        if path.startswith(PEOPLES_PATHS):
            return Entrance.PERSON
        if method == "GET" and _ARTIFACT.fullmatch(path):
            return Entrance.USER_OR_AGENT
    elif method == "WEBSOCKET":
        if path.startswith(AGENT_SOCKETS):
            return Entrance.AGENT
        if path.startswith(CHANNEL_SOCKETS):
            return Entrance.ANY_AGENT
    return Entrance.USER


def is_reading(method: str, path: str) -> bool:
    """Say whether a browser that only looks may do this."""
    if method == "WEBSOCKET":
        return _LIVE.fullmatch(path) is not None
    return method in READING and path.startswith((API, PEOPLES_PATHS))


def is_open_to_browsers(method: str, path: str) -> bool:
    """Say whether a browser that signed in to control may do this: all but other sockets."""
    return method != "WEBSOCKET" or _LIVE.fullmatch(path) is not None


def is_shared(method: str, path: str, agent_id: AgentId) -> bool:
    """Say whether a share of an agent reaches this.

    Paths that do not name the agent are routes that show of everything only what is the agent's:
    they ask the `Principal`.
    """
    if method == "WEBSOCKET":
        live = _LIVE.fullmatch(path)
        return live is not None and live[1] == agent_id
    if method not in READING:
        return False
    agent = f"/api/agents/{agent_id}"
    if path in (ME, "/api/agents", agent, f"{agent}/commands", "/api/events"):
        return True
    return any(each.fullmatch(path) for each in (_COMMAND, _ARTIFACT))
