"""What the agent's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.agent_runtime.fake_orchestrator import FakeOrchestrator, fake_orchestrator
from tests.agent_runtime.fake_performer import FakePerformer


@pytest.fixture
async def orchestrator() -> AsyncIterator[FakeOrchestrator]:
    """A fake orchestrator that listens."""
    async with fake_orchestrator() as fake:
        yield fake


@pytest.fixture
def performer() -> FakePerformer:
    """A performer without a browser."""
    return FakePerformer()
