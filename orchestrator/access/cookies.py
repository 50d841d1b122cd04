"""The one cookie there is: it holds the secret of a browser that is signed in.

A script cannot read it, and no request that another site causes carries it. Over https its name
makes browsers refuse one that somebody else tries to set. Over http, which is loopback, cookies
know no ports: so the port is in the name, lest two orchestrators on one machine sign each other's
browsers out.
"""

from __future__ import annotations

from typing import Final

from starlette.types import Scope

_NAME: Final = "xagent_browser"
_MOST_VALUES: Final = 8


def secrets_of(scope: Scope) -> tuple[str, ...]:
    """Return what a request's cookies of our name hold; usually one or none.

    Another may be there that somebody planted, on another path or from another port.
    """
    name = _name(scope)
    found = []
    for header, value in scope["headers"]:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, secret = pair.strip().partition("=")
                if key == name and secret:
                    found.append(secret)
    return tuple(found[:_MOST_VALUES])


def cookie_with(secret: str, scope: Scope) -> str:
    """Return the header that has the browser hold *secret* until it is closed."""
    return f"{_name(scope)}={secret}; {_attributes(scope)}"


def cookie_without(scope: Scope) -> str:
    """Return the header that has the browser forget what it holds."""
    return f"{_name(scope)}=; {_attributes(scope)}; Max-Age=0"


def _attributes(scope: Scope) -> str:
    secure = "; Secure" if _is_secure(scope) else ""
    return f"Path=/; HttpOnly; SameSite=Strict{secure}"


def _name(scope: Scope) -> str:
    if _is_secure(scope):
        return f"__Host-{_NAME}"
    host = next((value for header, value in scope["headers"] if header == b"host"), b"")
    port = host.rpartition(b":")[2].decode("latin-1")
    return f"{_NAME}_{port}" if port.isdecimal() and port.isascii() else _NAME


def _is_secure(scope: Scope) -> bool:
    return scope.get("scheme") == "https"
