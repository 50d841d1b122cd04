"""Whether a request that brings a cookie is from a page of ours.

A browser adds its cookie to whatever any page asks for. `SameSite=Strict` keeps other sites' pages
from that, but not those of another port of this host; and it is the browser's promise alone.
"""

from __future__ import annotations

from typing import Final

from starlette.types import Scope

from orchestrator.access.entrances import API, PEOPLES_PATHS, READING
from orchestrator.errors import Forbidden

OWN_HEADER: Final = b"x-xagent"
OWN_HEADER_VALUE: Final = b"dashboard"
"""What the dashboard sends with all that changes something: no form of any page can."""

_SHOWN: Final = frozenset({None, b"empty", b"image", b"video", b"audio", b"document"})
"""What pages of ours use answers of the API for. Agents and sites say what type an artifact is of,
so one may call itself a script; under our own policy for scripts it would be one of ours."""

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_HTTP_SCHEMES: Final = {"ws": "http", "wss": "https"}


def is_own_origin(origin: bytes, host: bytes, scope: Scope) -> bool:
    """Say whether an Origin is that of the pages that this server serves under this Host."""
    spoken: str = scope.get("scheme", "http")
    scheme = _HTTP_SCHEMES.get(spoken, spoken)
    # A browser leaves a scheme's default port out of both headers, a program may not.
    default_port = _DEFAULT_PORTS.get(scheme, "")
    own = f"{scheme}://{host.decode('latin-1').removesuffix(default_port)}"
    return origin.decode("latin-1").removesuffix(default_port) == own


def check_page(scope: Scope, method: str, path: str) -> None:
    """Refuse what a page that is not ours has a browser do with its cookie.

    A page that may call the API with a token (`allowed_origins`) is no page of ours either.

    Raises:
        Forbidden: the request is from elsewhere, or does not show that it is from here.
    """
    headers: dict[bytes, bytes] = dict(scope["headers"])
    origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
    if origin is not None and not is_own_origin(origin, headers[b"host"], scope):
        raise Forbidden("Only pages of this server may use its cookie; send a token instead.")
    if site not in (None, b"same-origin") and not (
        method in READING and (site == b"none" or _opens_a_page(headers, path))
    ):
        raise Forbidden("Another page asked for this; only pages of this server may.")
    if method in READING:
        if path.startswith(API) and headers.get(b"sec-fetch-dest") not in _SHOWN:
            raise Forbidden("What the API answers is no script, no style and no frame.")
        return
    if method == "WEBSOCKET":
        if origin is None:
            raise Forbidden("A socket that is opened by a cookie needs an Origin.")
    elif headers.get(OWN_HEADER) != OWN_HEADER_VALUE or (origin is None and site is None):
        raise Forbidden(
            "With a cookie instead of a token, send the header `X-Xagent: dashboard` from a page "
            "of this server."
        )


def _opens_a_page(headers: dict[bytes, bytes], path: str) -> bool:
    """Say whether a link led a person here, to look at the answer in a window of its own."""
    return (
        path.startswith(PEOPLES_PATHS)
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )
