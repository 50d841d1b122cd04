"""What is of the agent's machine, or of its browser, no page can go to."""

from __future__ import annotations

import pytest
from playwright.async_api import ConsoleMessage

from tests.agent_runtime.policy.guarded import Guarded
from tests.agent_runtime.policy.ways import WAYS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "chrome://version", "view-source:http://127.0.0.1/"]
)
@pytest.mark.parametrize(
    "way", ["location", "form", "refresh", "popup", "opener", "download", "iframe", "object"]
)
async def test_a_page_cannot_go_to_what_is_not_of_the_web(
    guarded: Guarded, way: str, url: str
) -> None:
    def is_refusal(message: ConsoleMessage) -> bool:
        return "Not allowed to load local resource" in message.text

    async with guarded.browser.context.expect_event("console", is_refusal, timeout=10_000):
        await guarded.run(WAYS[way], url)

    frames = [frame.url for tab in guarded.browser.tabs for frame in tab.page.frames]
    assert [one for one in frames if not one.startswith(("http:", "about:blank"))] in (
        [],
        [""],  # a frame that stays empty
    )
