"""Iframes of other sites, which run in processes of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from agent_runtime.browser.tab import Tab
from tests.agent_runtime.actions.asking import Asker, eventually, running_browser
from tests.site import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
]

FIRST = """<script>document.title = [navigator.userAgent, navigator.language,
    Intl.DateTimeFormat().resolvedOptions().timeZone].join(' ')</script>"""
"""A page whose first script notes what it finds."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The test site."""
    with Site() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asker]:
    """A browser for these tests."""
    async with running_browser(tmp_path_factory.mktemp("agent")) as browser:
        yield Asker(browser)


@pytest_asyncio.fixture(loop_scope="module")
async def tab(asker: Asker) -> Tab:
    """A new page that has a language, a time zone and a name of its own."""
    opened: Any = await asker.get("new_page")
    page = opened["id"]
    await asker.get("set_user_agent", user_agent="Mine/1", page=page)
    await asker.get("set_locale", locale="de-DE", page=page)
    await asker.get("set_timezone", timezone="Asia/Tokyo", page=page)
    return asker.browser.tabs.named(page)


def at(site: Site, host: str, path: str = "/first") -> str:
    """Return the address of *path* at another site, which is the same server."""
    return f"http://{host}:{site.port}{path}"


async def titles(tab: Tab) -> list[str]:
    """Return what the first script of each iframe has found."""
    await eventually(lambda: all(frame.url.startswith("http") for frame in tab.page.frames))
    return [await frame.title() for frame in tab.page.frames[1:]]


async def test_their_first_script_finds_what_the_page_s_finds(
    asker: Asker, site: Site, tab: Tab
) -> None:
    """Each is told in time, one within another as well, and of the page's own site again."""
    inner = f"<iframe src='{at(site, 'b.localhost')}'></iframe>"
    html = f"""{FIRST}<iframe src='{at(site, "127.0.0.1")}'></iframe>{inner}"""
    fulfilled = {"body": FIRST, "content_type": "text/html"}
    await asker.get("route", url="**/first", fulfil=fulfilled, page=tab.id)
    nested = {"body": html, "content_type": "text/html"}
    await asker.get("route", url="**/nested", fulfil=nested, page=tab.id)
    await asker.get("goto", url=at(site, "127.0.0.1", "/form"), page=tab.id)

    html = f"<iframe src='{at(site, 'a.localhost', '/nested')}'></iframe>"
    await asker.get("set_content", html=html, page=tab.id)
    await eventually(lambda: len(tab.page.frames) == 4)

    assert await titles(tab) == ["Mine/1 de-DE Asia/Tokyo"] * 3


async def test_those_that_are_there_hear_of_a_change(asker: Asker, site: Site, tab: Tab) -> None:
    await asker.get("goto", url=at(site, "127.0.0.1", "/form"), page=tab.id)
    html = f"<iframe src='{at(site, 'a.localhost', '/form')}'></iframe>"
    await asker.get("set_content", html=html, page=tab.id)

    await asker.get("set_user_agent", user_agent="Other/1", page=tab.id)

    assert await tab.page.frames[1].evaluate("navigator.userAgent") == "Other/1"


async def test_they_are_let_go_when_nothing_is_emulated_any_more(
    asker: Asker, site: Site, tab: Tab
) -> None:
    await asker.get("set_user_agent", user_agent=None, page=tab.id)
    await asker.get("set_locale", locale=None, page=tab.id)
    await asker.get("set_timezone", timezone=None, page=tab.id)

    await asker.get("goto", url=at(site, "127.0.0.1", "/form"), page=tab.id)
    html = f"<iframe src='{at(site, 'a.localhost', '/form')}'></iframe>"
    await asker.get("set_content", html=html, page=tab.id)

    assert "Mine" not in str(await tab.page.frames[1].evaluate("navigator.userAgent"))
    assert await asker.get("inner_text", target="label >> nth=0", frame="iframe", page=tab.id)
