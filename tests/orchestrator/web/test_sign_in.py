"""Signing a browser in and out."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx2
import pytest
from starlette.types import Message

from orchestrator.access.attempts import MOST
from tests.orchestrator.api.conftest import TOKEN, Api
from tests.orchestrator.api.test_commands import problem
from tests.orchestrator.web.conftest import HOST, PAGE

COMMAND = "/api/agents/alpha/commands"


class Page(HTMLParser):
    """What a browser would make of a page: its fields, its links, and whether it runs anything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str | None] = {}
        self.links: list[str | None] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.add(tag)
        assert not any(name.startswith("on") for name in attributes)
        if tag == "input":
            self.fields[attributes.get("name") or ""] = attributes.get("value")
        if tag == "a":
            self.links.append(attributes.get("href"))


async def sign_in(
    browser: httpx2.AsyncClient, token: str = TOKEN, wanted: str = "/traces/x"
) -> httpx2.Response:
    return await browser.post("/sign-in", data={"token": token, "next": wanted})


async def test_the_page_asks_for_the_token_without_a_script(browser: httpx2.AsyncClient) -> None:
    shown = await browser.get("/sign-in?next=/traces/x")

    assert shown.status_code == 200
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(shown.text)
    assert page.fields == {"next": "/traces/x", "token": None}
    assert not page.tags & {"script", "link", "img", "iframe"}
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "same-origin"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in shown.headers


async def test_the_right_token_signs_in_and_leads_to_what_was_wanted(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await sign_in(browser, f" {TOKEN}\n")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/traces/x"
    given = answer.headers["set-cookie"]
    assert given.startswith("xagent_browser_8000=xagent_browser_")
    assert given.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert TOKEN not in given
    # Let in: to where there is nothing.
    assert (await browser.get("/traces/x")).status_code == 404


async def test_over_https_the_cookie_is_bound_to_the_host_and_never_sent_in_the_clear(
    api: Api,
) -> None:
    headers = {"Origin": HOST.replace("http", "https"), "Sec-Fetch-Site": "same-origin"}
    transport = httpx2.ASGITransport(app=api.app)
    base_url = HOST.replace("http", "https")
    async with httpx2.AsyncClient(
        transport=transport, base_url=base_url, headers=headers
    ) as browser:
        given = (await sign_in(browser)).headers["set-cookie"]

    assert given.startswith("__Host-xagent_browser=")
    assert given.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")


@pytest.mark.parametrize(
    "token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é", "\x00"]
)
async def test_a_wrong_token_is_asked_for_again(browser: httpx2.AsyncClient, token: str) -> None:
    answer = await sign_in(browser, token)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "That is not the token" in answer.text
    assert Page(answer.text).fields == {"next": "/traces/x", "token": None}
    assert "set-cookie" not in answer.headers


async def test_wrong_tokens_are_refused_after_a_few_even_if_the_last_is_right(
    browser: httpx2.AsyncClient,
) -> None:
    """Threat 7."""
    for _ in range(MOST):
        assert (await sign_in(browser, "wrong")).status_code == 401

    answer = await sign_in(browser)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert "Too many wrong tokens" in answer.text


@pytest.mark.parametrize(
    "wanted",
    ["//evil.com", "/\\evil.com", "https://evil.com", "javascript:alert(1)", '/"><script>x', ""],
)
async def test_nobody_is_sent_elsewhere(browser: httpx2.AsyncClient, wanted: str) -> None:
    shown = await browser.get("/sign-in", params={"next": wanted})
    answer = await sign_in(browser, wanted=wanted)

    assert Page(shown.text).fields["next"] == "/"
    assert answer.headers["location"] == "/"


async def test_what_is_shown_again_is_only_text(browser: httpx2.AsyncClient) -> None:
    shown = await browser.get("/sign-in", params={"next": "/x?a='b'&c"})

    assert Page(shown.text).fields["next"] == "/x?a='b'&c"
    assert "&#x27;b&#x27;&amp;c" in shown.text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HOST},
        {"Origin": "null"},
        {"Origin": "http://evil.com", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_a_form_from_elsewhere_signs_nobody_in_or_out(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    """Threat 1: nor may another page sign somebody in to an orchestrator of its own choice."""
    transport = httpx2.ASGITransport(app=api.app)
    async with httpx2.AsyncClient(
        transport=transport, base_url=HOST, headers={**PAGE, **headers}
    ) as stranger:
        answer = await stranger.post(path, data={"token": TOKEN})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_browser_that_sends_no_fetch_metadata_is_known_by_its_origin(api: Api) -> None:
    transport = httpx2.ASGITransport(app=api.app)
    async with httpx2.AsyncClient(
        transport=transport, base_url=HOST, headers={"Origin": HOST}
    ) as browser:
        assert (await sign_in(browser)).status_code == 303


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data"])
async def test_only_a_form_is_read(browser: httpx2.AsyncClient, media_type: str) -> None:
    answer = await browser.post(
        "/sign-in",
        content=f"token={TOKEN}",
        headers={"Content-Type": media_type, "Accept": "application/json"},
    )

    problem(answer, 415, "unsupported_media_type")


async def test_a_form_that_is_too_long_is_not_read(browser: httpx2.AsyncClient) -> None:
    assert (await sign_in(browser, "x" * 10_000)).status_code == 413


async def test_signing_out_ends_it_on_both_sides(browser: httpx2.AsyncClient) -> None:
    await sign_in(browser)
    held = dict(browser.cookies)

    shown = await browser.get("/sign-in?next=/traces/x")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await browser.post("/sign-out", headers=form)

    assert "You are signed in" in shown.text
    assert "/traces/x" in Page(shown.text).links
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert dict(browser.cookies) == {}
    (name, secret), *_ = held.items()
    kept = await browser.get("/traces/x", headers={"Cookie": f"{name}={secret}"})
    assert kept.status_code == 303


async def test_signing_in_again_ends_what_was_before(browser: httpx2.AsyncClient) -> None:
    await sign_in(browser)
    (name, before), *_ = dict(browser.cookies).items()

    await sign_in(browser)

    assert dict(browser.cookies)[name] != before
    browser.cookies.clear()
    kept = await browser.get("/traces/x", headers={"Cookie": f"{name}={before}"})
    assert kept.status_code == 303


async def test_a_signed_in_browser_commands_nothing(browser: httpx2.AsyncClient) -> None:
    """Threats 1, 9 and 10: the cookie is no credential of the API."""
    await sign_in(browser)
    body = {"action": "echo", "params": {"text": "hi"}}
    accept = {"Accept": "application/json"}

    problem(await browser.post(COMMAND, json=body, headers=accept), 401, "unauthorized")
    for path in ("/api/agents", "/api/commands", "/api/artifacts/x", "/metrics"):
        problem(await browser.get(path, headers=accept), 401, "unauthorized")


async def test_other_methods_are_told_which_there_are(api: Api) -> None:
    for path, allow in (("/sign-in", "GET, HEAD, POST"), ("/sign-out", "POST")):
        answer = await api.client.delete(path)

        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allow


async def test_a_client_that_leaves_in_the_middle_of_a_form_is_no_fault(api: Api) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    form = b"application/x-www-form-urlencoded"
    headers = [(b"host", b"127.0.0.1:8000"), (b"sec-fetch-site", b"same-origin")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sign-in",
        "scheme": "http",
        "query_string": b"",
        "headers": [*headers, (b"content-type", form)],
        "client": ("127.0.0.1", 1),
    }

    await api.app(scope, receive, send)


async def test_no_token_is_logged(
    browser: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Threat 26."""
    await sign_in(browser, "xagent_mistyped")
    await sign_in(browser)

    said = capsys.readouterr().out
    assert "sign_in.refused" in said
    assert "xagent_mistyped" not in said
    assert TOKEN not in said
    assert dict(browser.cookies)["xagent_browser_8000"] not in said
