"""Who is let in: every Host, Origin and credential, on every route there is."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from orchestrator.access.entrances import Entrance, entrance
from orchestrator.access.guard import Guard
from orchestrator.access.principal import Principal, PrincipalKind
from tests.orchestrator.access.credentials import (
    AGENT,
    AGENTS_OWN,
    ARTIFACT,
    BROWSER,
    ENROLMENT,
    HOST,
    PEOPLES,
    PUBLIC,
    REDEEMED,
    ROUTES,
    USER,
    Door,
    bearer,
    cookie,
    welcome,
)
from xagent_protocol.ids import AgentId


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_token_only_public_routes_open(door: Door, method: str, path: str) -> None:
    status = await door.knock(method, path)

    if (method, path) in PUBLIC:
        assert status == 200
        assert door.inside.principal == Principal(PrincipalKind.PUBLIC)
    else:
        assert status == 401
        assert door.code == "unauthorized"
        assert door.headers[b"www-authenticate"].startswith(b"Bearer")
        assert door.inside.principal is None
        assert door.refusals == ["unauthorized"]


@pytest.mark.parametrize(("method", "path"), sorted(PUBLIC))
async def test_a_public_route_knows_the_user_and_takes_anybody_else_for_a_stranger(
    door: Door, method: str, path: str
) -> None:
    await door.knock(method, path, tokens=bearer(USER))
    assert door.inside.principal == Principal(PrincipalKind.USER, can_control=True, name="token")

    for token in (AGENT, "xagent_wrong"):
        await door.knock(method, path, tokens=bearer(token))
        assert door.inside.principal == Principal(PrincipalKind.PUBLIC)


@pytest.mark.parametrize("token", ["xagent_wrong", "", " ", "é", "xagent_user2"])
async def test_a_wrong_token_opens_nothing(door: Door, token: str) -> None:
    for method, path in ROUTES:
        status = await door.knock(method, path, tokens=bearer(token))

        # An enrolment token is redeemed by its route, which is all the guard lets it reach.
        is_redeemed = entrance(method, path) is Entrance.ENROLMENT and token.strip() != ""
        is_open = (method, path) in PUBLIC or is_redeemed
        assert status == (200 if is_open else 401), (method, path)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_the_users_token_opens_all_but_the_agents_own_doors(
    door: Door, method: str, path: str
) -> None:
    status = await door.knock(method, path, tokens=bearer(USER))

    if (method, path) in AGENTS_OWN:
        assert status == 401
    else:
        assert status == welcome(method)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_an_agents_credential_opens_its_socket_and_single_artifacts(
    door: Door, method: str, path: str
) -> None:
    status = await door.knock(method, path, tokens=bearer(AGENT))

    own = {*AGENTS_OWN, ("POST", "/api/artifacts"), ("GET", ARTIFACT)}
    if (method, path) in own:
        assert status == welcome(method)
        assert door.inside.principal == Principal(PrincipalKind.AGENT, AgentId("alpha"))
    elif (method, path) not in PUBLIC | REDEEMED:
        assert status == 401


@pytest.mark.parametrize("wanted", sorted(PEOPLES))
async def test_what_people_look_at_takes_the_users_token_too_and_no_agents(
    door: Door, wanted: tuple[str, str]
) -> None:
    """Threat 10."""
    assert await door.knock(*wanted, tokens=bearer(USER)) == 200
    assert door.inside.principal == Principal(PrincipalKind.USER, can_control=True, name="token")
    assert await door.knock(*wanted, tokens=bearer(AGENT)) == 401
    assert await door.knock(*wanted, tokens=bearer("wrong"), cookies=cookie()) == 401


@pytest.mark.parametrize(
    "cookies",
    [
        cookie("wrong"),
        cookie(""),
        (f"xagent_browser_8001={BROWSER}",),
        (f"xagent_browser={BROWSER}",),
        (f"__Host-xagent_browser={BROWSER}",),
        (f"other={BROWSER}",),
    ],
)
async def test_another_cookie_opens_nothing(door: Door, cookies: tuple[str, ...]) -> None:
    for method, path in PEOPLES:
        assert await door.knock(method, path, cookies=cookies) == 401


async def test_a_cookie_that_somebody_planted_does_not_hide_the_right_one(door: Door) -> None:
    planted = (*cookie("planted"), *cookie())

    assert await door.knock("GET", "/traces/1", cookies=planted) == 200


async def test_a_browser_that_is_not_signed_in_is_shown_the_way(door: Door) -> None:
    status = await door.knock(
        "GET", "/traces/1", query=b"a=b", accept="text/html,application/xhtml+xml,*/*;q=0.8"
    )

    assert status == 303
    assert door.headers[b"location"] == b"/sign-in?next=/traces/1%3Fa%3Db"
    assert door.headers[b"cache-control"] == b"no-store"
    assert door.refusals == ["unauthorized"]


async def test_only_pages_are_shown_the_way(door: Door) -> None:
    """A script that got the sign-in page instead of itself would fail for no visible reason."""
    assert await door.knock("GET", "/traces/viewer/index.js", accept="*/*") == 401
    assert await door.knock("GET", "/api/agents", accept="text/html") == 401
    assert await door.knock("POST", "/traces/1", accept="text/html") == 401
    assert await door.knock("WEBSOCKET", "/traces/1", accept="text/html") == 401


async def test_a_host_or_an_origin_that_is_not_ours_is_never_shown_the_way(door: Door) -> None:
    """Threats 2 and 3."""
    for host, origin, status in (
        ("evil.com", f"http://{HOST}", 421),
        ("127.0.0.1.evil.com:8000", f"http://{HOST}", 421),
        (HOST, "http://evil.com", 403),
        (HOST, "null", 403),
    ):
        for method, path in (("GET", "/traces/1"), ("POST", "/sign-in"), ("POST", "/sign-out")):
            got = await door.knock(
                *(method, path),
                hosts=(host,),
                origins=(origin,),
                accept="text/html",
                cookies=cookie(),
            )
            assert got == status
            assert door.inside.principal is None


@pytest.mark.parametrize(
    "path", ["/ws/agents/beta", "/ws/agents/", "/ws/agents/alpha/", "/ws/agents/ALPHA"]
)
async def test_an_agents_credential_opens_no_other_agents_socket(door: Door, path: str) -> None:
    assert await door.knock("WEBSOCKET", path, tokens=bearer(AGENT)) == 401


async def test_an_enrolment_token_reaches_its_route_only(door: Door) -> None:
    assert await door.knock("POST", "/api/enrolments", tokens=bearer(ENROLMENT)) == 200
    assert door.inside.principal == Principal(PrincipalKind.ENROLMENT)
    assert await door.knock("GET", "/api/enrolments", tokens=bearer(ENROLMENT)) == 401


@pytest.mark.parametrize(
    "tokens",
    [(f"Basic {USER}",), (USER,), (f"Bearer{USER}",), (*bearer(USER), *bearer(USER)), ("Bearer",)],
)
async def test_anything_but_one_bearer_token_is_no_token(
    door: Door, tokens: tuple[str, ...]
) -> None:
    assert await door.knock(tokens=tokens) == 401


@pytest.mark.parametrize("word", ["bearer", "BEARER"])
async def test_the_word_bearer_has_no_case(door: Door, word: str) -> None:
    assert await door.knock(tokens=(f"{word} {USER}",)) == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "localhost:1", "[::1]", "[::1]:8000"]
)
async def test_loopback_hosts_are_known_on_any_port(door: Door, host: str) -> None:
    assert await door.knock(hosts=(host,), tokens=bearer(USER)) == 200


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("",),
        (HOST, HOST),
        ("evil.com",),
        ("127.0.0.1:evil.com",),
        ("localhost.evil.com",),
        ("evil.com:8000",),
        ("LOCALHOST",),
        ("localhost.",),
        ("127.0.0.1.",),
        ("127.0.0.1:",),
        ("127.0.0.1:80x",),
        ("127.0.0.1@evil.com",),
        ("evil.com#127.0.0.1",),
        ("127.0.0.1/x",),
        ("0x7f.1",),
        ("2130706433",),
        ("127.0.0.2",),
        ("0.0.0.0",),
        ("[::ffff:127.0.0.1]",),
        ("::1",),
        ("127.0.0.1\n",),
        (" 127.0.0.1",),
        ("löcalhost",),
    ],
)
async def test_a_host_that_is_not_ours_opens_no_route(door: Door, hosts: tuple[str, ...]) -> None:
    for method, path in ROUTES:
        status = await door.knock(method, path, hosts=hosts, tokens=bearer(USER))

        assert status == 421, (method, path)
        assert door.code == "host_not_allowed"
        assert door.inside.principal is None


async def test_configured_hosts_are_known(door: Door) -> None:
    door = Door(allowed_hosts=("Grid.example.com", "proxy.example.com:8443"))

    async def status(host: str) -> int:
        return await door.knock(hosts=(host,), tokens=bearer(USER))

    assert await status("grid.example.com") == 200
    assert await status("grid.example.com:9999") == 200
    assert await status("proxy.example.com:8443") == 200
    assert await status("proxy.example.com") == 421
    assert await status("proxy.example.com:8444") == 421
    assert await status("xgrid.example.com") == 421
    assert await status("grid.example.com.evil.com") == 421


@pytest.mark.parametrize(
    "origins",
    [
        ("null",),
        ("",),
        ("http://evil.com",),
        ("https://127.0.0.1:8000",),
        ("http://127.0.0.1:8001",),
        ("http://127.0.0.1:8000.evil.com",),
        ("http://127.0.0.1:8000/",),
        ("http://localhost:8000",),
        ("http://user@127.0.0.1:8000",),
        ("HTTP://127.0.0.1:8000",),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("file://",),
        ("chrome-extension://abc",),
    ],
)
async def test_a_foreign_origin_opens_no_route_even_with_the_token(
    door: Door, origins: tuple[str, ...]
) -> None:
    for method, path in ROUTES:
        for tokens in ((), bearer(USER), bearer(AGENT)):
            status = await door.knock(method, path, origins=origins, tokens=tokens)

            assert status == 403, (method, path)
            assert door.code == "origin_not_allowed"
            assert door.inside.principal is None


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("http", "127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http", "localhost", "http://localhost"),
        ("http", "localhost:80", "http://localhost"),
        ("http", "localhost", "http://localhost:80"),
        ("https", "localhost:443", "https://localhost"),
        ("https", "[::1]:8000", "https://[::1]:8000"),
    ],
)
async def test_the_servers_own_origin_is_known(
    door: Door, scheme: str, host: str, origin: str
) -> None:
    for method, path in (("GET", "/api/agents"), ("WEBSOCKET", "/ws/live")):
        status = await door.knock(
            method, path, hosts=(host,), origins=(origin,), scheme=scheme, tokens=bearer(USER)
        )
        assert status == welcome(method)


async def test_configured_origins_are_known() -> None:
    door = Door(allowed_origins=("https://Panel.example.com/",))

    async def status(origin: str) -> int:
        return await door.knock(origins=(origin,), tokens=bearer(USER))

    assert await status("https://panel.example.com") == 200
    assert await status("http://panel.example.com") == 403
    assert await status("https://panel.example.com.evil.com") == 403


async def test_an_own_origin_alone_is_no_credential(door: Door) -> None:
    assert await door.knock(origins=(f"http://{HOST}",)) == 401


@pytest.mark.parametrize("settings", [{"tokens": bearer(USER)}, {}])
async def test_every_answer_carries_the_security_headers(
    door: Door, settings: dict[str, Any]
) -> None:
    await door.knock(**settings)

    assert door.headers[b"x-content-type-options"] == b"nosniff"
    assert door.headers[b"referrer-policy"] == b"no-referrer"
    assert door.headers[b"cache-control"] == b"no-store"
    names = [name for name, _ in door.sent[0]["headers"]]
    assert len(names) == len(set(names))


async def test_an_answers_own_policy_is_kept(door: Door) -> None:
    await door.knock(tokens=bearer(USER))

    assert door.headers[b"content-security-policy"] == b"its own"


async def test_a_socket_is_refused_before_it_is_accepted(door: Door) -> None:
    assert await door.knock("WEBSOCKET", "/ws/agents/alpha") == 401
    assert [message["type"] for message in door.sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]


async def test_a_server_that_cannot_refuse_a_socket_closes_it(door: Door) -> None:
    assert await door.knock("WEBSOCKET", "/ws/agents/alpha", can_deny=False) == 4401


async def test_the_lifespan_passes_by() -> None:
    passed: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope["type"])

    async def nothing(*_: object) -> Any:
        raise AssertionError

    guard = Guard(app, is_user=lambda token: False, agent_of=lambda token: None)
    await guard({"type": "lifespan"}, nothing, nothing)

    assert passed == ["lifespan"]
