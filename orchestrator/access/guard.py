"""One guard before every route, HTTP and WebSocket alike: Host, then Origin, then the credential.

It decides on what the server itself put into the scope (`path`, `method`, the raw headers), never
on a URL that was put together from them, because a Host header can then rewrite the path. What
is not listed here needs the user's token, whether it exists or not, so a route that somebody
adds later is closed until it is opened on purpose.

A browser that is signed in holds a cookie. It opens only what is listed as a person's, which one
can look at and nothing else: no command, no other part of the API, no socket.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.access.cookies import secrets_of
from orchestrator.access.own_paths import SIGN_IN, SIGN_OUT, sign_in_path
from orchestrator.errors import HostNotAllowed, OriginNotAllowed, Refusal, Unauthorized
from orchestrator.problems import problem_response
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.ids import AgentId


class Entrance(StrEnum):
    """Whose credential opens a route."""

    PUBLIC = "public"
    """Nobody's: without the user's token it tells no secret and no fact about any agent."""
    USER = "user"
    """The user's token."""
    PERSON = "person"
    """The user's token, or the cookie of a browser that is signed in."""
    USER_OR_AGENT = "user_or_agent"
    """The user's token, or the credential of any agent, to whom the route shows its own part."""
    AGENT = "agent"
    """The credential of the very agent that the path names."""
    ANY_AGENT = "any_agent"
    """The credential of an agent; the route sees to it that it is the right one."""
    ENROLMENT = "enrolment"
    """An enrolment token, which the route itself redeems."""


class PrincipalKind(StrEnum):
    """What kind of caller was let in."""

    PUBLIC = "public"
    USER = "user"
    PERSON = "person"
    AGENT = "agent"
    ENROLMENT = "enrolment"


@dataclass(frozen=True)
class Principal:
    """Who is calling; *agent_id* is set for agents only."""

    kind: PrincipalKind
    agent_id: AgentId | None = None


SCOPE_KEY: Final = "xagent"
"""Where the guard leaves the `Principal` in the scope."""

PUBLIC_PATHS: Final = frozenset(
    {"/", "/docs", "/openapi.json", "/health/live", "/health/ready", SIGN_IN}
)

PUBLIC_FORMS: Final = frozenset({SIGN_IN, SIGN_OUT})
"""What anybody may post; the routes themselves look at the token, and at where the form is from."""

PEOPLES_PATHS: Final = "/traces/"
"""What people look at, and what these pages load."""

AGENT_SOCKETS: Final = "/ws/agents/"
CHANNEL_SOCKETS: Final = "/ws/channels/"

_ARTIFACT: Final = re.compile(r"/api/artifacts/[0-9a-f-]{36}")

_PUBLIC: Final = Principal(PrincipalKind.PUBLIC)
_USER: Final = Principal(PrincipalKind.USER)
_PERSON: Final = Principal(PrincipalKind.PERSON)
_ENROLMENT: Final = Principal(PrincipalKind.ENROLMENT)

# Lower-case names only: browsers and our own clients send no others, and one spelling leaves
# nothing to normalise differently from whoever looks at the header next.
_HOST: Final = re.compile(
    r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)(:[0-9]{1,5})?"
)

LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_HTTP_SCHEMES: Final = {"ws": "http", "wss": "https"}

API_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


def entrance(method: str, path: str) -> Entrance:
    """Say whose credential opens *path*; *method* is ``WEBSOCKET`` for a socket."""
    if path in PUBLIC_PATHS and method in ("GET", "HEAD"):
        return Entrance.PUBLIC
    if method == "WEBSOCKET" and path.startswith(AGENT_SOCKETS):
        return Entrance.AGENT
    if method == "WEBSOCKET" and path.startswith(CHANNEL_SOCKETS):
        return Entrance.ANY_AGENT
    if method == "POST":
        if path == "/api/enrolments":
            return Entrance.ENROLMENT
        if path == "/api/artifacts":
            return Entrance.USER_OR_AGENT
        if path in PUBLIC_FORMS:
            return Entrance.PUBLIC
    elif path.startswith(PEOPLES_PATHS) and method in ("GET", "HEAD"):
        return Entrance.PERSON
    elif method == "GET" and _ARTIFACT.fullmatch(path):
        return Entrance.USER_OR_AGENT
    return Entrance.USER


def bearer(scope: Scope) -> str | None:
    """Return the bearer token of a request, or null if there is not exactly one."""
    value = _only(scope, b"authorization")
    if value is None or value[:7].lower() != b"bearer ":
        return None
    return value[7:].strip().decode("latin-1") or None


class Guard:
    """Wraps the whole application; what it lets through carries a `Principal`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_user: Callable[[str], bool],
        agent_of: Callable[[str], AgentId | None],
        is_signed_in: Callable[[str], bool] = lambda secret: False,
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        on_refusal: Callable[[str], None] = lambda code: None,
    ) -> None:
        """Stand before *app*.

        *is_user* says whether a token is the user's, in constant time; *agent_of* whose
        credential a token is; *is_signed_in* whether a cookie's secret is of a browser that is
        signed in. An allowed host is a name, good for any port, or ``name:port``.
        *on_refusal* hears the code of every refusal, for the metrics.
        """
        self._app = app
        self._is_user = is_user
        self._agent_of = agent_of
        self._is_signed_in = is_signed_in
        self._hosts = frozenset((*LOOPBACK_HOSTS, *(host.lower() for host in allowed_hosts)))
        self._origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)
        self._on_refusal = on_refusal
        # A handful of spellings arrive for ever; a stranger who varies them only churns the cache.
        self._knows_host = lru_cache(maxsize=256)(self._parse_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in or answer why not; the lifespan passes by."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            scope[SCOPE_KEY] = self.admit(scope)
        except Refusal as refusal:
            self._on_refusal(refusal.code)
            await _refuse(refusal, scope, receive, _Headed(send))
            return
        await self._app(scope, receive, _Headed(send) if kind == "http" else send)

    def admit(self, scope: Scope) -> Principal:
        """Say who is calling; raises the `Refusal` of whoever is not to be let in."""
        self._check_host_and_origin(scope)
        return self._principal(scope)

    def _check_host_and_origin(self, scope: Scope) -> None:
        host = origin = None
        for name, value in scope["headers"]:
            if name == b"host":
                if host is not None:
                    raise HostNotAllowed("The request has two Host headers.")
                host = value
            elif name == b"origin":
                if origin is not None:
                    raise OriginNotAllowed("The request has two Origin headers.")
                origin = value
        if host is None or not self._knows_host(host):
            raise HostNotAllowed(
                "This server does not answer for that host; the setting allowed_hosts adds names."
            )
        if origin is not None and not self._knows_origin(origin, host, scope):
            raise OriginNotAllowed(
                "Pages of that origin may not call this server; the setting allowed_origins adds "
                "origins."
            )

    def _parse_host(self, host: bytes) -> bool:
        match = _HOST.fullmatch(host.decode("latin-1"))
        if match is None:
            return False
        name, port = match.groups()
        return name in self._hosts or (port is not None and name + port in self._hosts)

    def _knows_origin(self, origin: bytes, host: bytes, scope: Scope) -> bool:
        spoken: str = scope.get("scheme", "http")
        scheme = _HTTP_SCHEMES.get(spoken, spoken)
        text = origin.decode("latin-1")
        # A browser leaves a scheme's default port out of both headers, a program may not.
        default_port = _DEFAULT_PORTS.get(scheme, "")
        own = f"{scheme}://{host.decode('latin-1').removesuffix(default_port)}"
        return text.removesuffix(default_port) == own or text in self._origins

    def _principal(self, scope: Scope) -> Principal:
        method = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
        path: str = scope["path"]
        opened_by = entrance(method, path)
        token = bearer(scope)
        if opened_by is Entrance.PUBLIC:
            # Nobody is turned away here, and yet the user may be told more than a stranger.
            return _USER if token is not None and self._is_user(token) else _PUBLIC
        if token is None and opened_by is Entrance.PERSON and self._holds_cookie(scope):
            return _PERSON
        if token is None:
            raise Unauthorized("Send the token as `Authorization: Bearer …`.")
        if opened_by is Entrance.ENROLMENT:
            return _ENROLMENT
        if opened_by in (Entrance.AGENT, Entrance.ANY_AGENT):
            agent_id = self._agent_of(token)
            named = path.removeprefix(AGENT_SOCKETS)
            if agent_id is None or (opened_by is Entrance.AGENT and agent_id != named):
                raise Unauthorized("The credential is not this agent's; enrol it again.")
            return Principal(PrincipalKind.AGENT, agent_id)
        if self._is_user(token):
            return _USER
        if opened_by is Entrance.USER_OR_AGENT:
            agent_id = self._agent_of(token)
            if agent_id is not None:
                return Principal(PrincipalKind.AGENT, agent_id)
        raise Unauthorized("The token opens nothing here; `xagent token` prints the right one.")

    def _holds_cookie(self, scope: Scope) -> bool:
        return any(map(self._is_signed_in, secrets_of(scope)))


class _Headed:
    """A `send` that gives every response the headers it did not set itself."""

    __slots__ = ("_send",)

    def __init__(self, send: Send) -> None:
        self._send = send

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers += [header for header in API_HEADERS if header[0] not in present]
            message["headers"] = headers
        return self._send(message)


def headed(app: ASGIApp) -> ASGIApp:
    """Return *app* with the headers of every answer, for what is answered without the guard."""

    def answered(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return app(scope, receive, _Headed(send))

    return answered


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await receive()
        await send({"type": "websocket.close", "code": CloseCode.UNAUTHORIZED, "reason": ""})
        return
    if isinstance(refusal, Unauthorized) and _is_for_a_person(scope):
        await RedirectResponse(sign_in_path(scope), status_code=303)(scope, receive, send)
        return
    await problem_response(refusal)(scope, receive, send)


def _is_for_a_person(scope: Scope) -> bool:
    """Say whether a browser wants a page for a person, rather than what a page loads."""
    return (
        scope["type"] == "http"
        and entrance(scope["method"], scope["path"]) is Entrance.PERSON
        and any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
    )


def _only(scope: Scope, wanted: bytes) -> bytes | None:
    values = [value for name, value in scope["headers"] if name == wanted]
    return values[0] if len(values) == 1 else None
