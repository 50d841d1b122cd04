"""Cookies of the profile and of isolated pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import time
from typing import Any

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, running_browser
from tests.agent_runtime.browser.test_browser import chromium_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SITE = "https://shop.example/"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def clean(asker: Asker) -> AsyncIterator[None]:
    """No cookie outlives its test."""
    yield
    await asker.get("clear_cookies")


async def listed(asker: Asker, **params: Any) -> list[dict[str, Any]]:
    """Return the cookies."""
    result = await asker.get("cookies", **params)
    assert isinstance(result, dict)
    found: list[dict[str, Any]] = result["cookies"]
    return found


async def test_a_cookie_is_set_as_it_is_told_and_read_again(asker: Asker) -> None:
    expires = float(int(time()) + 3_600)
    cookie = {
        "name": "a",
        "value": "1",
        "domain": ".shop.example",
        "path": "/b",
        "expires": expires,
        "http_only": True,
        "secure": True,
        "same_site": "None",
    }

    done = await asker.get("set_cookies", cookies=[cookie])

    assert done == {"set": 1, "not_taken": []}
    assert await listed(asker) == [cookie | {"partition_key": None}]


async def test_a_cookie_goes_to_the_site_it_is_set_for(asker: Asker, site: Site) -> None:
    cookies = [{"name": "session", "value": "ann", "url": site.url("/any/where")}]

    await asker.get("set_cookies", cookies=[cookies[0] | {"url": site.url("/")}])
    await asker.get("goto", url=site.url("/account"))

    assert await asker.get("inner_text", target="#session") == "ann"
    (kept,) = await listed(asker)
    assert (kept["domain"], kept["path"], kept["expires"]) == ("127.0.0.1", "/", None)


async def test_only_those_that_fit_are_listed(asker: Asker) -> None:
    cookies = [
        {"name": "a", "value": "1", "url": SITE},
        {"name": "b", "value": "2", "url": SITE},
        {"name": "a", "value": "3", "url": "https://other.example/"},
    ]
    await asker.get("set_cookies", cookies=cookies)

    assert [one["value"] for one in await listed(asker, urls=[SITE])] == ["1", "2"]
    assert [one["value"] for one in await listed(asker, names=["a"])] == ["3", "1"]
    bounded = await asker.get("cookies", max=2)
    assert isinstance(bounded, dict)
    assert (len(bounded["cookies"]), bounded["left_out"]) == (2, 1)


async def test_what_the_rules_forbid_is_said_not_to_be_taken(asker: Asker) -> None:
    cookies = [
        {"name": "good", "value": "1", "url": SITE},
        {"name": "open", "value": "1", "url": "http://shop.example/", "same_site": "None"},
        {"name": "old", "value": "1", "url": SITE, "expires": 1},
    ]

    done = await asker.get("set_cookies", cookies=cookies)

    assert done == {"set": 1, "not_taken": ["open", "old"]}


@pytest.mark.parametrize(
    ("cookie", "code", "named"),
    [
        ({}, "invalid_params", "cookies[1].url"),
        ({"url": SITE, "domain": "shop.example"}, "invalid_params", "cookies[1].url"),
        ({"url": SITE, "path": "/"}, "invalid_params", "cookies[1].path"),
        ({"url": "about:blank"}, "invalid_params", "cookies[1].url"),
        ({"url": "file:///"}, "blocked_by_policy", "file"),
        ({"domain": "shop.example", "path": "b"}, "invalid_params", "path"),
        ({"url": SITE, "same_site": "Some"}, "invalid_params", "same_site"),
        ({"url": SITE, "name": "a;b"}, "invalid_params", "takes none"),
        ({"url": "http://shop.example", "name": "__Host-a"}, "invalid_params", "takes none"),
    ],
)
async def test_of_several_cookies_all_are_set_or_none(
    asker: Asker, cookie: dict[str, Any], code: str, named: str
) -> None:
    good = {"name": "a", "value": "1", "url": SITE}

    outcome = await asker.ask("set_cookies", cookies=[good, {"name": "b", "value": "2"} | cookie])

    assert code_of(outcome) == code
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert named in outcome.error.message
    assert await listed(asker) == []


@pytest.mark.parametrize(
    ("params", "left"),
    [
        ({"name": "a"}, ["b", "c"]),
        ({"domain": "shop.example"}, ["c"]),
        ({"domain": ".shop.example", "name": "a"}, ["b", "c"]),
        ({"domain": "example"}, ["a", "b", "c"]),
        ({"path": "/c"}, ["a", "b"]),
        ({}, []),
    ],
)
async def test_cookies_that_fit_are_deleted(
    asker: Asker, params: dict[str, Any], left: list[str]
) -> None:
    cookies = [
        {"name": "a", "value": "1", "domain": "shop.example"},
        {"name": "b", "value": "1", "domain": ".shop.example"},
        {"name": "c", "value": "1", "domain": "other.example", "path": "/c"},
    ]
    await asker.get("set_cookies", cookies=cookies)

    done = await asker.get("clear_cookies", **params)

    assert sorted(one["name"] for one in await listed(asker)) == left
    assert done == {"cleared": 3 - len(left)}


@pytest.mark.slow
async def test_an_isolated_page_has_its_own(asker: Asker) -> None:
    isolated: Any = await asker.get("new_page", isolated=True)

    await asker.get("set_cookies", cookies=[{"name": "a", "value": "1", "url": SITE}])
    await asker.get("clear_cookies", page=isolated["id"])

    assert await listed(asker, page=isolated["id"]) == []
    assert len(await listed(asker)) == 1


@pytest.mark.slow
async def test_what_is_set_survives_the_killing_of_chromium(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("set_cookies", cookies=[{"name": "a", "value": "1", "url": SITE}])
        await eventually(lambda: "shop.example" in saved(tmp_path))
        chromium_of(browser).kill()
        await eventually(lambda: not browser.status().ok)

        assert [one["name"] for one in await listed(asker)] == ["a"]


def saved(directory: Path) -> str:
    """Return the copy that outlives kill -9, as far as it is written."""
    path = directory / "cookies.json"
    return path.read_text() if path.exists() else ""
