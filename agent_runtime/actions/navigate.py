"""Go somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from playwright.async_api import Error, Response, TimeoutError as PlaywrightTimeout

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed, ActionTimedOut
from agent_runtime.actions.obstructed import refuse_our_answer
from agent_runtime.actions.params import WaitUntil
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

STARTS: Final = "Download is starting"
"""What Playwright says where a page was to open and a file came."""

_NET_ERROR: Final = re.compile(r"net::(ERR_[A-Z0-9_]+)")


class Navigation(msgspec.Struct, frozen=True):
    """Where the page is now; *status* is null when no server answered (about:blank, a cache)."""

    url: str
    status: int | None
    title: str


@action(family="navigate", reads=False, example={"url": "https://example.com/"})
async def goto(
    call: Call, *, url: Url, wait_until: WaitUntil = "load", referer: str | None = None
) -> Navigation:
    """Open a URL (http, https or about:blank) and wait for it.

    A page that answers with an HTTP error is a page all the same: see `status`.
    """
    allowed = call.url(url)
    with navigating(allowed):
        response = await call.page.goto(
            allowed, wait_until=wait_until, referer=referer, timeout=call.patience_ms
        )
    return await _arrived(call, response)


@action(family="navigate", reads=False, example={})
async def go_back(call: Call, *, wait_until: WaitUntil = "load") -> Navigation:
    """Go back one page in the history; where there is none, stay."""
    with navigating("the page before"):
        response = await call.page.go_back(wait_until=wait_until, timeout=call.patience_ms)
    return await _arrived(call, response)


@action(family="navigate", reads=False, example={})
async def go_forward(call: Call, *, wait_until: WaitUntil = "load") -> Navigation:
    """Go forward one page in the history; where there is none, stay."""
    with navigating("the page after"):
        response = await call.page.go_forward(wait_until=wait_until, timeout=call.patience_ms)
    return await _arrived(call, response)


@action(family="navigate", reads=False, example={"wait_until": "domcontentloaded"})
async def reload(call: Call, *, wait_until: WaitUntil = "load") -> Navigation:
    """Load the page again."""
    with navigating(call.page.url):
        response = await call.page.reload(wait_until=wait_until, timeout=call.patience_ms)
    return await _arrived(call, response)


@action(
    family="navigate", reads=False, example={"html": "<title>Note</title><p>Written by hand.</p>"}
)
async def set_content(call: Call, *, html: str, wait_until: WaitUntil = "load") -> Navigation:
    """Write *html* into the page's document, in place of all that is there; its URL stays."""
    with navigating("the content"):
        await call.page.set_content(html, wait_until=wait_until, timeout=call.patience_ms)
    return await _arrived(call, None)


@contextmanager
def navigating(where: str) -> Iterator[None]:
    """Explain why *where* did not load."""
    try:
        yield
    except PlaywrightTimeout as error:
        raise ActionTimedOut(
            f"{where} did not load in time: give it more time, or wait_until 'commit'"
        ) from error
    except Error as error:
        if (match := _NET_ERROR.search(error.message)) is not None:
            raise _failed(where, match[1]) from error
        if "invalid URL" in error.message:
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS, f"url: the browser cannot read {where[:200]!r}"
            ) from error
        if STARTS in error.message:
            raise ActionFailed(
                ErrorCode.NAVIGATION_FAILED,
                f"{where[:500]} is a file and no page; it is being downloaded: see `downloads`",
                details={"net_error": "download"},
            ) from error
        if "interrupted by another navigation" in error.message:
            raise _failed(where, "interrupted by another navigation") from error
        raise


def _failed(where: str, reason: str) -> ActionFailed:
    return ActionFailed(
        ErrorCode.NAVIGATION_FAILED,
        f"{where[:500]} could not be opened: {reason}",
        effect=Effect.PARTIAL,
        details={"net_error": reason},
    )


async def _arrived(call: Call, response: Response | None) -> Navigation:
    refuse_our_answer(call, response)
    try:
        title = await call.tab.look_up_title()
    except Error:
        # It went on at once to the next page, by a script or a refresh; that is no failure.
        title = call.tab.title or ""
    return Navigation(call.page.url, response.status if response is not None else None, title)
