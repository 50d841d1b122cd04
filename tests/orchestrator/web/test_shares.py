"""The way in by a share."""

from __future__ import annotations

import httpx2
import pytest

from orchestrator.access.attempts import MOST
from tests.orchestrator.api.conftest import Api
from tests.orchestrator.web.conftest import HOST
from tests.orchestrator.web.test_sign_in import Page


@pytest.fixture
async def path(api: Api) -> str:
    """The path of a share of alpha, for one hour."""
    made = await api.client.post("/api/agents/alpha/shares", json={})
    return str(made.json()["url"]).removeprefix(HOST)


async def test_the_link_tells_what_it_shows_and_asks_for_one_click(
    browser: httpx2.AsyncClient, path: str
) -> None:
    shown = await browser.get(path)

    assert shown.status_code == 200
    assert "Look at alpha" in shown.text
    assert "UTC" in shown.text
    assert path.rpartition("/")[2] not in shown.text
    assert "set-cookie" not in shown.headers
    assert not Page(shown.text).tags & {"script", "link", "img", "iframe"}
    assert shown.headers["cache-control"] == "no-store"


async def test_the_click_leads_to_the_agent(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.post(path, data={"enter": ""})

    assert (answer.status_code, answer.headers["location"]) == (303, "/agents/alpha")
    given = answer.headers["set-cookie"]
    assert given.startswith("xagent_share_8000=")
    assert "; Path=/; HttpOnly; SameSite=Strict; Max-Age=35" in given
    assert (await browser.get("/api/agents/alpha")).status_code == 200


async def test_the_link_may_be_used_again_until_it_ends(
    api: Api, browser: httpx2.AsyncClient, path: str
) -> None:
    for _ in range(2):
        assert (await browser.post(path, data={"enter": ""})).status_code == 303
    (told,) = (await api.client.get("/api/shares")).json()["items"]

    await api.client.delete(f"/api/shares/{told['id']}")

    for answer in (await browser.get(path), await browser.post(path, data={"enter": ""})):
        assert answer.status_code == 404
        assert "This link has ended" in answer.text
        assert "set-cookie" not in answer.headers


async def test_another_page_takes_nobody_there(
    api: Api, browser: httpx2.AsyncClient, path: str
) -> None:
    """Threat 1."""
    for site in ("cross-site", "same-site", "none"):
        answer = await browser.post(path, data={"enter": ""}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_links_are_not_guessed_for_long(browser: httpx2.AsyncClient, path: str) -> None:
    """Threat 7."""
    for _ in range(MOST):
        assert (await browser.post(f"/share/{'x' * 43}", data={"a": ""})).status_code == 404

    assert (await browser.post(path, data={"enter": ""})).status_code == 429


async def test_signing_out_forgets_the_share_too(browser: httpx2.AsyncClient, path: str) -> None:
    await browser.post(path, data={"enter": ""})

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    await browser.post("/sign-out", headers=form)

    assert dict(browser.cookies) == {}


async def test_no_link_is_logged(
    browser: httpx2.AsyncClient, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Threat 26."""
    await browser.post(path, data={"enter": ""})

    said = capsys.readouterr().out
    assert "share.entered" in said
    assert path.rpartition("/")[2] not in said
