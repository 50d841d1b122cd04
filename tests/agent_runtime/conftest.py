"""What the agent's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent_runtime.work.journal import Journal
from tests.agent_runtime.fake_orchestrator import FakeOrchestrator, fake_orchestrator
from tests.agent_runtime.fake_performer import FakePerformer
from tests.agent_runtime.journals import journal_in


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
