"""A cookie counts only where a page of ours had it sent."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest

from tests.orchestrator.access.credentials import ARTIFACT, HOST, LIVE, Door, cookie, share_cookie

OWN = f"http://{HOST}"
PANEL = "http://panel.example.com"

COMMAND = ("POST", "/api/agents/alpha/commands")
CHANGES = (COMMAND, ("DELETE", "/api/shares/s1"), ("PUT", "/api/new"), ("PATCH", "/api/new"))
NAVIGATING = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
MARKED = {"x-xagent": "dashboard"}
READS = (("GET", "/api/agents"), ("HEAD", "/api/me"), ("GET", "/api/events"))


@pytest.fixture
def door() -> Door:
    """A guard that lets another page call the API, if it has a token."""
    return Door(allowed_origins=(PANEL,))


async def sent(
    door: Door,
    request: tuple[str, str],
    *,
    origin: str | None = None,
    site: str | None = None,
    cookies: tuple[str, ...] = cookie(),
    more: Mapping[str, str] = {},
) -> int:
    """Send a request as a browser would."""
    more = dict(more)
    if site is not None:
        more["sec-fetch-site"] = site
    origins = () if origin is None else (origin,)
    return await door.knock(*request, cookies=cookies, origins=origins, more=more)


@pytest.mark.parametrize("change", CHANGES)
async def test_what_changes_something_needs_our_header_and_our_page(
    door: Door, change: tuple[str, str]
) -> None:
    """Threat 1."""
    own = {None, OWN}, {None, "same-origin"}, {None, "dashboard"}
    others = {PANEL}, {"same-site", "cross-site", "none", "", "SAME-ORIGIN"}, {"", "Dashboard", "1"}
    sets = [mine | theirs for mine, theirs in zip(own, others, strict=True)]
    for origin, site, header in product(*sets):
        more = {} if header is None else {"x-xagent": header}
        status = await sent(door, change, origin=origin, site=site, more=more)

        is_ours = origin in (None, OWN) and site in (None, "same-origin")
        is_shown = origin == OWN or site == "same-origin"
        expected = 200 if is_ours and is_shown and header == "dashboard" else 403
        assert status == expected, (origin, site, header)
        assert (door.inside.principal is not None) is (expected == 200)


async def test_a_page_that_may_call_with_a_token_may_not_with_the_cookie(door: Door) -> None:
    """Threat 1: the cookie is for our own pages."""
    assert await door.knock(*COMMAND, origins=(PANEL,), tokens=("Bearer xagent_user",)) == 200

    for request in (*CHANGES, *READS, ("WEBSOCKET", LIVE)):
        assert await sent(door, request, origin=PANEL, more=MARKED) == 403
        assert "send a token instead" in door.problem["detail"]


async def test_a_page_of_ours_changes_with_our_header(door: Door) -> None:
    for site in (None, "same-origin"):
        assert await sent(door, COMMAND, origin=OWN, site=site, more=MARKED) == 200
        assert await sent(door, COMMAND, origin=OWN, site=site) == 403
        assert "X-Xagent: dashboard" in door.problem["detail"]


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("cookies", [cookie(), share_cookie()])
async def test_other_pages_may_not_even_have_something_read(
    door: Door, read: tuple[str, str], cookies: tuple[str, ...]
) -> None:
    """Threat 3: nor may they learn from how long it takes, or whether it is there."""
    for site, status in (
        (None, 200),
        ("same-origin", 200),
        ("none", 200),
        ("same-site", 403),
        ("cross-site", 403),
    ):
        for mode in (MARKED, NAVIGATING):
            assert await sent(door, read, site=site, cookies=cookies, more=mode) == status


async def test_a_link_elsewhere_may_lead_to_what_people_look_at(door: Door) -> None:
    trace, site = ("GET", "/traces/1"), "cross-site"

    assert await sent(door, trace, site=site, more=NAVIGATING) == 200
    for other in ({"sec-fetch-dest": "iframe"}, {"sec-fetch-mode": "no-cors"}):
        assert await sent(door, trace, site=site, more={**NAVIGATING, **other}) == 403
    assert await sent(door, trace, site=site) == 403


async def test_no_answer_of_the_api_is_a_script_or_a_frame_of_a_page_of_ours(door: Door) -> None:
    """Threat 21: an artifact says itself what it is, and may say a script."""
    for path in (ARTIFACT, "/api/agents"):
        for use in ("empty", "image", "video", "audio", "document"):
            more = {"sec-fetch-dest": use}
            assert await sent(door, ("GET", path), site="same-origin", more=more) == 200
        for use in ("script", "worker", "serviceworker", "style", "iframe", "object", "x", ""):
            more = {"sec-fetch-dest": use}
            assert await sent(door, ("GET", path), site="same-origin", more=more) == 403
    viewer, more = ("GET", "/traces/viewer/index.js"), {"sec-fetch-dest": "script"}
    assert await sent(door, viewer, site="same-origin", more=more) == 200


@pytest.mark.parametrize("cookies", [cookie(), share_cookie()])
async def test_a_socket_needs_our_origin(door: Door, cookies: tuple[str, ...]) -> None:
    """Threat 3."""
    socket = ("WEBSOCKET", LIVE)

    assert await sent(door, socket, origin=OWN, cookies=cookies) == 101
    assert await sent(door, socket, origin=OWN, site="same-origin", cookies=cookies) == 101
    for origin in (None, PANEL, "null", "http://127.0.0.1:8001", f"https://{HOST}"):
        assert await sent(door, socket, origin=origin, cookies=cookies) == 403
    for site in ("same-site", "cross-site", "none"):
        assert await sent(door, socket, origin=OWN, site=site, cookies=cookies) == 403


async def test_a_token_needs_none_of_that(door: Door) -> None:
    for site in ("same-site", "cross-site", "none"):
        for request in (*CHANGES, *READS):
            status = await door.knock(
                *request, tokens=("Bearer xagent_user",), more={"sec-fetch-site": site}
            )
            assert status == 200
