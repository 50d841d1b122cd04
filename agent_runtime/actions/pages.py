"""Which pages there are, and opening and closing them.

None of these waits for another command: a page that is stuck must not keep the caller from seeing
it, closing it, or opening another.
"""

from __future__ import annotations

import contextlib
from typing import Annotated

import msgspec
from msgspec import Meta
from playwright.async_api import Error

from agent_runtime.actions.call import Call
from agent_runtime.actions.navigate import navigating
from agent_runtime.actions.obstructed import refuse_our_answer
from agent_runtime.actions.params import Label, WaitUntil
from agent_runtime.actions.registry import action
from agent_runtime.actions.steering import steering
from agent_runtime.actions.urls import Url
from agent_runtime.browser.errors import LabelTaken
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


@action(family="pages", reads=True, on_page=False, example={})
async def pages(call: Call) -> OpenPages:
    """List the open pages with id, label, URL, title and dialog; the main page is the oldest."""
    return OpenPages(call.browser.tabs.summaries())


@action(
    family="pages",
    reads=False,
    on_page=False,
    example={"url": "https://example.com/", "label": "shop"},
)
async def new_page(
    call: Call,
    *,
    url: Annotated[Url | None, Meta(description="Where to go first; blank if left out.")] = None,
    label: Annotated[Label, Meta(description="A name to call it by, besides its id.")]
    | None = None,
    isolated: Annotated[
        bool,
        Meta(
            description="In a context of its own: without the profile's cookies, and what it "
            "stores is gone when it closes."
        ),
    ] = False,
    background: Annotated[bool, Meta(description="Leave the page in front that is there.")] = False,
    wait_until: WaitUntil = "load",
) -> OpenedPage:
    """Open another page, and return its id; name it or its label in `page` to use it."""
    allowed = call.url(url) if url is not None else None
    tabs = call.browser.tabs
    if label is not None and (holder := tabs.find(label)) is not None:
        raise LabelTaken(f"page {holder.id} is called {label!r} already: choose another label")
    in_front = tabs.front
    tab = call.open_tab = await call.browser.open_tab(isolated=isolated)
    if label is not None:
        tabs.name(tab, label)
    if background and in_front is not None:
        await in_front.page.bring_to_front()
    else:
        tabs.front = tab
    if allowed is None:
        return OpenedPage(tab.id, tab.page.url, "")
    await tab.prepare()
    call.moves_before = tab.moves
    with call.interrupted_by(tab), navigating(allowed):
        response = await tab.page.goto(allowed, wait_until=wait_until, timeout=call.patience_ms)
    refuse_our_answer(call, response)
    return OpenedPage(
        tab.id,
        tab.page.url,
        await tab.look_up_title(),
        response.status if response is not None else None,
    )


@action(family="pages", reads=False, on_page=False, example={})
async def close_page(call: Call) -> ClosedPage:
    """Close the page that the command names, or the main page, whatever it is doing.

    There is always a main page: of the last one to go, a blank one takes the place.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    await steering(call, tab)
    main = await call.browser.close_tab(tab)
    return ClosedPage(tab.id, main.id)


@action(family="pages", reads=False, on_page=False, example={})
async def bring_to_front(call: Call) -> None:
    """Put the page before the others, as somebody who looks at the browser sees them."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    await steering(call, tab)
    await tab.page.bring_to_front()
    call.browser.tabs.front = tab


@action(family="pages", reads=False, on_page=False, example={"label": "checkout"})
async def label_page(call: Call, *, label: Label) -> PageSummary:
    """Give the page a name that `page` takes as well as its id; it replaces an earlier one."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    call.browser.tabs.name(tab, label)
    return tab.summary(main=tab is call.browser.tabs.main)


@action(family="pages", reads=True, on_page=False, example={"since": "p3"})
async def wait_for_new_page(
    call: Call,
    *,
    since: Annotated[
        str, Meta(pattern="^p[1-9][0-9]*$", description="A page that was there before.")
    ]
    | None = None,
) -> PageSummary:
    """Wait for a page that was opened after *since*, by a site or by anybody.

    Ids only grow, so a page that came before this command is found as well: name in *since* the
    newest page that you know. Without it, the newest page there is now counts as known.
    """
    tabs = call.browser.tabs
    known = _number(since) if since is not None else max((_number(t.id) for t in tabs), default=0)
    found = next((tab for tab in tabs if _number(tab.id) > known), None)
    tab = call.open_tab = found or await tabs.expect(lambda tab: _number(tab.id) > known)
    with contextlib.suppress(Error):
        await tab.page.wait_for_load_state("domcontentloaded", timeout=call.patience_ms)
        await tab.look_up_title()
    return tab.summary(main=tab is tabs.main)


def _number(page_id: str) -> int:
    return int(page_id[1:])
