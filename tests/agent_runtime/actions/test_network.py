"""The network that pages find."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def clean(asker: Asker, site: Site) -> AsyncIterator[None]:
    """Nothing that holds for the whole browser outlives its test."""
    yield
    await asker.get("set_offline", offline=False)
    await asker.get("set_extra_http_headers", headers={}, scope="browser")
    for origin in (site.url("/"), site.elsewhere("/")):
        await asker.get("set_http_credentials", origin=origin)


async def heard(asker: Asker, site: Site, page: str) -> dict[str, str]:
    """Return the headers that the page sends."""
    await asker.get("goto", url=site.url("/echo"), page=page)
    text: Any = await asker.get("inner_text", target="body", page=page)
    headers: dict[str, str] = msgspec.json.decode(text)["headers"]
    return headers


async def test_headers_of_a_page_go_with_its_requests_only(
    asker: Asker, site: Site, page: str
) -> None:
    other: Any = await asker.get("new_page")

    await asker.get("set_extra_http_headers", headers={"X-A": "1", "X-B": "2"}, page=page)
    first = await heard(asker, site, page)
    await asker.get("set_extra_http_headers", headers={"X-B": "3"}, page=page)
    second = await heard(asker, site, page)

    assert (first["x-a"], first["x-b"]) == ("1", "2")
    assert ("x-a" in second, second["x-b"]) == (False, "3")
    assert "x-b" not in await heard(asker, site, other["id"])


@pytest.mark.slow
async def test_headers_of_the_browser_go_with_every_request(
    asker: Asker, site: Site, page: str
) -> None:
    before: Any = await asker.get("new_page", isolated=True)
    await asker.get("set_extra_http_headers", headers={"X-A": "1"}, scope="browser")
    after: Any = await asker.get("new_page", isolated=True)

    for one in (page, before["id"], after["id"]):
        assert (await heard(asker, site, one))["x-a"] == "1"


async def test_an_origin_is_told_who_asks_and_no_other_is(
    asker: Asker, site: Site, page: str
) -> None:
    told = await asker.get(
        "set_http_credentials", origin=site.url("/any?where"), username="ann", password="pa:ss"
    )

    await asker.get("goto", url=site.url("/guarded"), page=page)
    elsewhere = await asker.ask("goto", url=site.elsewhere("/guarded"), page=page)
    fetched: Any = await asker.get("fetch", url=site.url("/guarded"))
    fetched_elsewhere: Any = await asker.get("fetch", url=site.elsewhere("/guarded"))

    assert told == {"origins": [site.url("")]}
    assert code_of(elsewhere) == "navigation_failed"
    assert (fetched["status"], fetched_elsewhere["status"]) == (200, 401)


@pytest.mark.slow
async def test_isolated_pages_are_who_the_browser_is(asker: Asker, site: Site) -> None:
    isolated: Any = await asker.get("new_page", isolated=True)
    await asker.get("set_http_credentials", origin=site.url("/"), username="ann", password="pa:ss")

    await asker.get("goto", url=site.url("/guarded"), page=isolated["id"])

    assert await asker.get("title", page=isolated["id"]) == "Inside"


@pytest.mark.slow
async def test_a_wrong_password_is_told_once(asker: Asker, site: Site) -> None:
    """In a page that is isolated, lest Chromium remember what was accepted before."""
    isolated: Any = await asker.get("new_page", isolated=True)
    await asker.get("set_http_credentials", origin=site.url("/"), username="ann", password="wrong")
    before = site.hits["/guarded"]

    outcome = await asker.ask("goto", url=site.url("/guarded"), page=isolated["id"])

    assert outcome.error is None or code_of(outcome) == "navigation_failed"
    assert site.hits["/guarded"] - before == 2


async def test_credentials_and_routes_do_not_disturb_each_other(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("set_http_credentials", origin=site.url("/"), username="ann", password="pa:ss")
    await asker.get("route", url="**/count", fulfil={"body": "no"}, page=page)

    await asker.get("goto", url=site.url("/guarded"), page=page)

    assert await asker.get("title", page=page) == "Inside"
    script = "fetch('/count').then(r => r.text())"
    assert await asker.get("evaluate", expression=script, page=page) == "no"


async def test_what_was_told_is_told_no_more(asker: Asker, site: Site) -> None:
    isolated: Any = await asker.get("new_page", isolated=True)
    await asker.get("set_http_credentials", origin=site.url("/"), username="ann", password="pa:ss")

    told = await asker.get("set_http_credentials", origin=site.url("/"))
    outcome = await asker.ask("goto", url=site.url("/guarded"), page=isolated["id"])

    assert told == {"origins": []}
    assert code_of(outcome) == "navigation_failed"


async def test_without_a_network_no_page_has_one(asker: Asker, site: Site, page: str) -> None:
    await asker.get("set_offline", offline=True)
    outcome = await asker.ask("goto", url=site.url("/form"), page=page)
    await asker.get("set_offline", offline=False)
    await asker.get("goto", url=site.url("/form"), page=page)

    assert code_of(outcome) == "navigation_failed"
    assert outcome.error is not None
    assert outcome.error.details == {"net_error": "ERR_INTERNET_DISCONNECTED"}


@pytest.mark.slow
async def test_a_page_is_slowed_down_wherever_it_goes(asker: Asker, site: Site, page: str) -> None:
    async def seconds(url: str) -> float:
        began = perf_counter()
        await asker.get("goto", url=url, page=page)
        return perf_counter() - began

    await asker.get("throttle", latency_ms=300, page=page)
    slow = await seconds(site.url("/form"))
    slow_elsewhere = await seconds(site.elsewhere("/form"))
    await asker.get("throttle", page=page)
    fast = await seconds(site.url("/form"))

    assert min(slow, slow_elsewhere) >= 0.3
    assert fast < slow


async def test_a_page_that_is_slowed_down_has_no_network_either(
    asker: Asker, site: Site, page: str
) -> None:
    """Chromium heeds the throttle alone, in whichever order the two come."""
    await asker.get("throttle", latency_ms=1, page=page)
    await asker.get("set_offline", offline=True)
    first = await asker.ask("goto", url=site.url("/form"), page=page)
    await asker.get("throttle", latency_ms=2, page=page)
    second = await asker.ask("goto", url=site.url("/form"), page=page)
    await asker.get("throttle", page=page)
    third = await asker.ask("goto", url=site.url("/form"), page=page)
    await asker.get("set_offline", offline=False)
    await asker.get("goto", url=site.url("/form"), page=page)

    assert code_of(first) == code_of(second) == code_of(third) == "navigation_failed"


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("set_extra_http_headers", {"headers": {"a b": "c"}}, "invalid_params"),
        ("set_extra_http_headers", {"headers": {"a": "b\n"}}, "invalid_params"),
        (
            "set_http_credentials",
            {"origin": "file:///", "username": "a", "password": "b"},
            "blocked_by_policy",
        ),
        (
            "set_http_credentials",
            {"origin": "about:blank", "username": "a", "password": "b"},
            "invalid_params",
        ),
        ("set_http_credentials", {"origin": "http://a.test", "username": "a"}, "invalid_params"),
        (
            "set_http_credentials",
            {"origin": "http://a.test", "username": "a:", "password": "b"},
            "invalid_params",
        ),
        ("throttle", {"download_kbps": 0}, "invalid_params"),
        ("throttle", {"latency_ms": -1}, "invalid_params"),
        ("throttle", {"cpu": 0.5}, "invalid_params"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    asker: Asker, action: str, params: dict[str, Any], code: str
) -> None:
    assert code_of(await asker.ask(action, **params)) == code
