"""What each credential opens, on every path there is: what is not named here is closed."""

from __future__ import annotations

import pytest

from orchestrator.access.entrances import Entrance, entrance
from orchestrator.access.principal import PrincipalKind
from orchestrator.api.routes import OPERATIONS
from tests.orchestrator.access.credentials import (
    AGENT,
    AGENTS_OWN,
    ARTIFACT,
    HOST,
    LIVE,
    LOOKER,
    ONLY_LOOKING,
    PERSON,
    PUBLIC,
    REDEEMED,
    ROUTES,
    SHARE,
    USER,
    Door,
    bearer,
    concrete,
    cookie,
    share_cookie,
    welcome,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET")

TRACE = ARTIFACT.replace("/api/artifacts", "/traces")

SHARED = {
    *(
        (method, path)
        for method in ("GET", "HEAD")
        for path in (
            "/api/me",
            "/api/agents",
            "/api/agents/alpha",
            "/api/agents/alpha/commands",
            "/api/events",
            "/api/commands/r1",
            ARTIFACT,
        )
    ),
    ("WEBSOCKET", LIVE),
}
"""All that a share of alpha opens; of what names no agent, the routes show alpha's part alone."""

PATHS = sorted(
    {path for _, path in ROUTES}
    | {concrete(each.path, agent_id) for each in OPERATIONS for agent_id in ("alpha", "beta")}
    | {path for _, path in SHARED}
    | {
        "/api",
        "/api/",
        "/api/new",
        "/api/new/path",
        "/api/agents/",
        "/api/agents/alpha/",
        "/api/agents/alpha/new",
        "/api/agents/alpha/pages/p1",
        "/api/agents/alphabet",
        "/api/agents/alphabet/commands",
        "/api/agents/alpha/../beta",
        "/api/agents/alpha/pages/p1/p2/live",
        "/api/commands/r1/new",
        "/api/commands/",
        "/api/me/",
        "/api/events/new",
        "/traces/",
        "/traces/new",
        "/traces/viewer/",
        TRACE,
        f"{TRACE}/trace.zip",
        f"{TRACE}/new",
        "/new",
    }
)
EVERYTHING = [(method, path) for path in PATHS for method in METHODS]

OWN = {"x-xagent": "dashboard", "sec-fetch-site": "same-origin"}


def is_open(method: str, path: str) -> bool:
    """Say whether anybody gets there."""
    return entrance(method, path) is Entrance.PUBLIC


@pytest.fixture
def door() -> Door:
    return Door()


async def knock(door: Door, method: str, path: str, cookies: tuple[str, ...]) -> int:
    """Ask as the dashboard does."""
    origins = () if method in ("GET", "HEAD") else (f"http://{HOST}",)
    return await door.knock(method, path, cookies=cookies, origins=origins, more=OWN)


async def test_what_is_public_is_only_what_is_named_so(door: Door) -> None:
    named = PUBLIC | {("HEAD", path) for method, path in PUBLIC if method == "GET"}

    assert {one for one in EVERYTHING if is_open(*one)} <= named
    assert {one for one in named if not is_open(*one)} == set()


async def test_without_a_credential_all_else_is_closed(door: Door) -> None:
    for method, path in EVERYTHING:
        if not is_open(method, path):
            assert await door.knock(method, path, more=OWN) == 401, (method, path)


async def test_the_users_token_opens_all_but_the_agents_own(door: Door) -> None:
    for method, path in EVERYTHING:
        status = await door.knock(method, path, tokens=bearer(USER))

        is_agents = method == "WEBSOCKET" and path.startswith(("/ws/agents/", "/ws/channels/"))
        assert status == (401 if is_agents else welcome(method)), (method, path)
        if not is_agents and (method, path) not in REDEEMED:
            principal = door.inside.principal
            assert principal is not None
            assert (principal.kind, principal.can_control) == (PrincipalKind.USER, True)


async def test_an_agents_credential_opens_its_sockets_and_artifacts(door: Door) -> None:
    """Threat 10."""
    own = {*AGENTS_OWN, ("POST", "/api/artifacts"), ("GET", ARTIFACT)}
    for method, path in EVERYTHING:
        status = await door.knock(method, path, tokens=bearer(AGENT))

        if (method, path) in own:
            assert status == welcome(method), (method, path)
        elif not is_open(method, path) and (method, path) not in REDEEMED:
            assert status == 401, (method, path)


async def test_a_browser_that_signed_in_to_control_does_what_the_token_does(door: Door) -> None:
    for method, path in EVERYTHING:
        status = await knock(door, method, path, cookie())

        if is_open(method, path):
            continue
        if method == "WEBSOCKET" and path.startswith("/ws/"):
            assert status in (401, 403), (method, path)
        elif method == "WEBSOCKET":
            is_live = path in (LIVE, LIVE.replace("alpha", "beta"))
            assert status == (101 if is_live else 403), (method, path)
        elif (method, path) in REDEEMED:
            assert status == 401
        else:
            assert status == 200, (method, path)
            assert door.inside.principal == PERSON


async def test_a_browser_that_signed_in_to_look_only_looks(door: Door) -> None:
    """Threat 10."""
    for method, path in EVERYTHING:
        status = await knock(door, method, path, cookie(LOOKER))

        if is_open(method, path):
            continue
        looks = method in ("GET", "HEAD") and path.startswith(("/api/", "/traces/"))
        if looks or (method == "WEBSOCKET" and path in (LIVE, LIVE.replace("alpha", "beta"))):
            assert status == welcome(method), (method, path)
            assert door.inside.principal == ONLY_LOOKING
        else:
            assert status in (401, 403), (method, path)
            assert door.inside.principal is None


async def test_a_share_opens_its_agent_and_nothing_else(door: Door) -> None:
    """Threats 10 and 29."""
    for method, path in EVERYTHING:
        status = await knock(door, method, path, share_cookie())

        if is_open(method, path):
            continue
        if (method, path) in SHARED:
            assert status == welcome(method), (method, path)
            assert door.inside.principal == SHARE
        else:
            assert status in (401, 403), (method, path)
            assert door.inside.principal is None


async def test_a_share_that_is_refused_is_told_why(door: Door) -> None:
    assert await knock(door, "GET", "/api/agents/beta", share_cookie()) == 403
    assert door.problem["code"] == "forbidden"
    assert "only shows agent 'alpha'" in door.problem["detail"]


async def test_whoever_signed_in_too_is_more_than_a_visitor(door: Door) -> None:
    both = (*share_cookie(), *cookie())

    assert await knock(door, "GET", "/api/agents/beta", both) == 200
    assert door.inside.principal == PERSON


async def test_an_ended_sign_in_leaves_the_share(door: Door) -> None:
    both = (*cookie("ended"), *share_cookie())

    assert await knock(door, "GET", "/api/agents/alpha", both) == 200
    assert door.inside.principal == SHARE


@pytest.mark.parametrize("cookies", [cookie("share"), share_cookie("xagent_browser_secret")])
async def test_one_cookies_secret_opens_nothing_as_the_other(
    door: Door, cookies: tuple[str, ...]
) -> None:
    assert await knock(door, "GET", "/api/agents", cookies) == 401
