"""What load balancers and Prometheus see."""

from __future__ import annotations

import httpx2
from starlette.routing import Router

from orchestrator.api.routes import build_routes
from tests.orchestrator.api.conftest import Api, make_client
from tests.orchestrator.api.stand_ins import broken_services
from tests.orchestrator.api.test_commands import problem


async def anonymous(api: Api, path: str) -> httpx2.Response:
    return await api.client.get(path, headers={"Authorization": ""})


async def test_health_needs_no_token(api: Api) -> None:
    assert (await anonymous(api, "/health/live")).json() == {"status": "live"}
    assert (await anonymous(api, "/health/ready")).json() == {"status": "ready"}


async def test_a_server_whose_journal_fails_is_not_ready() -> None:
    app = Router(build_routes(broken_services(unready="The journal cannot be written now.")))

    async with make_client(app) as client:
        response = await client.get("/health/ready")
        problem(response, 503, "storage_unavailable")
        assert response.headers["retry-after"] == "5"
        assert (await client.get("/health/live")).status_code == 200


async def test_a_draining_server_is_not_ready(api: Api) -> None:
    api.orchestrator.dispatcher.submissions.drain()

    problem(await anonymous(api, "/health/ready"), 503, "draining")


async def test_metrics_tell_what_happened(api: Api) -> None:
    problem(await anonymous(api, "/metrics"), 401, "unauthorized")
    commands = "/api/agents/alpha/commands"
    await api.client.post(commands, json={"action": "echo"})
    await api.client.post(f"{commands}?wait=0", json={"action": "hang"})

    response = await api.client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = response.text.splitlines()
    route = 'method="POST",route="/api/agents/{agent_id}/commands"'
    assert 'xagent_commands_total{action="echo",state="succeeded"} 1.0' in lines
    assert f'xagent_http_requests_total{{{route},status="200"}} 1.0' in lines
    assert f'xagent_http_requests_total{{{route},status="202"}} 1.0' in lines
    assert 'xagent_access_refusals_total{code="unauthorized"} 1.0' in lines
    assert "xagent_agents 2.0" in lines
    assert "xagent_agents_connected 1.0" in lines
    assert "xagent_commands_in_flight 1.0" in lines
    assert "xagent_commands_queued 0.0" in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)
