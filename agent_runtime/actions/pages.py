"""Which pages there are, and opening and closing them.

None of these waits for another command: a page that is stuck must not keep the caller from seeing
it, closing it, or opening another.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.navigate import navigating
from agent_runtime.actions.params import WaitUntil
from agent_runtime.actions.registry import action
from agent_runtime.actions.urls import Url, allowed_url
from xagent_protocol.messages import PageSummary


class OpenPages(msgspec.Struct, frozen=True):
    """Every open page, oldest first."""

    pages: tuple[PageSummary, ...]


class OpenedPage(msgspec.Struct, frozen=True):
    """The new page; *status* is null when it is blank."""

    id: str
    url: str
    title: str
    status: int | None = None


class ClosedPage(msgspec.Struct, frozen=True):
    """The page that is gone, and the one that serves commands which name none."""

    closed: str
    main: str


class BrowserInfo(msgspec.Struct, frozen=True):
    """The browser behind this agent; *epoch* grows with each restart."""

    name: str
    version: str
    epoch: int
    headless: bool
    executable: str
    user_agent: str
    profile: str
    downloads: str
    pages: int


@action(family="pages", reads=True, on_page=False)
async def pages(call: Call) -> OpenPages:
    """List the open pages with id, URL and title; the main page is the oldest."""
    return OpenPages(call.browser.tabs.summaries())


@action(family="pages", reads=False, on_page=False)
async def new_page(
    call: Call,
    *,
    url: Annotated[Url | None, Meta(description="Where to go first; blank if left out.")] = None,
    wait_until: WaitUntil = "load",
) -> OpenedPage:
    """Open another page, and return its id; name it in `page` to use it."""
    allowed = allowed_url(url) if url is not None else None
    tab = call.open_tab = await call.browser.open_tab()
    if allowed is None:
        return OpenedPage(tab.id, tab.page.url, "")
    await tab.prepare()
    with call.interrupted_by(tab), navigating(allowed):
        response = await tab.page.goto(allowed, wait_until=wait_until, timeout=call.patience_ms)
    return OpenedPage(
        tab.id,
        tab.page.url,
        await tab.read_title(),
        response.status if response is not None else None,
    )


@action(family="pages", reads=False, on_page=False)
async def close_page(call: Call) -> ClosedPage:
    """Close the page that the command names, or the main page, whatever it is doing.

    There is always a main page: of the last one to go, a blank one takes the place.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    if len(call.browser.tabs) == 1:
        # With its last window Chromium would end itself.
        await call.browser.open_tab()
    await tab.page.close()
    call.browser.tabs.drop(tab)
    main = await call.browser.open_main()
    return ClosedPage(tab.id, main.id)


@action(family="agent", reads=True, on_page=False)
async def browser_info(call: Call) -> BrowserInfo:
    """Describe the browser: version, user agent, where its profile and downloads are."""
    status = call.browser.status()
    return BrowserInfo(
        name=status.name,
        version=status.version,
        epoch=status.epoch,
        headless=status.headless,
        executable=str(call.browser.executable or ""),
        user_agent=await call.browser.user_agent(),
        profile=str(call.browser.settings.profile),
        downloads=str(call.browser.settings.downloads),
        pages=len(status.pages),
    )
