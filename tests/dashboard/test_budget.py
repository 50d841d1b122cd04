"""How much is loaded; how soon it can be used is measured by `python -m benchmarks.dashboard`."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

MEASURE = """() => {
    const all = performance.getEntriesByType('resource').filter(
        each => each.name.includes('/dashboard/'));
    const [page] = performance.getEntriesByType('navigation');
    return {
        bytes: all.reduce((sum, each) => sum + each.transferSize, page.transferSize),
        files: all.length,
    };
}"""


async def test_all_of_the_first_view_is_less_than_150_kb(
    page: Page,
) -> None:
    await page.goto("/")
    await expect(page.get_by_role("listitem").first).to_be_visible()

    measured = await page.evaluate(MEASURE)

    assert measured["bytes"] < 150_000
    assert measured["files"] > 20


async def test_what_was_loaded_once_is_only_asked_about(page: Page) -> None:
    await page.goto("/")
    await expect(page.get_by_role("listitem").first).to_be_visible()

    await page.reload()
    await expect(page.get_by_role("listitem").first).to_be_visible()

    assert (await page.evaluate(MEASURE))["bytes"] < 40_000
