"""From a name to an agent with a credential of its own."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import httpx2
import pytest

from tests.orchestrator.api.conftest import Api
from tests.orchestrator.api.test_commands import problem

DIGEST = sha256(b"xagent_agent_secret").hexdigest()


async def redeem(api: Api, token: str, **change: Any) -> httpx2.Response:
    body = {"agent_id": "new", "install_id": "i1", "credential_sha256": DIGEST, **change}
    headers = {"Authorization": f"Bearer {token}"}
    return await api.client.post("/api/enrolments", json=body, headers=headers)


async def issue(api: Api, agent_id: str = "new") -> str:
    response = await api.client.post(f"/api/agents/{agent_id}/enrolment")
    assert response.status_code == 201
    assert response.json()["agent_id"] == agent_id
    assert response.json()["expires_at"].endswith("Z")
    token: str = response.json()["token"]
    return token


async def test_a_token_makes_an_agent_once(api: Api) -> None:
    token = await issue(api)

    first = await redeem(api, token)
    again = await redeem(api, token)

    assert first.status_code == 201
    assert first.json() == {"agent_id": "new"}
    problem(again, 401, "invalid_enrolment_token")
    assert again.headers["www-authenticate"].startswith("Bearer")
    assert (await api.client.get("/api/agents/new")).json()["install_id"] == "i1"
    own = await api.client.post(
        "/api/artifacts", content=b"x", headers={"Authorization": "Bearer xagent_agent_secret"}
    )
    assert own.status_code == 201


async def test_a_token_is_for_one_name(api: Api) -> None:
    token = await issue(api, "other")

    problem(await redeem(api, token), 401, "invalid_enrolment_token")
    problem(await redeem(api, "xagent_enrol_made_up"), 401, "invalid_enrolment_token")


async def test_a_name_that_is_connected_is_not_taken_over(api: Api) -> None:
    token = await issue(api, "alpha")

    document = problem(await redeem(api, token, agent_id="alpha"), 409, "duplicate_agent")

    assert document["retry_after"] >= 1


@pytest.mark.parametrize("agent_id", ["UPPER", "-x", "a" * 64, "a%0A", "a%20b"])
async def test_a_bad_name_is_refused(api: Api, agent_id: str) -> None:
    response = await api.client.post(f"/api/agents/{agent_id}/enrolment")

    assert problem(response, 422, "invalid_request")["errors"][0]["field"] == "agent_id"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("agent_id", "a\n"),
        ("agent_id", "A"),
        ("install_id", ""),
        ("install_id", "i\n"),
        ("credential_sha256", DIGEST.upper()),
        ("credential_sha256", DIGEST + "\n"),
        ("credential_sha256", "short"),
        ("credential", "secret"),
    ],
)
async def test_a_bad_field_is_named(api: Api, field: str, value: str) -> None:
    response = await redeem(api, await issue(api), **{field: value})

    assert problem(response, 422, "invalid_request")["errors"][0]["field"] == field
