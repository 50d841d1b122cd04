"""The words of HTTP that several actions share, and what of it is shown.

Who reads an answer is not always who may use a login, and answers are kept. So what identifies
somebody is masked, unless it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.browser.url_pattern import BadPattern, UrlPattern
from xagent_protocol.errors import ErrorCode

if TYPE_CHECKING:
    from playwright._impl._api_structures import HttpHeader

HeaderName = Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", max_length=256)]
HeaderValue = Annotated[str, Meta(pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$", max_length=16_384)]

Headers: TypeAlias = dict[HeaderName, HeaderValue]

Method = Annotated[
    str, Meta(pattern="^[A-Za-z]{1,20}$", description="GET, POST …", examples=["POST"])
]

ResourceType = Literal[
    "document",
    "stylesheet",
    "image",
    "media",
    "font",
    "script",
    "texttrack",
    "xhr",
    "fetch",
    "eventsource",
    "websocket",
    "manifest",
    "ping",
    "cspreport",
    "other",
]

Glob = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2_000,
        description="A pattern of the whole URL: `*` is anything but a slash, `**` anything, "
        "`{a,b}` either.",
    ),
]

Scope = Annotated[
    Literal["page", "browser"],
    Meta(description="This page, or every page that there is and will be."),
]

ShowSecrets = Annotated[
    bool,
    Meta(
        description="Leave the values of cookies, Authorization and the like as they are; "
        "else they are masked."
    ),
]

MASKED: Final = "[masked]"

_SECRET: Final = re.compile(
    "authorization|cookie|token|secret|api-?key|passw|session|credential|csrf|xsrf|signature"
)
_SCHEME: Final = re.compile(r"[A-Za-z][\w-]* +(?=\S)")

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def sound_headers(headers: Mapping[str, str | None]) -> None:
    """Refuse what would hide a line in a header.

    In the pattern of a schema `$` may stand before a line's end, depending on who reads it.

    Raises:
        ActionFailed: `invalid_params`.
    """
    for name, value in headers.items():
        if "\n" in name or "\n" in (value or ""):
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS, f"headers: {name.strip()!r} has more than one line"
            )


def shown_headers(
    headers: Iterable[tuple[str, str]], *, show_secrets: bool = False
) -> dict[str, str]:
    """Return *headers* by their names in lower case, without what identifies somebody."""
    shown: dict[str, str] = {}
    for given, value in headers:
        name = given.lower()
        readable = value if show_secrets else masked(name, value)
        between = "\n" if name == "set-cookie" else ", "
        shown[name] = f"{shown[name]}{between}{readable}" if name in shown else readable
    return shown


def masked(name: str, value: str) -> str:
    """Return the *value* of the header *name*, in lower case, without what identifies somebody."""
    if _SECRET.search(name) is None:
        return value
    if name == "cookie":
        return "; ".join(_masked_pair(pair.strip()) for pair in value.split(";"))
    if name == "set-cookie":
        pair, *attributes = value.split(";")
        return ";".join((_masked_pair(pair), *attributes))
    if name.endswith("authorization") and (scheme := _SCHEME.match(value)) is not None:
        return f"{scheme[0]}{MASKED}"
    return MASKED


def pairs(headers: Iterable[HttpHeader]) -> list[tuple[str, str]]:
    """Return a list of headers as Playwright has it as names and values."""
    return [(one["name"], one["value"]) for one in headers]


def content_type_of(headers: Iterable[tuple[str, str]]) -> str:
    """Return what *headers* say of the body."""
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def pattern_of(glob: str | None, regex: str | None = None) -> UrlPattern | None:
    """Return the pattern of either; none where neither is given.

    Raises:
        ActionFailed: `invalid_params`.
    """
    try:
        if glob is not None:
            return UrlPattern.of_glob(glob)
        return UrlPattern.of_regex(regex) if regex is not None else None
    except BadPattern as error:
        name = "url" if glob is not None else "regex"
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, f"{name}: the pattern cannot be read: {error}"
        ) from error


def origin_of(url: str) -> str:
    """Return the origin of an http URL that may be opened, as the browser writes it.

    Raises:
        ActionFailed: `invalid_params`.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        named = f"[{host}]" if ":" in host else host.encode("idna").decode()
        port = parts.port
    except ValueError as error:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, f"url: {url[:200]!r} names no host: {error}"
        ) from error
    if port is None or port == _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{named}"
    return f"{parts.scheme}://{named}:{port}"


def _masked_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASKED}" if equals else MASKED
