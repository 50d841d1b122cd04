"""What holds for every route alike."""

from __future__ import annotations

import pytest
from starlette.routing import Route, Router

from orchestrator.api.routes import OPERATIONS, build_routes
from tests.orchestrator.api.conftest import Api, make_client
from tests.orchestrator.api.stand_ins import broken_services
from tests.orchestrator.api.test_commands import problem

PATHS = sorted({operation.path for operation in OPERATIONS} | {"/docs", "/openapi.json"})


def test_there_is_one_route_a_path() -> None:
    paths = [route.path for route in build_routes(broken_services()) if isinstance(route, Route)]

    assert sorted(paths) == sorted([*PATHS, "/{path:path}"])
    assert paths[-1] == "/{path:path}"


@pytest.mark.parametrize("method", ["PUT", "TRACE", "OPTIONS", "BREW"])
async def test_a_method_that_is_not_there_is_405(api: Api, method: str) -> None:
    for path in PATHS:
        response = await api.client.request(method, path)

        problem(response, 405, "method_not_allowed")
        assert set(response.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST", "DELETE"}


async def test_a_path_that_is_not_there_is_404(api: Api) -> None:
    for path in ("/nothing", "/api", "/api/agents/", "/docs/", "/api/agents//x"):
        problem(await api.client.get(path), 404, "not_found")


async def test_head_is_get_without_a_body(api: Api) -> None:
    response = await api.client.head("/health/live")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"


async def test_a_fault_of_our_own_is_500_and_tells_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with make_client(Router(build_routes(broken_services()))) as client:
        response = await client.get("/api/agents/alpha")

    document = problem(response, 500, "internal_error")
    assert "secret" not in response.text
    assert "RuntimeError" not in document["detail"]
    assert "request.failed" in capsys.readouterr().out
