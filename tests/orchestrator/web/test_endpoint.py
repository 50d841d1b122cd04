"""What is told when something cannot be shown."""

from __future__ import annotations

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from orchestrator.errors import ArtifactUnknown
from orchestrator.web.endpoint import PagePath
from tests.orchestrator.api.test_commands import problem
from tests.orchestrator.web.conftest import HOST, PAGE


async def show(request: Request) -> Response:
    """Fail as the query says."""
    if request.url.query == "refused":
        raise ArtifactUnknown("There is no <b>artifact</b>.")
    if request.url.query == "broken":
        raise RuntimeError("xagent_secret in a message")
    return Response("shown")


async def answered(
    query: str, counted: list[tuple[str, str, int]], **headers: str
) -> httpx2.Response:
    """Return the answer to one request."""
    path = PagePath("/x", lambda *answer: counted.append(answer), {"GET": show})
    transport = httpx2.ASGITransport(app=Router([Route("/x", path)]))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
        return await client.get(f"/x?{query}", headers=headers)


@pytest.fixture
def counted() -> list[tuple[str, str, int]]:
    return []


async def test_a_refusal_is_a_page_for_people(counted: list[tuple[str, str, int]]) -> None:
    told = await answered("refused", counted, **PAGE)

    assert told.status_code == 404
    assert "<h1>Unknown artifact</h1>" in told.text
    assert "There is no &lt;b&gt;artifact&lt;/b&gt;." in told.text
    assert counted == [("GET", "/x", 404)]


async def test_a_refusal_is_a_problem_for_programs(counted: list[tuple[str, str, int]]) -> None:
    problem(await answered("refused", counted), 404, "artifact_unknown")


async def test_a_fault_of_ours_tells_nothing(
    counted: list[tuple[str, str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    told = await answered("broken", counted, **PAGE)

    assert told.status_code == 500
    assert "secret" not in told.text
    assert "request.failed" in capsys.readouterr().out
    assert counted == [("GET", "/x", 500)]
