"""One guard before every route, HTTP and WebSocket alike: Host, then Origin, then the credential.

It decides on what the server itself put into the scope (`path`, `method`, the raw headers), never
on a URL that was put together from them, because a Host header can then rewrite the path. What
is not listed here needs the user's token, whether it exists or not, so a route that somebody
adds later is closed until it is opened on purpose.

A browser holds a cookie: since it signed in, or came by a share. A cookie goes along with whatever
a page asks for, so it counts only where the request is shown to be from a page of ours.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Final

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.access.cookies import BROWSER, SHARE, secrets_of
from orchestrator.access.entrances import (
    AGENT_SOCKETS,
    Entrance,
    entrance,
    is_open_to_browsers,
    is_reading,
    is_shared,
)
from orchestrator.access.own_paths import sign_in_path
from orchestrator.access.principal import SCOPE_KEY, Principal, PrincipalKind
from orchestrator.access.provenance import check_page, is_own_origin
from orchestrator.errors import (
    Forbidden,
    HostNotAllowed,
    OriginNotAllowed,
    Refusal,
    Unauthorized,
)
from orchestrator.problems import problem_response
from orchestrator.store.records import TOKEN_NAME
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.ids import AgentId

_PUBLIC: Final = Principal(PrincipalKind.PUBLIC)
_USER: Final = Principal(PrincipalKind.USER, can_control=True, name=TOKEN_NAME)
_ENROLMENT: Final = Principal(PrincipalKind.ENROLMENT)

_BROWSERS: Final = (Entrance.USER, Entrance.PERSON, Entrance.USER_OR_AGENT)
"""What a cookie may open."""

# Lower-case names only: browsers and our own clients send no others, and one spelling leaves
# nothing to normalise differently from whoever looks at the header next.
_HOST: Final = re.compile(
    r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)(:[0-9]{1,5})?"
)

LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")

API_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


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
        person_of: Callable[[str], Principal | None] = lambda secret: None,
        visitor_of: Callable[[str], Principal | None] = lambda secret: None,
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        on_refusal: Callable[[str], None] = lambda code: None,
    ) -> None:
        """Stand before *app*.

        *is_user* says whether a token is the user's, in constant time; *agent_of* whose
        credential a token is; *person_of* who signed in with the browser that holds a secret;
        *visitor_of* who came by the share of a secret. An allowed host is a name, good for any
        port, or ``name:port``.
        *on_refusal* hears the code of every refusal, for the metrics.
        """
        self._app = app
        self._is_user = is_user
        self._agent_of = agent_of
        self._person_of = person_of
        self._visitor_of = visitor_of
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
        return is_own_origin(origin, host, scope) or origin.decode("latin-1") in self._origins

    def _principal(self, scope: Scope) -> Principal:
        method = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
        path: str = scope["path"]
        opened_by = entrance(method, path)
        token = bearer(scope)
        # Every command comes by here, so what opens it is looked at first.
        if opened_by is Entrance.USER and token is not None and self._is_user(token):
            return _USER
        if opened_by is Entrance.PUBLIC:
            # Nobody is turned away here, and yet the user may be told more than a stranger.
            return _USER if token is not None and self._is_user(token) else _PUBLIC
        if token is None:
            return self._browser(scope, method, path, opened_by)
        if opened_by is Entrance.ENROLMENT:
            return _ENROLMENT
        if opened_by is Entrance.AGENT or opened_by is Entrance.ANY_AGENT:
            agent_id = self._agent_of(token)
            named = path.removeprefix(AGENT_SOCKETS)
            if agent_id is None or (opened_by is Entrance.AGENT and agent_id != named):
                raise Unauthorized("The credential is not this agent's; enrol it again.")
            return Principal(PrincipalKind.AGENT, agent_id)
        if opened_by is not Entrance.USER and self._is_user(token):
            return _USER
        if opened_by is Entrance.USER_OR_AGENT:
            agent_id = self._agent_of(token)
            if agent_id is not None:
                return Principal(PrincipalKind.AGENT, agent_id)
        raise Unauthorized("The token opens nothing here; `xagent token` prints the right one.")

    def _browser(self, scope: Scope, method: str, path: str, opened_by: Entrance) -> Principal:
        """Say who holds the cookie that came instead of a token."""
        who = self._holder(scope) if opened_by in _BROWSERS else None
        if who is None:
            raise Unauthorized("Send the token as `Authorization: Bearer …`.")
        check_page(scope, method, path)
        _check_reach(who, method, path)
        return who

    def _holder(self, scope: Scope) -> Principal | None:
        for cookie, find in ((BROWSER, self._person_of), (SHARE, self._visitor_of)):
            for secret in secrets_of(scope, cookie):
                if (who := find(secret)) is not None:
                    return who
        return None


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


def _check_reach(who: Principal, method: str, path: str) -> None:
    """Refuse what a browser was not let in for; raises `Forbidden`."""
    if who.agent_id is not None:
        if not is_shared(method, path, who.agent_id):
            raise Forbidden(f"This share only shows agent {who.agent_id!r}, and changes nothing.")
    elif not is_open_to_browsers(method, path):
        raise Forbidden("A cookie does not open this socket; send the token.")
    elif not (who.can_control or is_reading(method, path)):
        raise Forbidden("This browser signed in only to look; sign in anew to do more.")


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
