"""Requests that are stopped, answered or changed on their way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.ids import RequestId
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FETCHED = "fetch(arg).then(r => r.text().then(t => [r.status, r.headers.get('content-type'), t]))"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def clean(asker: Asker) -> AsyncIterator[None]:
    """No route outlives its test."""
    yield
    await asker.get("unroute", route_id="all")


async def fetched(asker: Asker, page: str, path: str) -> Any:
    """Return what the page gets of *path*: status, type and text; or the word of its failure."""
    expression = f"arg => {FETCHED}.catch(e => e.message)"
    return await asker.get("evaluate", expression=expression, arg=path, page=page)


async def echoed(asker: Asker, page: str, path: str = "/echo") -> Any:
    """Return what the server has heard of a request of the page's."""
    expression = """arg => fetch(arg, {
        method: 'POST', body: 'mine', headers: {'X-Mine': 'yes'}
    }).then(r => r.json())"""
    return await asker.get("evaluate", expression=expression, arg=path, page=page)


async def test_an_aborted_request_fails_in_the_page(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)

    made = await asker.get("route", url="**/count", abort="blockedbyclient", page=page)

    assert await fetched(asker, page, "/count") == "Failed to fetch"
    assert made == {
        "id": f"{page}r1",
        "page": page,
        "pattern": "**/count",
        "is_regex": False,
        "method": None,
        "resource_types": [],
        "does": "abort",
        "hits": 0,
        "times_left": None,
        "error": None,
    }
    assert await hits(asker, f"{page}r1") == 1


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ({"body": "ä"}, [200, "text/plain; charset=utf-8", "ä"]),
        ({"status": 404, "json": {"a": [1]}}, [404, "application/json", '{"a":[1]}']),
        ({"json": None}, [200, "application/json", "null"]),
        ({"body": "<p>", "content_type": "text/html"}, [200, "text/html", "<p>"]),
        ({"headers": {"Content-Type": "text/css"}, "body": "a{}"}, [200, "text/css", "a{}"]),
        ({}, [200, "text/plain; charset=utf-8", ""]),
    ],
)
async def test_a_request_is_answered_without_a_server(
    asker: Asker, site: Site, page: str, answer: dict[str, object], seen: list[object]
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("route", url="**/not-there", fulfil=answer, page=page)

    assert await fetched(asker, page, "/not-there") == seen


async def test_an_artifact_answers_a_request(asker: Asker, site: Site, page: str) -> None:
    kept = await asker.artifacts.put(
        b"from an artifact", content_type="text/plain", name="a.txt", request_id=RequestId("r")
    )
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("route", url="**/a", fulfil={"artifact_id": kept.artifact_id}, page=page)

    assert await fetched(asker, page, "/a") == [200, "text/plain", "from an artifact"]


async def test_a_request_goes_on_changed(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    change = {
        "headers": {"X-Added": "yes", "X-Mine": None},
        "method": "put",
        "post_data": "other",
        "url": site.url("/echo?rewritten"),
    }

    await asker.get("route", url="**/elsewhere", continue_with=change, page=page)
    heard = await echoed(asker, page, "/elsewhere")

    assert (heard["method"], heard["body"], heard["headers"]["x-added"]) == ("PUT", "other", "yes")
    assert "x-mine" not in heard["headers"]


async def test_the_newest_route_that_fits_decides(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("route", url="**/a*", fulfil={"body": "all"}, page=page)
    await asker.get("route", url="**/ab", fulfil={"body": "narrow"}, page=page)
    await asker.get("route", url="**/ab", method="POST", abort="failed", page=page)
    await asker.get("route", regex="/a.$", resource_types=["image"], abort="failed", page=page)

    assert await fetched(asker, page, "/ab") == [200, "text/plain; charset=utf-8", "narrow"]
    assert await fetched(asker, page, "/ac") == [200, "text/plain; charset=utf-8", "all"]
    assert (await fetched(asker, page, "/count"))[0] == 200


async def test_a_route_goes_after_so_many_times(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("route", regex="/count$", fulfil={"body": "no"}, times=2, page=page)

    seen = [(await fetched(asker, page, "/count"))[2] for _ in range(3)]

    assert seen[:2] == ["no", "no"]
    assert seen[2].isdecimal()
    assert listed(await asker.get("routes")) == {}


async def test_a_page_s_route_is_no_other_page_s(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("goto", url=site.url("/form"), page=page)
    main = asker.browser.tabs.main
    assert main is not None
    await asker.get("route", url="**/count", fulfil={"body": "no"}, page=page)

    assert (await fetched(asker, main.id, "/count"))[2].isdecimal()
    await asker.get("close_page", page=page)
    assert listed(await asker.get("routes")) == {}


async def test_a_route_of_the_browser_is_for_every_page_there_is_and_will_be(
    asker: Asker, site: Site, page: str
) -> None:
    before: Any = await asker.get("new_page", url=site.url("/form"), isolated=True)
    made: Any = await asker.get("route", url="**/count", fulfil={"body": "no"}, scope="browser")
    after: Any = await asker.get("new_page", url=site.url("/form"), isolated=True)
    await asker.get("goto", url=site.url("/form"), page=page)

    for one in (before["id"], after["id"], page):
        assert (await fetched(asker, one, "/count"))[2] == "no"
    assert (made["page"], await hits(asker, made["id"])) == (None, 3)
    await asker.get("unroute", route_id=made["id"], page=page)
    assert (await fetched(asker, after["id"], "/count"))[2].isdecimal()


async def test_routes_of_the_page_decide_before_those_of_the_browser(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("route", url="**/a", fulfil={"body": "page"}, page=page)
    await asker.get("route", url="**/{a,b}", fulfil={"body": "browser"}, scope="browser")

    assert (await fetched(asker, page, "/a"))[2] == "page"
    assert (await fetched(asker, page, "/b"))[2] == "browser"


async def test_a_removed_route_tells_what_it_had_been_up_to(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    made: Any = await asker.get("route", url="**/count", abort="failed", page=page)
    await fetched(asker, page, "/count")

    removed: Any = await asker.get("unroute", route_id=made["id"], page=page)
    again = await asker.ask("unroute", route_id=made["id"], page=page)

    assert [one["hits"] for one in removed["routes"]] == [1]
    assert code_of(again) == "invalid_params"
    assert (await fetched(asker, page, "/count"))[0] == 200


async def test_all_are_those_of_the_page_and_of_the_browser(
    asker: Asker, site: Site, page: str
) -> None:
    main = asker.browser.tabs.main
    assert main is not None
    await asker.get("route", url="**/a", abort="failed", page=page)
    await asker.get("route", url="**/a", abort="failed", scope="browser", page=page)
    other: Any = await asker.get("route", url="**/a", abort="failed", page=main.id)

    await asker.get("unroute", route_id="all", page=page)

    assert list(listed(await asker.get("routes"))) == [other["id"]]


async def test_the_list_is_bounded(asker: Asker, page: str) -> None:
    for _ in range(3):
        await asker.get("route", url="**/a", abort="failed", page=page)

    found: Any = await asker.get("routes", max=2)

    assert (len(found["routes"]), found["left_out"]) == (2, 1)


async def test_a_route_that_cannot_do_its_work_says_why_and_lets_nothing_hang(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    change = {"url": site.url("/form").replace("http:", "https:")}
    made: Any = await asker.get("route", url="**/count", continue_with=change, page=page)

    assert await fetched(asker, page, "/count") == "Failed to fetch"
    assert "cannot be sent to https:" in listed(await asker.get("routes"))[made["id"]]["error"]


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"abort": "failed"}, "invalid_params", "url"),
        ({"url": "**", "regex": "a", "abort": "failed"}, "invalid_params", "url"),
        ({"url": "{", "abort": "failed"}, "invalid_params", "url: the pattern"),
        ({"regex": "(?=a)", "abort": "failed"}, "invalid_params", "regex: the pattern"),
        ({"url": "**"}, "invalid_params", "abort"),
        ({"url": "**", "abort": "failed", "fulfil": {}}, "invalid_params", "abort"),
        ({"url": "**", "abort": "nonsense"}, "invalid_params", "$.abort"),
        ({"url": "**", "fulfil": {"body": "", "json": 1}}, "invalid_params", "fulfil"),
        ({"url": "**", "fulfil": {"status": 99}}, "invalid_params", "$.fulfil.status"),
        ({"url": "**", "fulfil": {"headers": {"a b": "c"}}}, "invalid_params", "$.fulfil.headers"),
        ({"url": "**", "fulfil": {"headers": {"a": "b\n"}}}, "invalid_params", "headers"),
        ({"url": "**", "fulfil": {"content_type": "b\n"}}, "invalid_params", "content-type"),
        ({"url": "**", "fulfil": {"artifact_id": "none"}}, "artifact_unavailable", "none"),
        (
            {"url": "**", "fulfil": {"status": 302, "headers": {"Location": "file:///etc"}}},
            "blocked_by_policy",
            "file",
        ),
        ({"url": "**", "continue_with": {"headers": {"a": "b\r"}}}, "invalid_params", "headers"),
        ({"url": "**", "continue_with": {"method": "A B"}}, "invalid_params", "method"),
        (
            {"url": "**", "continue_with": {"url": "file:///etc/passwd"}},
            "blocked_by_policy",
            "file",
        ),
        ({"url": "**", "continue_with": {"url": "about:blank"}}, "invalid_params", "url"),
        ({"url": "**", "abort": "failed", "times": 0}, "invalid_params", "$.times"),
    ],
)
async def test_a_route_that_makes_no_sense_is_refused_before_anything_is_done(
    asker: Asker, params: dict[str, Any], code: str, named: str
) -> None:
    outcome = await asker.ask("route", **params)

    assert code_of(outcome) == code
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert named in outcome.error.message
    assert listed(await asker.get("routes")) == {}


async def test_there_is_an_end_to_how_many_routes_a_page_has(asker: Asker, page: str) -> None:
    tab = asker.browser.tabs.named(page)
    made: Any = await asker.get("route", url="**", abort="failed", page=page)
    first = tab.routes.find(made["id"])
    assert first is not None
    for _ in range(99):
        tab.routes.add(first.filter, first.deed, None)

    outcome = await asker.ask("route", url="**", abort="failed", page=page)

    assert code_of(outcome) == "invalid_params"


async def hits(asker: Asker, route_id: str) -> int:
    """Return how many requests a route has had."""
    count: int = listed(await asker.get("routes"))[route_id]["hits"]
    return count


def listed(result: object) -> dict[str, Any]:
    """Return routes by their ids."""
    assert isinstance(result, dict)
    return {one["id"]: one for one in result["routes"]}
