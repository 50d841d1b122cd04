"""A whole orchestrator, as the API's tests have it, and a browser without a screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.orchestrator.api.conftest import (
    Api,
    api as api,
    empty_database as empty_database,
)

HOST = "http://127.0.0.1:8000"
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that has no token, keeps cookies, and says where its forms are from."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=api.app),
        base_url=HOST,
        headers={**PAGE, "Origin": HOST, "Sec-Fetch-Site": "same-origin"},
    ) as client:
        yield client
