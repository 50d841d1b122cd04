"""What the agent's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent_runtime.work.journal import Journal
from tests.agent_runtime.fake_orchestrator import FakeOrchestrator, fake_orchestrator
from tests.agent_runtime.fake_performer import FakePerformer
from tests.agent_runtime.journals import journal_in
from tests.agent_runtime.policy.guarded import Guarded, guarded_browser


@pytest.fixture
async def orchestrator() -> AsyncIterator[FakeOrchestrator]:
    """A fake orchestrator that listens."""
    async with fake_orchestrator() as fake:
        yield fake


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal on a file of its own."""
    with journal_in(tmp_path) as journal:
        yield journal


@pytest.fixture
def performer() -> FakePerformer:
    """A performer without a browser."""
    return FakePerformer()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    """A browser with one way out, that lives as long as the session."""
    async with guarded_browser(tmp_path_factory.mktemp("guarded")) as guarded:
        yield guarded


@pytest_asyncio.fixture(loop_scope="session")
async def guarded(shared_guarded: Guarded) -> AsyncIterator[Guarded]:
    """The same with a new page of the site; whatever it tries, nothing may be in the trap."""
    await shared_guarded.open(shared_guarded.url("/form", "127.0.0.1"))
    yield shared_guarded
    for tab in tuple(shared_guarded.browser.tabs)[1:]:
        await shared_guarded.ask("close_page", page=tab.id)
    shared_guarded.browser.take_notices()
    assert shared_guarded.trap.caught == []
