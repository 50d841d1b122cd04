"""A guard with everybody's credentials before it, and every path that there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.types import Message, Receive, Scope, Send

from orchestrator.access.guard import Guard
from orchestrator.access.principal import SCOPE_KEY, Principal, PrincipalKind
from orchestrator.api.routes import OPERATIONS
from xagent_protocol.ids import AgentId

USER = "xagent_user"
AGENT = "xagent_agent_alpha"
ENROLMENT = "xagent_enrol_1"
BROWSER = "xagent_browser_secret"
LOOKER = "xagent_browser_looking"
VISITOR = "visitor"
HOST = "127.0.0.1:8000"

ARTIFACT = "/api/artifacts/019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b"

LIVE = "/api/agents/alpha/pages/p1/live"
SIGN_IN_LINK = "/sign-in/" + "l" * 22
SHARE_LINK = "/share/" + "l" * 43

_PLACES = {
    "{agent_id}": "alpha",
    "{request_id}": "r1",
    "{artifact_id}": ARTIFACT.rpartition("/")[2],
    "{share_id}": "s1",
}


def concrete(path: str, agent_id: str = "alpha") -> str:
    """Return a path that matches a route's."""
    for place, value in {**_PLACES, "{agent_id}": agent_id}.items():
        path = path.replace(place, value)
    assert "{" not in path, "name what stands for it in the table above"
    return path


ROUTES = [
    *((each.method, concrete(each.path)) for each in OPERATIONS),
    *(
        ("WEBSOCKET", path)
        for path in (LIVE, LIVE.replace("alpha", "beta"), f"{LIVE}/", "/ws/live")
    ),
    *(("GET", path) for path in ("/dashboard/main.js", "/history", "/agents/a", "/commands/c")),
    *((method, path) for method in ("GET", "POST") for path in (SIGN_IN_LINK, SHARE_LINK)),
    *(("GET", path) for path in ("/dashboard", "/agents", "/share", "/share/short", "/sign-in/x")),
    *(("POST", path) for path in ("/agents/a", "/dashboard/main.js", "/share/short", "/sign-in/x")),
    *((method, SHARE_LINK) for method in ("DELETE", "WEBSOCKET")),
    *(("GET", f"{path}{more}") for path in (SIGN_IN_LINK, SHARE_LINK) for more in ("/", "x", "\n")),
    *((method, ARTIFACT) for method in ("HEAD", "PUT", "DELETE")),
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
    *(("GET", path) for path in ("/dashboard/main.js", "/history", "/agents/a", "/commands/c")),
    *((method, path) for method in ("GET", "POST") for path in (SIGN_IN_LINK, SHARE_LINK)),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
}
PEOPLES = {
    *(("GET", f"/traces/{rest}") for rest in ("1", "1/trace.zip", "viewer/index.html")),
    ("HEAD", "/traces/1"),
}
"""What people look at: who is nobody is shown the way."""

AGENTS_OWN = {("WEBSOCKET", "/ws/agents/alpha"), ("WEBSOCKET", "/ws/channels/1")}
REDEEMED = {("POST", "/api/enrolments")}

PERSON = Principal(PrincipalKind.PERSON, can_control=True)
ONLY_LOOKING = Principal(PrincipalKind.PERSON)
SHARE = Principal(PrincipalKind.SHARE, AgentId("alpha"))


class Inside:
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


class Door:
    """One request at a time, made of raw headers as a server would hand them over."""

    def __init__(self, **settings: Any) -> None:
        self.inside = Inside()
        self.refusals: list[str] = []
        self._guard = Guard(
            self.inside,
            is_user=lambda token: token == USER,
            agent_of=lambda token: AgentId("alpha") if token == AGENT else None,
            person_of={BROWSER: PERSON, LOOKER: ONLY_LOOKING}.get,
            visitor_of={VISITOR: SHARE}.get,
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
        more: Mapping[str, str] = {},
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
            *((name.encode(), value.encode()) for name, value in more.items()),
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
    def problem(self) -> dict[str, str]:
        """The problem that was answered."""
        problem: dict[str, str] = msgspec.json.decode(self.sent[1]["body"])
        return problem

    @property
    def code(self) -> str:
        """The code of the problem that was answered."""
        return self.problem["code"]


def bearer(token: str) -> tuple[str, ...]:
    """Return the header that brings a token."""
    return (f"Bearer {token}",)


def cookie(secret: str = BROWSER) -> tuple[str, ...]:
    """Return the cookie of a browser that signed in."""
    return (f"xagent_browser_8000={secret}",)


def share_cookie(secret: str = VISITOR) -> tuple[str, ...]:
    """Return the cookie of a browser that came by a share."""
    return (f"xagent_share_8000={secret}",)


def welcome(method: str) -> int:
    """Return the status of what is let in."""
    return 101 if method == "WEBSOCKET" else 200
