"""A browser and a site for the tests of each module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, running_browser
from tests.site import Site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The test site."""
    with Site() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asker]:
    """A browser of this module's own."""
    async with running_browser(tmp_path_factory.mktemp("agent")) as browser:
        yield Asker(browser)
