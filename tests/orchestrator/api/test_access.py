"""Who is asking, links for signing in, and shares: what they show and what they do not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx2
import msgspec
import pytest

from tests.orchestrator.api.conftest import TOKEN, Api, credential
from tests.orchestrator.api.stand_ins import BROWSER
from tests.orchestrator.api.test_commands import problem
from tests.orchestrator.web.test_traces import TRACE
from xagent_protocol.ids import PageId, RequestId
from xagent_protocol.messages import HumanCall

HOST = "http://127.0.0.1:8000"
SHARES = "/api/agents/alpha/shares"
FROM_HERE = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def opened(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a browser that asks as our pages do."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=api.app),
        base_url=HOST,
        headers={**FROM_HERE, "X-Xagent": "dashboard"},
    ) as browser:
        yield browser


@pytest.fixture
async def visitor(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that came by a share of alpha, while beta is here, too."""
    await api.enrol("beta")
    await api.connect("beta")
    async with opened(api) as browser:
        await enter(browser, await share(api))
        yield browser


async def share(api: Api, **body: Any) -> dict[str, Any]:
    """Share alpha."""
    made = await api.client.post(SHARES, json=body)
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    return told


async def enter(browser: httpx2.AsyncClient, told: dict[str, Any]) -> httpx2.Response:
    """Open a share's link, and press its button."""
    path = told["url"].removeprefix(HOST)
    assert (await browser.get(path)).status_code == 200
    return await browser.post(path, data={"enter": ""})


async def command(api: Api, agent_id: str, request_id: str) -> None:
    """Have something asked of an agent."""
    body = {"action": "echo", "params": {"text": "hi"}, "request_id": request_id}
    answer = await api.client.post(f"/api/agents/{agent_id}/commands", json=body)
    assert answer.status_code == 200, answer.text


async def artifact(api: Api, agent_id: str | None, content_type: str = "application/zip") -> str:
    """Have an agent, or the user, upload a trace, or what is said to be something else."""
    headers = {"Content-Type": content_type}
    if agent_id is not None:
        headers["Authorization"] = f"Bearer {credential(agent_id)}"
    kept = await api.client.post("/api/artifacts", content=TRACE, headers=headers)
    return str(kept.json()["artifact_id"])


def seconds_between(told: dict[str, Any]) -> float:
    """Return for how long a share is good."""
    began, ends = (datetime.fromisoformat(told[name]) for name in ("created_at", "expires_at"))
    return (ends - began).total_seconds()


async def test_the_users_token_is_the_user(api: Api) -> None:
    me = (await api.client.get("/api/me")).json()

    assert me == {
        "kind": "user",
        "can_control": True,
        "name": "token",
        "agent_id": None,
        "expires_at": None,
    }


async def test_who_is_nobody_is_told_so(api: Api) -> None:
    async with opened(api) as browser:
        problem(await browser.get("/api/me"), 401, "unauthorized")
    agents = {"Authorization": f"Bearer {credential('alpha')}"}
    problem(await api.client.get("/api/me", headers=agents), 401, "unauthorized")


async def test_a_person_knows_until_when(api: Api) -> None:
    async with opened(api) as browser:
        await browser.post("/sign-in", data={"token": TOKEN})
        me = (await browser.get("/api/me")).json()

    assert me["kind"] == "person"
    assert datetime.fromisoformat(me["expires_at"]).timestamp() > 0


async def test_a_command_is_known_by_the_credential_that_asked_first(api: Api) -> None:
    body = {"action": "echo", "params": {"text": "hi"}, "request_id": "r1"}
    path = "/api/agents/alpha/commands"
    async with opened(api) as browser:
        await browser.post("/sign-in", data={"token": TOKEN})
        person = (await browser.get("/api/me")).json()["name"]
        asked = (await browser.post(path, json=body)).json()
        by_hand = (await browser.post(path, json={**body, "request_id": "r2"})).json()
    again = (await api.client.post(path, json=body)).json()
    other = (await api.client.post(path, json={**body, "request_id": "r3"})).json()

    assert re.fullmatch("sign-in [0-9a-f]{8}", person)
    assert asked["requested_by"] == again["requested_by"] == person
    assert by_hand["requested_by"] == person
    assert other["requested_by"] == "token"
    assert (await api.client.get("/api/commands/r1")).json() == asked
    found = await api.client.get("/api/commands", params={"requested_by": person})
    assert [one["request_id"] for one in found.json()["items"]] == ["r2", "r1"]
    found = await api.client.get(path, params={"requested_by": "token"})
    assert found.json()["items"] == [other]


async def test_a_link_is_under_the_address_that_was_asked(api: Api) -> None:
    made = await api.client.post("/api/sign-in-links", headers={"Host": "localhost:8123"})

    assert made.json()["url"].startswith("http://localhost:8123/sign-in/")


@pytest.mark.parametrize(("body", "seconds"), [({}, 3600), ({"expires_in": 60}, 60)])
async def test_a_share_is_for_a_while(api: Api, body: dict[str, int], seconds: int) -> None:
    told = await share(api, **body)

    assert told["url"].startswith(f"{HOST}/share/")
    assert told["agent_id"] == "alpha"
    assert seconds_between(told) == seconds
    assert told["id"] not in told["url"]


@pytest.mark.parametrize("expires_in", [59, 0, -1, 7 * 86400 + 1, "3600", None, True])
async def test_a_share_is_neither_for_a_moment_nor_for_ever(api: Api, expires_in: object) -> None:
    answer = await api.client.post(SHARES, json={"expires_in": expires_in})

    problem(answer, 422, "invalid_request")
    assert (await api.client.get("/api/shares")).json()["items"] == []


async def test_an_agent_that_there_is_not_is_not_shared(api: Api) -> None:
    problem(await api.client.post("/api/agents/none/shares", json={}), 404, "agent_unknown")


async def test_shares_are_listed_without_their_links(api: Api) -> None:
    first, second = await share(api), await share(api)

    listed = await api.client.get("/api/shares")

    assert [each["id"] for each in listed.json()["items"]] == [second["id"], first["id"]]
    for told in (first, second):
        assert told["url"].rpartition("/")[2] not in listed.text


async def test_a_visitor_sees_the_agent_and_knows_to_be_one(visitor: httpx2.AsyncClient) -> None:
    me = (await visitor.get("/api/me")).json()

    assert (me["kind"], me["can_control"], me["agent_id"]) == ("share", False, "alpha")
    assert (await visitor.get("/api/agents/alpha")).json()["agent_id"] == "alpha"
    assert [each["agent_id"] for each in (await visitor.get("/api/agents")).json()["items"]] == [
        "alpha"
    ]


async def test_a_visitor_sees_the_agents_commands_and_no_others(
    api: Api, visitor: httpx2.AsyncClient
) -> None:
    """Threat 10: another agent's command is as unknown as one that never was."""
    await command(api, "alpha", "a1")
    await command(api, "beta", "b1")

    own = (await visitor.get("/api/agents/alpha/commands")).json()["items"]

    assert [each["request_id"] for each in own] == ["a1"]
    assert (await visitor.get("/api/commands/a1?wait=1")).json()["state"] == "succeeded"
    for wait in ("", "?wait=60"):
        others = await visitor.get(f"/api/commands/b1{wait}")
        unknown = await visitor.get(f"/api/commands/b2{wait}")
        problem(others, 404, "command_unknown")
        assert others.text == unknown.text.replace("b2", "b1")
    for path in ("/api/commands", "/api/agents/beta/commands", "/api/artifacts", "/api/shares"):
        problem(await visitor.get(path), 403, "forbidden")


async def test_a_visitor_fetches_what_the_agent_made_and_nothing_else(
    api: Api, visitor: httpx2.AsyncClient
) -> None:
    """Threat 10."""
    own = await artifact(api, "alpha", "image/png")
    others, users = await artifact(api, "beta", "image/png"), await artifact(api, None)
    trace, archive = await artifact(api, "alpha"), await artifact(api, "alpha", "application/json")
    never = own[:-4] + "0000"

    assert (await visitor.get(f"/api/artifacts/{own}")).content == TRACE
    unknown = await visitor.get(f"/api/artifacts/{never}")
    for hidden in (others, users, trace, archive):
        answer = await visitor.get(f"/api/artifacts/{hidden}")
        problem(answer, 404, "artifact_unknown")
        assert answer.text == unknown.text.replace(never, hidden)
    for path in (f"/traces/{trace}", f"/traces/{trace}/trace.zip"):
        problem(await visitor.get(path), 403, "forbidden")


async def test_a_visitor_is_not_shown_what_was_in_a_command(
    api: Api, visitor: httpx2.AsyncClient
) -> None:
    """Threat 10: what was typed, and what was answered, may be a password."""
    await command(api, "alpha", "a1")
    await api.client.post("/api/agents/alpha/commands", json={"action": "fail", "request_id": "a2"})
    whole = (await api.client.get("/api/commands/a1")).json()

    shown = (await visitor.get("/api/commands/a1")).json()
    awaited = (await visitor.get("/api/commands/a1?wait=1")).json()
    failed, listed = (await visitor.get("/api/agents/alpha/commands")).json()["items"]

    assert "withheld" not in whole
    assert shown == awaited == listed
    assert shown["withheld"] == ["params", "result"]
    assert shown == {**whole, "params": {}, "result": None, "withheld": shown["withheld"]}
    assert failed["error"] == {
        "code": "evaluation_failed",
        "message": "it did not work",
        "details": None,
    }


async def test_a_visitor_is_not_shown_what_a_person_is_asked(
    api: Api, visitor: httpx2.AsyncClient
) -> None:
    """Threat 10: the reason is a param of the command that asks."""
    call = HumanCall("h1", "the code is 1234", PageId("p1"), 0, RequestId("r1"))
    await api.agents[0].beat(msgspec.structs.replace(BROWSER, human_calls=(call,)))

    whole = (await api.client.get("/api/agents/alpha")).json()
    shown = (await visitor.get("/api/agents/alpha")).json()
    (listed,) = (await visitor.get("/api/agents")).json()["items"]

    assert whole["browser"]["human_calls"][0]["reason"] == "the code is 1234"
    for agent in (shown, listed):
        (told,) = agent["browser"]["human_calls"]
        assert told == {**whole["browser"]["human_calls"][0], "reason": ""}


async def test_a_visitor_changes_nothing(api: Api, visitor: httpx2.AsyncClient) -> None:
    """Threat 10."""
    for method, path in (
        ("POST", "/api/agents/alpha/commands"),
        ("POST", "/api/commands/a1/cancel"),
        ("POST", SHARES),
        ("POST", "/api/sign-in-links"),
        ("POST", "/api/agents/alpha/enrolment"),
        ("POST", "/api/artifacts"),
        ("DELETE", "/api/shares/s1"),
    ):
        answer = await visitor.request(method, path, json={"action": "echo"})
        problem(answer, 403, "forbidden")
    assert (await api.client.get("/api/commands")).json()["items"] == []


async def test_a_share_that_is_ended_shows_nothing_more(
    api: Api, visitor: httpx2.AsyncClient
) -> None:
    (told,) = (await api.client.get("/api/shares")).json()["items"]

    ended = await api.client.delete(f"/api/shares/{told['id']}")

    assert (ended.status_code, ended.json()) == (200, told)
    problem(await visitor.get("/api/agents/alpha"), 401, "unauthorized")
    problem(await api.client.delete(f"/api/shares/{told['id']}"), 404, "share_unknown")


async def test_who_signed_in_to_control_shares_and_ends(api: Api) -> None:
    async with opened(api) as browser:
        await browser.post("/sign-in", data={"token": TOKEN})
        made = await browser.post(SHARES, json={})
        ended = await browser.delete(f"/api/shares/{made.json()['id']}")

    assert (made.status_code, ended.status_code) == (201, 200)
