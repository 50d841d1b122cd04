"""Requests that are sent past any page, with the browser's own cookies."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import Effect, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def echoed(asker: Asker, url: str, **params: Any) -> Any:
    """Return what the server has heard."""
    result = await asker.get("fetch", url=url, **params)
    assert isinstance(result, dict)
    return msgspec.json.decode(result["body"]["text"])


async def test_it_is_who_the_browser_is(asker: Asker, site: Site) -> None:
    """And what an answer sets the browser has, too."""
    signed_in: Any = await asker.get("fetch", url=site.url("/sign-in?user=eve"))
    await asker.get("goto", url=site.url("/account"))

    account: Any = await asker.get("fetch", url=site.url("/account"))

    assert signed_in["headers"]["set-cookie"].startswith("session=[masked]; Path=/")
    assert await asker.get("inner_text", target="#session") == "eve"
    assert account["body"]["text"] == (
        "<title>Account</title><p id=session>eve</p><p id=remember>eve</p>"
    )
    assert (account["status"], account["url"]) == (200, site.url("/account"))
    await asker.get("clear_cookies")


async def test_an_isolated_page_has_cookies_of_its_own(asker: Asker, site: Site) -> None:
    isolated: Any = await asker.get("new_page", isolated=True)
    await asker.get("fetch", url=site.url("/sign-in?user=mallory"), page=isolated["id"])

    inside: Any = await asker.get("fetch", url=site.url("/account"), page=isolated["id"])
    outside: Any = await asker.get("fetch", url=site.url("/account"))

    assert "mallory" in inside["body"]["text"]
    assert "nobody" in outside["body"]["text"]


@pytest.mark.parametrize(
    ("params", "method", "content_type", "body"),
    [
        ({}, "GET", None, ""),
        ({"method": "put", "body": "ä"}, "PUT", "text/plain; charset=utf-8", "ä"),
        ({"json": {"a": None}}, "POST", "application/json", '{"a":null}'),
        ({"json": None}, "POST", "application/json", "null"),
        ({"form": {"a b": "ä&"}}, "POST", "application/x-www-form-urlencoded", "a+b=%C3%A4%26"),
        ({"body": "<a/>", "headers": {"Content-Type": "text/xml"}}, "POST", "text/xml", "<a/>"),
        ({"body": ""}, "POST", "text/plain; charset=utf-8", ""),
    ],
)
async def test_it_sends_what_it_is_given(
    asker: Asker,
    site: Site,
    params: dict[str, Any],
    method: str,
    content_type: str | None,
    body: str,
) -> None:
    heard = await echoed(asker, site.url("/echo"), **params)

    assert (heard["method"], heard["body"]) == (method, body)
    assert heard["headers"].get("content-type") == content_type


async def test_an_error_of_http_is_an_answer(asker: Asker, site: Site) -> None:
    answer: Any = await asker.get("fetch", url=site.url("/nowhere"))

    assert (answer["status"], answer["status_text"]) == (404, "Not Found")


async def test_bytes_become_an_artifact_and_so_does_what_is_wanted_as_one(
    asker: Asker, site: Site
) -> None:
    bytes_: Any = await asker.get("fetch", url=site.url("/bytes"))
    text: Any = await asker.get("fetch", url=site.url("/strict"), as_artifact=True)

    kept = asker.artifacts.kept
    assert kept[ArtifactId(bytes_["body"]["artifact_id"])] == bytes(range(256))
    assert bytes_["body"]["text"] is None
    assert kept[ArtifactId(text["body"]["artifact_id"])] == b"<title>Strict</title>"


async def test_a_long_text_is_cut(asker: Asker, site: Site) -> None:
    answer: Any = await asker.get("fetch", url=site.url("/large?chars=1000"), max_chars=10)

    assert answer["body"]["text"].startswith("<title>Lar\n[cut at 10 of ")


async def test_redirects_are_followed_as_a_browser_does(asker: Asker, site: Site) -> None:
    start = site.url(f"/redirect?to={site.elsewhere('/echo')}")
    secret = {"Authorization": "Bearer abc", "X-Plain": "1"}

    answer: Any = await asker.get("fetch", url=start, body="a", headers=secret)
    first: Any = await asker.get("fetch", url=start, max_redirects=0)

    heard = msgspec.json.decode(answer["body"]["text"])
    assert (heard["method"], heard["body"]) == ("GET", "")
    assert heard["headers"]["x-plain"] == "1"
    assert "authorization" not in heard["headers"]
    assert (answer["url"], answer["redirects"]) == (site.elsewhere("/echo"), [start])
    assert (first["status"], first["redirects"]) == (302, [])


async def test_no_more_redirects_are_followed_than_may_be(asker: Asker, site: Site) -> None:
    url = site.url("/redirect?to=/redirect?to=/redirect?to=/count")

    outcome = await asker.ask("fetch", url=url, max_redirects=2)
    answer: Any = await asker.get("fetch", url=url, max_redirects=3)

    assert code_of(outcome) == "request_failed"
    assert len(answer["redirects"]) == 3


async def test_a_redirect_to_what_may_not_be_opened_is_not_followed(
    asker: Asker, site: Site
) -> None:
    outcome = await asker.ask("fetch", url=site.url("/redirect?to=file:///etc/hosts"))

    assert code_of(outcome) == "blocked_by_policy"
    assert outcome.effect is Effect.PARTIAL


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"url": "file:///etc/hosts"}, "blocked_by_policy"),
        ({"url": "about:blank"}, "invalid_params"),
        ({"url": "http://x.test/", "body": "a", "json": 1}, "invalid_params"),
        ({"url": "http://x.test/", "method": "A B"}, "invalid_params"),
        ({"url": "http://x.test/", "headers": {"a b": "c"}}, "invalid_params"),
        ({"url": "http://x.test/", "headers": {"a": "b\n"}}, "invalid_params"),
        ({"url": "http://x.test/", "max_redirects": 21}, "invalid_params"),
        ({"url": "http://x.test:99999/"}, "invalid_params"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    asker: Asker, params: dict[str, Any], code: str
) -> None:
    outcome = await asker.ask("fetch", **params)

    assert code_of(outcome) == code
    assert outcome.effect is Effect.NONE


async def test_a_server_that_is_not_there_says_so(asker: Asker, site: Site) -> None:
    refused = await asker.ask("fetch", url="http://127.0.0.1:1/")
    no_tls = await asker.ask("fetch", url=site.url("/").replace("http:", "https:"))

    assert code_of(refused) == code_of(no_tls) == "request_failed"
    assert refused.effect is Effect.NONE
    assert refused.error is not None
    assert "ECONNREFUSED" in refused.error.message


@pytest.mark.slow
async def test_its_only_clock_is_the_command_s(asker: Asker, site: Site) -> None:
    outcome = await asker.ask("fetch", url=site.url("/slow?seconds=2"), timeout=0.4)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.error is not None
    assert "did not answer in time" in outcome.error.message
