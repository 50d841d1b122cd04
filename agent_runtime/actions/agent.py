"""The browser as a whole."""

from __future__ import annotations

import contextlib

import msgspec
from playwright.async_api import Error

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from agent_runtime.actions.steering import steering
from agent_runtime.browser.tab import Tab


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


class RestoredPage(msgspec.Struct, frozen=True):
    """A page of before, and the one that took its place at the same URL."""

    was: str
    now: str
    url: str


class Restarted(msgspec.Struct, frozen=True):
    """The browser after its restart."""

    epoch: int
    main: str
    pages: tuple[RestoredPage, ...]


@action(family="agent", reads=True, on_page=False, example={})
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


@action(family="agent", reads=False, on_page=False, example={})
async def restart_browser(call: Call) -> Restarted:
    """End the browser and start it again with the same profile and, anew, the same pages.

    Ids of pages are never used twice, so the result tells which page took the place of which;
    labels go over. What runs meanwhile fails with `browser_restarted`; isolated pages are gone.
    """
    for tab in call.browser.tabs:
        await steering(call, tab)
    before = await call.browser.restart()
    restored = []
    for place, (old, url) in enumerate(before):
        # The new browser has one blank page already.
        tab = await (call.browser.open_main() if place == 0 else call.browser.open_tab())
        if old.label is not None:
            call.browser.tabs.name(tab, old.label)
        await _go(call, tab, url)
        restored.append(RestoredPage(old.id, tab.id, tab.page.url))
    main = await call.browser.open_main()
    return Restarted(call.browser.epoch, main.id, tuple(restored))


async def _go(call: Call, tab: Tab, url: str) -> None:
    with contextlib.suppress(ActionFailed, Error):
        allowed = call.url(url)
        if allowed != tab.page.url:
            await tab.page.goto(allowed, wait_until="commit", timeout=call.patience_ms)
