"""What a page has asked of the network."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.site import Site
from xagent_protocol.ids import ArtifactId

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REFUSED = "http://127.0.0.1:1/"
"""A port that Chromium never opens."""


async def run(asker: Asker, page: str, script: str) -> Any:
    """Run a script in the page."""
    return await asker.get("evaluate", expression=script, page=page)


async def listed(asker: Asker, page: str, **params: Any) -> list[dict[str, Any]]:
    """Return the page's requests."""
    result = await asker.get("requests", page=page, **params)
    assert isinstance(result, dict)
    found: list[dict[str, Any]] = result["requests"]
    return found


async def one(asker: Asker, page: str, url: str, **params: Any) -> Any:
    """Return all that is known of the page's only request to *url*."""
    (found,) = await listed(asker, page, url=url)
    return await asker.get("request", page=page, id=found["id"], **params)


async def test_requests_are_listed_with_what_came_back(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/redirect?to=/form"), page=page)
    await run(asker, page, "fetch('/count', {method: 'POST', body: 'a=1'})")
    await run(asker, page, "fetch('/nowhere')")

    found = [
        (one["method"], one["url"], one["resource_type"], one["state"], one["status"])
        for one in await listed(asker, page)
        if "favicon" not in one["url"]
    ]

    assert found == [
        ("GET", site.url("/redirect?to=/form"), "document", "answered", 302),
        ("GET", site.url("/form"), "document", "answered", 200),
        ("POST", site.url("/count"), "fetch", "answered", 200),
        ("GET", site.url("/nowhere"), "fetch", "answered", 404),
    ]


async def test_what_failed_is_told_from_what_is_under_way(
    asker: Asker, site: Site, page: str
) -> None:
    """The first time, nobody has listened: so why it failed is not known of all of them."""
    await asker.get("goto", url=site.url("/form"), page=page)
    script = f"void fetch('/held?{page}'), fetch('{REFUSED}').catch(() => 0)"
    await run(asker, page, script)

    first = {one["url"]: one for one in await listed(asker, page)}
    await run(asker, page, f"fetch('{REFUSED}again').catch(() => 0)")
    second = {one["url"]: one for one in await listed(asker, page)}

    assert (first[REFUSED]["state"], first[REFUSED]["failure"]) == ("failed", None)
    assert first[site.url(f"/held?{page}")]["state"] == "pending"
    assert second[REFUSED + "again"]["failure"] == "net::ERR_UNSAFE_PORT"


async def test_a_request_keeps_its_id(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    before = await listed(asker, page)
    await asker.get("goto", url=site.url("/"), page=page)
    after = await listed(asker, page)
    newer = await listed(asker, page, since=before[-1]["id"])

    assert after[: len(before)] == before
    assert before + newer == after
    assert newer[0]["url"] == site.url("/")


async def test_only_those_that_fit_are_listed(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await run(asker, page, "fetch('/count', {method: 'POST'}).then(() => fetch('/nowhere'))")
    await run(asker, page, f"fetch('{REFUSED}').catch(() => 0)")

    async def paths(**params: Any) -> list[str]:
        return [
            one["url"].removeprefix(site.url(""))
            for one in await listed(asker, page, **params)
            if "favicon" not in one["url"]
        ]

    assert await paths(url="**/{form,count}") == ["/form", "/count"]
    assert await paths(method="post") == ["/count"]
    assert await paths(resource_type="document") == ["/form"]
    assert await paths(status=404, resource_type="fetch") == ["/nowhere"]
    assert await paths(failed=True) == ["/nowhere", REFUSED]
    newest = await asker.get("requests", page=page, max=1, resource_type="fetch")
    assert isinstance(newest, dict)
    assert ([one["url"] for one in newest["requests"]], newest["left_out"]) == ([REFUSED], 2)


async def test_a_request_is_told_in_full(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await run(asker, page, "fetch('/echo', {method: 'POST', body: 'ä'}).then(r => r.text())")

    told = await one(asker, page, "**/echo", body=True)

    assert (told["method"], told["status"], told["state"]) == ("POST", 200, "answered")
    assert told["request_body"] == {
        "content_type": "text/plain;charset=UTF-8",
        "size": 2,
        "text": "ä",
        "artifact_id": None,
        "missing": None,
    }
    assert msgspec.json.decode(told["response_body"]["text"])["body"] == "ä"
    assert told["request_headers"]["origin"] == site.url("")
    assert told["response_headers"]["content-type"] == "application/json"
    assert told["sizes"]["response_body"] == told["response_body"]["size"]
    assert told["server"] == f"127.0.0.1:{site.port}"
    assert told["timing"]["response_start"] >= 0
    assert told["started_at"].endswith("Z")


async def test_headers_that_identify_somebody_are_masked(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/sign-in?user=ann"), page=page)
    script = "fetch('/echo', {headers: {Authorization: 'Bearer abc'}})"
    await run(asker, page, script)

    masked = await one(asker, page, "**/echo")
    signed_in = await one(asker, page, "**/sign-in*")
    shown = await one(asker, page, "**/echo", show_secrets=True)

    assert masked["request_headers"]["authorization"] == "Bearer [masked]"
    assert "ann" not in masked["request_headers"]["cookie"]
    assert "session=[masked]; Path=/" in signed_in["response_headers"]["set-cookie"]
    assert shown["request_headers"]["authorization"] == "Bearer abc"
    assert "session=ann" in shown["request_headers"]["cookie"]


async def test_a_body_of_bytes_becomes_an_artifact(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await run(asker, page, "fetch('/bytes').then(r => r.arrayBuffer()).then(b => b.byteLength)")

    told = await one(asker, page, "**/bytes", body=True, headers=False)

    body = told["response_body"]
    assert (body["size"], body["text"]) == (256, None)
    assert asker.artifacts.kept[ArtifactId(body["artifact_id"])] == bytes(range(256))
    assert told["request_headers"] is None
    assert told["request_body"] is None


async def test_a_long_text_is_cut(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/large?chars=1000"), page=page)

    told = await one(asker, page, "**/large*", body=True, max_chars=20)

    assert told["response_body"]["text"].startswith("<title>Large</title>\n[cut at 20 of ")


async def test_a_body_that_cannot_be_had_is_said_to_be_missing(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/large?left"), page=page)
    await asker.get("goto", url=site.url("/redirect?to=/form"), page=page)

    left = await one(asker, page, "**/large*", body=True)
    moved = await one(asker, page, "**/redirect**", body=True)

    assert left["response_body"]["missing"] == "the browser has not kept it"
    assert moved["response_body"]["missing"] == "a redirect has none"
    (form,) = await listed(asker, page, url=site.url("/form"))
    assert moved["redirected_to"] == form["id"]


@pytest.mark.slow
async def test_what_is_still_coming_is_not_waited_for(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await run(asker, page, f"fetch('/endless?{page}').then(() => 0)")

    told = await one(asker, page, "**/endless*", body=True)

    assert told["status"] == 200
    assert told["sizes"] is None
    assert told["response_body"]["missing"] == "it is still coming"


async def test_a_page_that_hangs_can_be_looked_at(asker: Asker, site: Site, page: str) -> None:
    tab = asker.browser.tabs.named(page)

    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(
            asker.ask("goto", url=site.url(f"/held?{page}"), page=page, timeout=5)
        )
        async with asyncio.timeout(5):
            while not (found := await listed(asker, page)):
                assert tab.turn.locked() or not hanging.done()
        hanging.cancel()

    assert [one["state"] for one in found] == ["pending"]


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("request", {"id": 99}),
        ("request", {"id": 0}),
        ("requests", {"url": "{"}),
        ("requests", {"status": 99}),
        ("requests", {"resource_type": "nonsense"}),
    ],
)
async def test_what_there_is_not_is_refused(
    asker: Asker, page: str, action: str, params: dict[str, Any]
) -> None:
    outcome = await asker.ask(action, page=page, **params)

    assert code_of(outcome) == "invalid_params"


@pytest.mark.slow
async def test_only_some_hundred_requests_are_remembered(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    script = "Promise.all([...Array(120).keys()].map(n => fetch('/count?' + n)))"
    await run(asker, page, script)

    outcome = await asker.ask("requests", page=page, max=100)

    result = result_of(outcome)
    assert isinstance(result, dict)
    assert 90 <= len(result["requests"]) <= 100
