"""The pages for people."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx2
import msgspec
import pytest

from orchestrator.api.openapi import describe
from orchestrator.api.reference import render
from orchestrator.api.routes import OPERATIONS
from tests.orchestrator.api.conftest import Api
from tests.orchestrator.api.stand_ins import action


class _Elements(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links |= {values["href"] or ""} if tag == "a" else set()
        self.loaded += [name for name in values if name in ("src", "srcset", "style")]
        self.loaded += [name for name in values if name.startswith("on")]
        if tag not in ("meta", "wbr", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
async def page(api: Api) -> httpx2.Response:
    return await api.client.get("/docs", headers={"Authorization": ""})


async def test_the_page_is_well_formed_and_complete(page: httpx2.Response) -> None:
    elements = _Elements(page.text)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert elements.open == []
    assert len(elements.ids) == len(set(elements.ids))
    assert {operation.name for operation in OPERATIONS} <= set(elements.ids)
    anchors = {link[1:] for link in elements.links if link.startswith("#")}
    assert anchors <= set(elements.ids)


async def test_the_page_loads_nothing_and_runs_nothing(page: httpx2.Response) -> None:
    elements = _Elements(page.text)

    assert not elements.tags & {"script", "link", "img", "iframe", "form", "object"}
    assert elements.loaded == []
    assert {link for link in elements.links if not link.startswith("#")} == {"/openapi.json"}
    assert "url(" not in page.text
    assert "@import" not in page.text


async def test_the_policy_allows_the_one_style_sheet_only(page: httpx2.Response) -> None:
    policy = page.headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert re.search(r"frame-ancestors 'none'", policy)


async def test_every_problem_leads_to_its_explanation(api: Api, page: httpx2.Response) -> None:
    problem = (await api.client.get("/api/agents/nobody")).json()

    assert problem["type"].startswith("/docs#")
    assert problem["type"].removeprefix("/docs#") in _Elements(page.text).ids


async def test_the_actions_of_the_agents_are_shown_by_family(page: httpx2.Response) -> None:
    ids = _Elements(page.text).ids

    assert {"family-test", "family-navigate", "action-goto", "action-echo"} <= set(ids)
    assert "Go somewhere." in page.text


async def test_what_agents_announce_later_is_shown_then(api: Api) -> None:
    await api.enrol("beta")
    before = await api.client.get("/openapi.json")

    await api.connect("beta", (action("later"),))

    assert "later.request" not in before.text
    assert "later.request" in (await api.client.get("/openapi.json")).text
    assert "action-later" in (await api.client.get("/docs")).text


async def test_actions_of_packages_are_shown_to_the_user_and_not_to_strangers(api: Api) -> None:
    await api.enrol("beta")
    await api.connect("beta", (msgspec.structs.replace(action("greet"), package="greeting"),))

    for path in ("/openapi.json", "/docs"):
        for headers in ({"Authorization": ""}, {"Authorization": "Bearer xagent_wrong"}):
            stranger = await api.client.get(path, headers=headers)
            assert stranger.status_code == 200
            assert "greet" not in stranger.text
        user = await api.client.get(path)
        assert "greet" in user.text
        assert user.headers["vary"] == "Authorization"


async def test_before_any_agent_came_the_page_says_so(page: httpx2.Response) -> None:
    assert "No agent has announced any action yet." in render(describe(OPERATIONS, "0"), [])
    assert "No agent has announced any action yet." not in page.text
