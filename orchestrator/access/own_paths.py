"""Where a browser is sent: to paths of our own, and never to where somebody else's link says."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from starlette.types import Scope

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
HOME: Final = "/"

# One slash, and then what is no second one, nor a backslash, which browsers take for one. Of the
# rest only what a path or a query may have, so nothing that a browser would skip or cut at.
_OWN: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?")
_LONGEST: Final = 2000


def own_path(text: str) -> str:
    """Return *text* if it is a path of this server, with a query perhaps; else the home page."""
    return text if len(text) <= _LONGEST and _OWN.fullmatch(text) else HOME


def sign_in_path(scope: Scope) -> str:
    """Return where to sign in, and then to come back to what was asked for."""
    wanted = quote(scope["path"], safe="/")
    query: bytes = scope.get("query_string", b"")
    if query:
        wanted += f"?{query.decode('latin-1')}"
    return f"{SIGN_IN}?next={quote(own_path(wanted), safe='/')}"
