"""One browser and one site for all tests of the actions; each test leaves one page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, running_browser
from tests.site import Site


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The test site."""
    with Site() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_asker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asker]:
    """A browser that lives as long as the session."""
    async with running_browser(tmp_path_factory.mktemp("agent")) as browser:
        yield Asker(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def asker(shared_asker: Asker) -> AsyncIterator[Asker]:
    """The shared browser, with whatever page the test before left."""
    yield shared_asker
    shared_asker.artifacts.is_full = False
    for tab in tuple(shared_asker.browser.tabs)[1:]:
        await shared_asker.ask("close_page", page=tab.id)
    shared_asker.browser.take_notices()


@pytest_asyncio.fixture(loop_scope="session")
async def page(asker: Asker) -> str:
    """The id of a page that nothing was done to."""
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    page_id: str = opened["id"]
    return page_id
