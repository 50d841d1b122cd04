"""Listing and showing agents."""

from __future__ import annotations

import re

import pytest

from tests.orchestrator.api.conftest import Api
from tests.orchestrator.api.test_commands import problem


async def names(api: Api, query: str = "") -> list[str]:
    response = await api.client.get(f"/api/agents?{query}")
    assert response.status_code == 200, response.text
    return [agent["agent_id"] for agent in response.json()["items"]]


async def test_an_agent_that_is_here_is_shown_whole(api: Api) -> None:
    agent = (await api.client.get("/api/agents/alpha")).json()

    assert list(agent) == [
        *("agent_id", "labels", "created_at", "last_seen_at", "install_id", "versions"),
        *("browser", "contact", "session", "in_flight", "queued"),
    ]
    assert agent["labels"] == {"role": "alpha"}
    assert agent["versions"] == {
        "xagent": "0.1.0",
        "python": "3.11",
        "platform": "linux",
        "playwright": "",
        "hostname": "",
    }
    assert agent["browser"] == {
        "name": "chromium",
        "version": "156.0",
        "epoch": 1,
        "ok": True,
        "headless": True,
        "pages": [
            {
                "id": "p1",
                "url": "https://example.com/",
                "title": "Example",
                "main": True,
                "label": None,
                "isolated": False,
                "dialog": None,
                "controlled_by": None,
            }
        ],
        "human_calls": [],
    }
    for fact in ("connected", "responsive", "browser_ok"):
        assert agent["contact"][fact]["value"] is True
        assert agent["contact"][fact]["since"].endswith("Z")
    assert list(agent["session"]) == [
        *("session_id", "epoch", "remote_address", "started_at", "ended_at", "end_reason")
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", agent["created_at"])


async def test_an_agent_that_never_came_is_shown_without_a_session(api: Api) -> None:
    agent = (await api.client.get("/api/agents/gone")).json()

    assert agent["session"] is None
    assert agent["browser"] is None
    assert agent["versions"] is None
    assert agent["contact"]["connected"]["value"] is False


async def test_open_commands_are_counted(api: Api) -> None:
    for _ in range(2):
        await api.client.post("/api/agents/alpha/commands?wait=0", json={"action": "hang"})
    body = {"action": "goto", "params": {"url": "x"}, "if_offline": "queue"}

    assert (await api.client.get("/api/agents/alpha")).json()["in_flight"] == 2
    queued = await api.client.post("/api/agents/gone/commands?wait=0", json=body)
    # It has not announced any action yet, so there is nothing to queue for it.
    problem(queued, 422, "action_unknown")


async def test_an_agent_that_left_keeps_its_last_browser_and_session(api: Api) -> None:
    await api.enrol("beta")
    beta = await api.connect("beta")
    await beta.leave()
    await api.settle("beta", connected=False)

    agent = (await api.client.get("/api/agents/beta")).json()

    assert agent["browser"]["version"] == "156.0"
    assert agent["session"]["end_reason"] == "goodbye: stopped"
    assert agent["contact"]["connected"]["value"] is False


@pytest.mark.parametrize("path", ["", "/actions", "/sessions", "/commands"])
async def test_an_unknown_agent_names_those_near(api: Api, path: str) -> None:
    document = problem(await api.client.get(f"/api/agents/alfa{path}"), 404, "agent_unknown")

    assert "alpha" in document["known"]
    assert len(document["known"]) <= 5


async def test_agents_are_listed_by_name_and_filtered(api: Api) -> None:
    await api.enrol("beta")
    await api.connect("beta")

    assert await names(api) == ["alpha", "beta", "gone"]
    assert await names(api, "status=connected") == ["alpha", "beta"]
    assert await names(api, "status=disconnected") == ["gone"]
    assert await names(api, "label=role:beta") == ["beta"]
    assert await names(api, "label=role:beta&label=role:alpha") == []
    assert await names(api, "label=role%3A") == []


async def test_agents_come_in_pages(api: Api) -> None:
    for name in ("a", "b", "c"):
        await api.enrol(name)

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.client.get("/api/agents", params=query)).json()
        seen += [agent["agent_id"] for agent in page["items"]]
        cursor = page["next_cursor"]

    assert seen == ["a", "alpha", "b", "c", "gone"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=here", "status"),
        ("status=null", "status"),
        ("label=role", "label[0]"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=1.5", "limit"),
        ("cursor=%21", "cursor"),
        ("stat=connected", "stat"),
    ],
)
async def test_a_bad_filter_is_named(api: Api, query: str, field: str) -> None:
    response = await api.client.get(f"/api/agents?{query}")

    assert problem(response, 422, "invalid_request")["errors"][0]["field"] == field


async def test_actions_are_listed_with_their_schemas(api: Api) -> None:
    items = (await api.client.get("/api/agents/alpha/actions")).json()["items"]

    assert [item["name"] for item in items] == ["echo", "fail", "hang", "goto"]
    assert items[3]["params"]["required"] == ["url"]


async def test_sessions_are_listed_newest_first(api: Api) -> None:
    await api.enrol("beta")
    for _ in range(2):
        await api.connect("beta")

    items = (await api.client.get("/api/agents/beta/sessions")).json()["items"]

    assert items[0]["epoch"] > items[1]["epoch"]
    assert items[0]["ended_at"] is None
    assert items[1]["end_reason"].startswith("superseded")
    assert items[0]["browser_version"] == "156.0"
