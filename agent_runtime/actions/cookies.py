"""The cookies of the page's context: the profile's, or an isolated page's own.

None of these waits for the page. Those that are set outlive a kill of the agent, as logins do that
a person made: the browser is told that they may have changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, Literal, cast

import msgspec
from msgspec import Meta
from playwright.async_api import BrowserContext, Cookie as Kept, Error

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from xagent_protocol.errors import ErrorCode

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam

SameSite = Literal["Strict", "Lax", "None"]

_REFUSED: Final = ("Invalid cookie fields", "Cookie should have", "Blank page", "Data URL page")


class Cookie(msgspec.Struct, frozen=True):
    """One cookie; *expires* is in seconds since 1970, or null for one of the session."""

    name: str
    value: str
    domain: str
    path: str
    expires: float | None
    http_only: bool
    secure: bool
    same_site: str
    partition_key: str | None = None


class CookieList(msgspec.Struct, frozen=True):
    """Cookies by domain and name; *left_out* is how many more there are."""

    cookies: tuple[Cookie, ...]
    left_out: int


class NewCookie(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cookie for the site of a *url*, or for a *domain* (with a dot before it: and those below).

    Without *expires*, in seconds since 1970, it is one of the session. One with same_site None
    must be secure.
    """

    name: Annotated[str, Meta(min_length=1, max_length=4_096)]
    value: Annotated[str, Meta(max_length=4_096)]
    url: Url | None = None
    domain: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    path: Annotated[str, Meta(pattern="^/")] | None = None
    expires: Annotated[float, Meta(ge=0)] | None = None
    http_only: bool = False
    secure: bool = False
    same_site: SameSite | None = None
    partition_key: str | None = None


class CookiesSet(msgspec.Struct, frozen=True):
    """How many the browser has taken, and the names of those that it silently has not."""

    set: int
    not_taken: tuple[str, ...]


class CookiesCleared(msgspec.Struct, frozen=True):
    """How many are gone."""

    cleared: int


@action(
    family="state", reads=True, on_page=False, example={"urls": ["https://example.com/account"]}
)
async def cookies(
    call: Call,
    *,
    urls: Annotated[list[Url], Meta(min_length=1, description="Only those sent to one of them.")]
    | None = None,
    names: Annotated[list[str], Meta(min_length=1)] | None = None,
    max: Annotated[int, Meta(ge=1, le=1_000)] = 200,
) -> CookieList:
    """List the cookies that the page's context has, with their values.

    Whoever has a session's cookie is logged in: treat them like passwords.
    """
    allowed = [call.url(url) for url in urls] if urls is not None else None
    context = await context_of(call)
    found = [
        _cookie(one)
        for one in await context.cookies(allowed)
        if names is None or one.get("name") in names
    ]
    found.sort(key=lambda one: (one.domain.lstrip("."), one.name, one.path))
    return CookieList(tuple(found[:max]), len(found[max:]))


@action(
    family="state",
    reads=False,
    on_page=False,
    example={"cookies": [{"name": "theme", "value": "dark", "url": "https://example.com/"}]},
)
async def set_cookies(
    call: Call, *, cookies: Annotated[list[NewCookie], Meta(min_length=1, max_length=1_000)]
) -> CookiesSet:
    """Set cookies in the page's context; of the same name, domain and path the new one counts.

    All are set, or none where one cannot be read. What the rules for cookies forbid the browser
    leaves out without a word: `not_taken` says it.
    """
    wanted = [_param(call, one, f"cookies[{place}]") for place, one in enumerate(cookies)]
    context = await context_of(call)
    try:
        await context.add_cookies(cast("Sequence[SetCookieParam]", wanted))
    except Error as error:
        if any(sign in error.message for sign in _REFUSED):
            raise _invalid(
                "cookies: the browser takes none of them, for one has a name, value, domain or "
                "prefix (__Host-, __Secure-) that is not allowed"
            ) from error
        raise
    present = {(one.get("name"), one.get("value")) for one in await context.cookies()}
    not_taken = [one.name for one in cookies if (one.name, one.value) not in present]
    return CookiesSet(len(cookies) - len(not_taken), tuple(not_taken))


@action(family="state", reads=False, on_page=False, example={"domain": "example.com"})
async def clear_cookies(
    call: Call,
    *,
    name: str | None = None,
    domain: Annotated[str, Meta(description="With or without the dot before it.")] | None = None,
    path: str | None = None,
) -> CookiesCleared:
    """Delete the cookies of the page's context that fit all that is given; without anything, all.

    To be logged out everywhere is what deleting all of them comes to.
    """
    context = await context_of(call)
    before = len(await context.cookies())
    await context.clear_cookies(
        name=name,
        domain=re.compile(rf"^\.?{re.escape(domain.lstrip('.'))}$") if domain is not None else None,
        path=path,
    )
    return CookiesCleared(before - len(await context.cookies()))


async def context_of(call: Call) -> BrowserContext:
    """Return the context of the page that the command names, without waiting for the page."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    return tab.page.context


def _cookie(one: Kept) -> Cookie:
    expires = one.get("expires", -1)
    return Cookie(
        one.get("name", ""),
        one.get("value", ""),
        one.get("domain", ""),
        one.get("path", ""),
        expires if expires >= 0 else None,
        one.get("httpOnly", False),
        one.get("secure", False),
        one.get("sameSite", "Lax"),
        one.get("partitionKey"),
    )


def _param(call: Call, one: NewCookie, place: str) -> dict[str, object]:
    if (one.url is None) == (one.domain is None):
        raise _invalid(f"{place}.url: give either `url` or `domain`")
    if one.url is not None and one.path is not None:
        raise _invalid(f"{place}.path: it goes with `domain`; `url` has a path of its own")
    given = {
        "url": call.url(one.url) if one.url is not None else None,
        "domain": one.domain,
        "path": (one.path or "/") if one.domain is not None else None,
        "expires": one.expires,
        "sameSite": one.same_site,
        "partitionKey": one.partition_key,
    }
    if given["url"] == "about:blank":
        raise _invalid(f"{place}.url: about:blank has no cookies")
    return {
        "name": one.name,
        "value": one.value,
        "httpOnly": one.http_only,
        "secure": one.secure,
        **{name: value for name, value in given.items() if value is not None},
    }


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
