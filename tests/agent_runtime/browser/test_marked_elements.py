"""Marks that a page cannot see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Frame, Page, async_playwright

from agent_runtime.browser.find import find_browser
from agent_runtime.browser.marked_elements import mark, marked, register

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncIterator[Page]:
    """A page of a browser to which marks are known."""
    async with async_playwright() as playwright:
        await register(playwright)
        found = await find_browser(None, Path(playwright.chromium.executable_path))
        browser = await playwright.chromium.launch(executable_path=found.path)
        yield await browser.new_page()
        await browser.close()


async def put_mark(frame: Frame, selector: str) -> None:
    """Mark one element."""
    element = await frame.locator(selector).element_handle()
    await mark(element)


async def found(frame: Frame) -> list[str]:
    """Return the ids of what is marked; not by a script of the page's, which sees no mark."""
    return [await one.get_attribute("id") or "" for one in await marked(frame).all()]


async def test_a_mark_stays_with_its_element_and_is_nowhere_in_the_page(page: Page) -> None:
    await page.set_content("<input id=one><input id=two><div id=end></div>")
    before = await page.content()
    names = await page.evaluate("Object.getOwnPropertyNames(window)")

    await put_mark(page.main_frame, "#two")
    await put_mark(page.main_frame, "#two")

    assert await found(page.main_frame) == ["two"]
    assert await page.content() == before
    assert await page.evaluate("Object.getOwnPropertyNames(window)") == names
    assert await marked(page.main_frame).evaluate_all("all => all.length") == 0
    await page.evaluate("end.append(two); two.id = 'moved'")
    assert await found(page.main_frame) == ["moved"]


async def test_an_element_that_is_out_of_the_page_is_not_found(page: Page) -> None:
    await page.set_content("<input id=one>")
    await put_mark(page.main_frame, "#one")

    await page.evaluate("window.kept = one; one.remove()")
    assert await found(page.main_frame) == []
    await page.evaluate("document.body.append(kept)")
    assert await found(page.main_frame) == ["one"]


async def test_a_mark_is_gone_with_its_document(page: Page) -> None:
    await page.goto("data:text/html,<input id=one>")
    await put_mark(page.main_frame, "#one")

    await page.reload()

    assert await found(page.main_frame) == []


async def test_a_mark_reaches_into_shadows_and_counts_in_its_own_frame(page: Page) -> None:
    await page.set_content(
        "<div id=host></div><iframe srcdoc='<input id=inner>'></iframe>"
        "<script>host.attachShadow({mode: 'open'}).innerHTML = '<input id=deep>'</script>"
    )
    inner = page.frames[1]
    await put_mark(page.main_frame, "#deep")
    await put_mark(inner, "#inner")

    assert await found(page.main_frame) == ["deep"]
    assert await found(inner) == ["inner"]
