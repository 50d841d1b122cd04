"""Which URLs may be opened, read as the browser reads them.

`file:`, `javascript:`, `chrome:` and the like reach the agent's machine or its browser, not a site.
A browser ignores case, blanks around a URL and line breaks within, so a check must as well.
"""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta

from agent_runtime.actions.errors import ActionFailed
from xagent_protocol.errors import ErrorCode

Url = Annotated[str, Meta(min_length=1, max_length=100_000)]

_STRIPPED: Final = "".join(map(chr, range(0x21)))
"""What a browser strips from both ends of a URL."""
_REMOVED: Final = str.maketrans("", "", "\t\n\r")
"""What a browser removes from anywhere in a URL."""


def allowed_url(url: str) -> str:
    """Return *url* as the browser will read it, if it may be opened.

    Raises:
        ActionFailed: `blocked_by_policy`, or `invalid_params` for what is no URL.
    """
    read = url.translate(_REMOVED).strip(_STRIPPED)
    try:
        parts = urlsplit(read)
        host = parts.hostname
    except ValueError as error:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, f"url: {url[:200]!r} is no URL: {error}"
        ) from error
    if parts.scheme in ("http", "https"):
        if host:
            return read
        raise ActionFailed(ErrorCode.INVALID_PARAMS, f"url: {url[:200]!r} names no host")
    if read.lower() == "about:blank":
        return "about:blank"
    if not parts.scheme:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, f"url: {url[:200]!r} lacks its scheme: write https://…"
        )
    raise ActionFailed(
        ErrorCode.BLOCKED_BY_POLICY,
        f"url: {parts.scheme}: is not opened here, only http:, https: and about:blank are",
    )
