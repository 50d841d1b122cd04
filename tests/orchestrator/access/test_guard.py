"""Who is let in: every Host, Origin and credential, on every route there is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from starlette.types import Message, Receive, Scope, Send

from orchestrator.access.guard import SCOPE_KEY, Entrance, Guard, Principal, PrincipalKind, entrance
from orchestrator.api.routes import OPERATIONS
from xagent_protocol.ids import AgentId

USER = "xagent_user"
AGENT = "xagent_agent_alpha"
ENROLMENT = "xagent_enrol_1"
BROWSER = "xagent_browser_secret"
HOST = "127.0.0.1:8000"

ARTIFACT = "/api/artifacts/019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b"

ROUTES = [
    *((each.method, each.path) for each in OPERATIONS),
    *((method, ARTIFACT) for method in ("GET", "HEAD", "PUT", "DELETE")),
    ("GET", f"{ARTIFACT}/"),
    ("GET", f"{ARTIFACT}\n"),
    ("GET", "/api/artifacts/../agents"),
    *(("GET", path) for path in ("/", "/docs", "/openapi.json")),
    ("WEBSOCKET", "/ws/agents/alpha"),
    ("WEBSOCKET", "/ws/channels/1"),
    ("GET", "/nothing/here"),
    ("OPTIONS", "/api/agents"),
    ("POST", "/docs"),
    ("GET", "/ws/agents/alpha"),
    ("GET", "/docs/../api/agents"),
    ("GET", "//docs"),
    ("GET", "/DOCS"),
    ("GET", "/health/live/"),
    ("WEBSOCKET", "/docs"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/sign-out"),
    ("PUT", "/sign-in"),
    ("POST", "/sign-in/"),
    ("WEBSOCKET", "/sign-in"),
    ("GET", "/traces/1"),
    ("GET", "/traces/1/trace.zip"),
    ("GET", "/traces/viewer/index.html"),
    ("HEAD", "/traces/1"),
    ("POST", "/traces/1"),
    ("DELETE", "/traces/1"),
    ("WEBSOCKET", "/traces/1"),
    ("GET", "/traces"),
    ("GET", "/Traces/1"),
    ("GET", "//traces/1"),
    ("GET", "/api/artifacts/1"),
    ("GET", "/api/traces/1"),
]
PUBLIC = {
    *(
        ("GET", path)
        for path in ("/", "/docs", "/openapi.json", "/health/live", "/health/ready", "/sign-in")
    ),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
}
PEOPLES = {
    *(("GET", f"/traces/{rest}") for rest in ("1", "1/trace.zip", "viewer/index.html")),
    ("HEAD", "/traces/1"),
}
AGENTS_OWN = {("WEBSOCKET", "/ws/agents/alpha"), ("WEBSOCKET", "/ws/channels/1")}


class _Inside:
    """The application behind the guard: notes who came in, and answers 200."""

    def __init__(self) -> None:
        self.principal: Principal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.principal = scope[SCOPE_KEY]
        if scope["type"] == "http":
            headers = [(b"content-security-policy", b"its own")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "websocket.accept"})


class _Door:
    """One request at a time, made of raw headers as a server would hand them over."""

    def __init__(self, **settings: Any) -> None:
        self.inside = _Inside()
        self.refusals: list[str] = []
        self._guard = Guard(
            self.inside,
            is_user=lambda token: token == USER,
            agent_of=lambda token: AgentId("alpha") if token == AGENT else None,
            is_signed_in=lambda secret: secret == BROWSER,
            on_refusal=self.refusals.append,
            **settings,
        )
        self.sent: list[Message] = []

    async def knock(
        self,
        method: str = "GET",
        path: str = "/api/agents",
        *,
        hosts: tuple[str, ...] = (HOST,),
        origins: tuple[str, ...] = (),
        tokens: tuple[str, ...] = (),
        cookies: tuple[str, ...] = (),
        accept: str = "",
        query: bytes = b"",
        scheme: str = "http",
        can_deny: bool = True,
    ) -> int:
        """Return the status, 101 for an accepted socket, or the close code of a refused one."""
        self.inside.principal, self.sent = None, []
        is_socket = method == "WEBSOCKET"
        headers = [
            *((b"host", host.encode("latin-1")) for host in hosts),
            *((b"origin", origin.encode("latin-1")) for origin in origins),
            *((b"authorization", token.encode("latin-1")) for token in tokens),
            *((b"cookie", cookie.encode("latin-1")) for cookie in cookies),
            *([(b"accept", accept.encode())] if accept else []),
        ]
        scope: Scope = {
            "type": "websocket" if is_socket else "http",
            "path": path,
            "headers": headers,
            "scheme": scheme.replace("http", "ws") if is_socket else scheme,
            "query_string": query,
        }
        if not is_socket:
            scope["method"] = method
        elif can_deny:
            scope["extensions"] = {"websocket.http.response": {}}

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            self.sent.append(message)

        await self._guard(scope, receive, send)
        first = self.sent[0]
        if first["type"] == "websocket.accept":
            return 101
        status: int = first["code"] if first["type"] == "websocket.close" else first["status"]
        return status

    @property
    def headers(self) -> dict[bytes, bytes]:
        """The headers of the answer."""
        return dict(self.sent[0]["headers"])

    @property
    def code(self) -> str:
        """The code of the problem that was answered."""
        code: str = msgspec.json.decode(self.sent[1]["body"])["code"]
        return code


@pytest.fixture
def door() -> _Door:
    return _Door()


def bearer(token: str) -> tuple[str, ...]:
    return (f"Bearer {token}",)


def cookie(secret: str = BROWSER) -> tuple[str, ...]:
    return (f"xagent_browser_8000={secret}",)


def welcome(method: str) -> int:
    return 101 if method == "WEBSOCKET" else 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_token_only_public_routes_open(door: _Door, method: str, path: str) -> None:
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
    door: _Door, method: str, path: str
) -> None:
    await door.knock(method, path, tokens=bearer(USER))
    assert door.inside.principal == Principal(PrincipalKind.USER)

    for token in (AGENT, "xagent_wrong"):
        await door.knock(method, path, tokens=bearer(token))
        assert door.inside.principal == Principal(PrincipalKind.PUBLIC)


@pytest.mark.parametrize("token", ["xagent_wrong", "", " ", "é", "xagent_user2"])
async def test_a_wrong_token_opens_nothing(door: _Door, token: str) -> None:
    for method, path in ROUTES:
        status = await door.knock(method, path, tokens=bearer(token))

        # An enrolment token is redeemed by its route, which is all the guard lets it reach.
        is_redeemed = entrance(method, path) is Entrance.ENROLMENT and token.strip() != ""
        is_open = (method, path) in PUBLIC or is_redeemed
        assert status == (200 if is_open else 401), (method, path)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_the_users_token_opens_all_but_the_agents_own_doors(
    door: _Door, method: str, path: str
) -> None:
    status = await door.knock(method, path, tokens=bearer(USER))

    if (method, path) in AGENTS_OWN:
        assert status == 401
    else:
        assert status == welcome(method)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_an_agents_credential_opens_its_socket_and_single_artifacts(
    door: _Door, method: str, path: str
) -> None:
    status = await door.knock(method, path, tokens=bearer(AGENT))

    if (method, path) in AGENTS_OWN | {("POST", "/api/artifacts"), ("GET", ARTIFACT)}:
        assert status == welcome(method)
        assert door.inside.principal == Principal(PrincipalKind.AGENT, AgentId("alpha"))
    elif (method, path) not in PUBLIC | {("POST", "/api/enrolments")}:
        assert status == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_browser_that_is_signed_in_opens_what_is_to_be_looked_at_and_nothing_else(
    door: _Door, method: str, path: str
) -> None:
    """Threats 1 and 9: above all no command, whatever a page in that browser does."""
    for origins in ((), (f"http://{HOST}",)):
        status = await door.knock(method, path, cookies=cookie(), origins=origins)

        if (method, path) in PEOPLES:
            assert status == 200
            assert door.inside.principal == Principal(PrincipalKind.PERSON)
        elif (method, path) in PUBLIC:
            assert door.inside.principal == Principal(PrincipalKind.PUBLIC)
        else:
            assert status == 401
            assert door.inside.principal is None


@pytest.mark.parametrize("wanted", sorted(PEOPLES))
async def test_what_people_look_at_takes_the_users_token_too_and_no_agents(
    door: _Door, wanted: tuple[str, str]
) -> None:
    """Threat 10."""
    assert await door.knock(*wanted, tokens=bearer(USER)) == 200
    assert door.inside.principal == Principal(PrincipalKind.USER)
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
async def test_another_cookie_opens_nothing(door: _Door, cookies: tuple[str, ...]) -> None:
    for method, path in PEOPLES:
        assert await door.knock(method, path, cookies=cookies) == 401


async def test_a_cookie_that_somebody_planted_does_not_hide_the_right_one(door: _Door) -> None:
    planted = (*cookie("planted"), *cookie())

    assert await door.knock("GET", "/traces/1", cookies=planted) == 200


async def test_a_browser_that_is_not_signed_in_is_shown_the_way(door: _Door) -> None:
    status = await door.knock(
        "GET", "/traces/1", query=b"a=b", accept="text/html,application/xhtml+xml,*/*;q=0.8"
    )

    assert status == 303
    assert door.headers[b"location"] == b"/sign-in?next=/traces/1%3Fa%3Db"
    assert door.headers[b"cache-control"] == b"no-store"
    assert door.refusals == ["unauthorized"]


async def test_only_pages_are_shown_the_way(door: _Door) -> None:
    """A script that got the sign-in page instead of itself would fail for no visible reason."""
    assert await door.knock("GET", "/traces/viewer/index.js", accept="*/*") == 401
    assert await door.knock("GET", "/api/agents", accept="text/html") == 401
    assert await door.knock("POST", "/traces/1", accept="text/html") == 401
    assert await door.knock("WEBSOCKET", "/traces/1", accept="text/html") == 401


async def test_a_host_or_an_origin_that_is_not_ours_is_never_shown_the_way(door: _Door) -> None:
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
async def test_an_agents_credential_opens_no_other_agents_socket(door: _Door, path: str) -> None:
    assert await door.knock("WEBSOCKET", path, tokens=bearer(AGENT)) == 401


async def test_an_enrolment_token_reaches_its_route_only(door: _Door) -> None:
    assert await door.knock("POST", "/api/enrolments", tokens=bearer(ENROLMENT)) == 200
    assert door.inside.principal == Principal(PrincipalKind.ENROLMENT)
    assert await door.knock("GET", "/api/enrolments", tokens=bearer(ENROLMENT)) == 401


@pytest.mark.parametrize(
    "tokens",
    [(f"Basic {USER}",), (USER,), (f"Bearer{USER}",), (*bearer(USER), *bearer(USER)), ("Bearer",)],
)
async def test_anything_but_one_bearer_token_is_no_token(
    door: _Door, tokens: tuple[str, ...]
) -> None:
    assert await door.knock(tokens=tokens) == 401


@pytest.mark.parametrize("word", ["bearer", "BEARER"])
async def test_the_word_bearer_has_no_case(door: _Door, word: str) -> None:
    assert await door.knock(tokens=(f"{word} {USER}",)) == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "localhost:1", "[::1]", "[::1]:8000"]
)
async def test_loopback_hosts_are_known_on_any_port(door: _Door, host: str) -> None:
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
async def test_a_host_that_is_not_ours_opens_no_route(door: _Door, hosts: tuple[str, ...]) -> None:
    for method, path in ROUTES:
        status = await door.knock(method, path, hosts=hosts, tokens=bearer(USER))

        assert status == 421, (method, path)
        assert door.code == "host_not_allowed"
        assert door.inside.principal is None


async def test_configured_hosts_are_known(door: _Door) -> None:
    door = _Door(allowed_hosts=("Grid.example.com", "proxy.example.com:8443"))

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
    door: _Door, origins: tuple[str, ...]
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
    door: _Door, scheme: str, host: str, origin: str
) -> None:
    for method, path in (("GET", "/api/agents"), ("WEBSOCKET", "/ws/live")):
        status = await door.knock(
            method, path, hosts=(host,), origins=(origin,), scheme=scheme, tokens=bearer(USER)
        )
        assert status == welcome(method)


async def test_configured_origins_are_known() -> None:
    door = _Door(allowed_origins=("https://Panel.example.com/",))

    async def status(origin: str) -> int:
        return await door.knock(origins=(origin,), tokens=bearer(USER))

    assert await status("https://panel.example.com") == 200
    assert await status("http://panel.example.com") == 403
    assert await status("https://panel.example.com.evil.com") == 403


async def test_an_own_origin_alone_is_no_credential(door: _Door) -> None:
    assert await door.knock(origins=(f"http://{HOST}",)) == 401


@pytest.mark.parametrize("settings", [{"tokens": bearer(USER)}, {}])
async def test_every_answer_carries_the_security_headers(
    door: _Door, settings: dict[str, Any]
) -> None:
    await door.knock(**settings)

    assert door.headers[b"x-content-type-options"] == b"nosniff"
    assert door.headers[b"referrer-policy"] == b"no-referrer"
    assert door.headers[b"cache-control"] == b"no-store"
    names = [name for name, _ in door.sent[0]["headers"]]
    assert len(names) == len(set(names))


async def test_an_answers_own_policy_is_kept(door: _Door) -> None:
    await door.knock(tokens=bearer(USER))

    assert door.headers[b"content-security-policy"] == b"its own"


async def test_a_socket_is_refused_before_it_is_accepted(door: _Door) -> None:
    assert await door.knock("WEBSOCKET", "/ws/agents/alpha") == 401
    assert [message["type"] for message in door.sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]


async def test_a_server_that_cannot_refuse_a_socket_closes_it(door: _Door) -> None:
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
