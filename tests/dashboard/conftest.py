"""A fleet and a person's browser for all tests of the dashboard: both take long to start."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from agent_runtime.browser.find import find_browser
from tests.dashboard.actors import MALLORY, start_actors
from tests.end_to_end.fleet import Fleet
from tests.site.server import Site

CROWD: Final = 80
DESK: Final[ViewportSize] = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The site that the agent visits."""
    with Site() as site:
        yield site


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An orchestrator, the real agents alpha and beta, and many that only play."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    actors: subprocess.Popen[bytes] | None = None
    fleet.start_orchestrator()
    for name in ("alpha", "beta"):
        fleet.start_agent(name)
    try:
        actors = start_actors(
            fleet.url, fleet.data_dir / "token", CROWD, fleet.data_dir / "actors.log"
        )
        fleet.until_ready("alpha", "beta", MALLORY, f"crowd-{CROWD - 1:04}")
        yield fleet
    finally:
        if actors is not None:
            actors.kill()
            actors.wait()
        fleet.end()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A browser of our own, which no agent has."""
    async with async_playwright() as playwright:
        found = await find_browser(None, playwright.chromium.executable_path)  # type: ignore[arg-type]  # read
        async with await playwright.chromium.launch(executable_path=found.path) as browser:
            yield browser


@asynccontextmanager
async def somebody(
    chromium: Browser, fleet: Fleet, *, size: ViewportSize = DESK, **how: Any
) -> AsyncIterator[BrowserContext]:
    """Let a person with the token sign in; what goes wrong in her pages fails the test."""
    async with await chromium.new_context(base_url=fleet.url, viewport=size, **how) as context:
        wrong: list[str] = []
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.set_default_timeout(10_000)
        await context.request.post(
            "/sign-in",
            form={"token": (fleet.data_dir / "token").read_text().strip()},
            headers={"Origin": fleet.url, "Sec-Fetch-Site": "same-origin"},
        )
        yield context
        assert wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def person(chromium: Browser, fleet: Fleet) -> AsyncIterator[BrowserContext]:
    """A person who signed in."""
    async with somebody(chromium, fleet) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def page(person: BrowserContext) -> Page:
    """A tab of hers."""
    return await person.new_page()
