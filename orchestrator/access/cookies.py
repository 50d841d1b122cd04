"""The cookies: one holds the secret of a browser that is signed in, one that of a share.

A script cannot read it, and no request that another site causes carries it. Over https its name
makes browsers refuse one that somebody else tries to set. Over http, which is loopback, cookies
know no ports: so the port is in the name, lest two orchestrators on one machine sign each other's
browsers out.
"""

from __future__ import annotations

from typing import Final

from starlette.types import Scope

BROWSER: Final = "xagent_browser"
SHARE: Final = "xagent_share"
_MOST_VALUES: Final = 8


def secrets_of(scope: Scope, cookie: str = BROWSER) -> tuple[str, ...]:
    """Return what a request's cookies of our name hold; usually one or none.

    Another may be there that somebody planted, on another path or from another port.
    """
    name = _name(cookie, scope)
    found = []
    for header, value in scope["headers"]:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, secret = pair.strip().partition("=")
                if key == name and secret:
                    found.append(secret)
    return tuple(found[:_MOST_VALUES])


def cookie_with(
    secret: str, scope: Scope, cookie: str = BROWSER, *, seconds: int | None = None
) -> str:
    """Return the header that has the browser hold *secret* until it is closed, or for *seconds*."""
    lasting = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{_name(cookie, scope)}={secret}; {_attributes(scope)}{lasting}"


def cookie_without(scope: Scope, cookie: str = BROWSER) -> str:
    """Return the header that has the browser forget what it holds."""
    return cookie_with("", scope, cookie, seconds=0)


def _attributes(scope: Scope) -> str:
    secure = "; Secure" if _is_secure(scope) else ""
    return f"Path=/; HttpOnly; SameSite=Strict{secure}"


def _name(cookie: str, scope: Scope) -> str:
    if _is_secure(scope):
        return f"__Host-{cookie}"
    host = next((value for header, value in scope["headers"] if header == b"host"), b"")
    port = host.rpartition(b":")[2].decode("latin-1")
    return f"{cookie}_{port}" if port.isdecimal() and port.isascii() else cookie


def _is_secure(scope: Scope) -> bool:
    return scope.get("scheme") == "https"
