"""A trace is recorded over the API, and looked at with a browser that signs in."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Request,
    async_playwright,
    expect,
)

from agent_runtime.browser.find import find_browser
from tests.end_to_end.fleet import Fleet
from tests.site.server import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HELD = "resources/bait.html"
"""A file of a trace that is a page."""


@dataclass
class Onlooker:
    """A person's browser, and what it was seen to do."""

    context: BrowserContext
    requested: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to see."""
        self.context.on("request", self._note)
        self.context.on("console", self._hear)

    def _note(self, request: Request) -> None:
        self.requested.append(request.url)

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def went_elsewhere(self, url: str) -> list[str]:
        """Return what reached the network and another host than that of *url*.

        What a recorded page asks for is seen as a request as well, but its answer comes from the
        worker, out of the trace; so the sites count what reached them.
        """
        own = urlsplit(url).netloc
        return [one for one in self.requested if urlsplit(one).netloc not in (own, "")]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of our own, which no agent has."""
    async with async_playwright() as playwright:
        found = await find_browser(None, playwright.chromium.executable_path)  # type: ignore[arg-type]  # read
        async with await playwright.chromium.launch(executable_path=found.path) as browser:
            yield browser


@pytest.fixture
async def onlooker(chromium: Browser) -> Onlooker:
    """A browser that has never been here."""
    return Onlooker(await chromium.new_context(viewport={"width": 1400, "height": 900}))


async def sign_in(page: Page, fleet: Fleet, path: str) -> None:
    """Go to *path*, and sign in where that leads."""
    await page.goto(fleet.url + path)
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_label("Token").fill((fleet.data_dir / "token").read_text().strip())
    await page.get_by_role("button", name="Sign in").click()


def recorded(fleet: Fleet, action: str, **params: Any) -> str:
    """Run an action that is recorded and return where its trace can be looked at."""
    command = fleet.run("alpha", action, params=params, record="trace")
    trace = command["artifacts"][-1]
    assert trace["name"] == f"{action}.trace.zip", command
    return f"/traces/{trace['artifact_id']}"


def upload(fleet: Fleet, content: bytes) -> str:
    """Keep a trace that somebody made, and return where it can be looked at."""
    with fleet.client() as client:
        kept = client.post("/api/artifacts", params={"name": "trace.zip"}, content=content)
    return f"/traces/{kept.json()['artifact_id']}"


def fetch(fleet: Fleet, path: str) -> bytes:
    """Return the bytes of a trace."""
    with fleet.client() as client:
        return client.get(f"{path}/trace.zip").content


async def test_a_recorded_command_is_looked_at_step_by_step(
    fleet: Fleet, site: Site, onlooker: Onlooker
) -> None:
    path = recorded(fleet, "goto", url=site.url("/form"))
    page = await onlooker.context.new_page()

    await sign_in(page, fleet, path)

    await expect(page.locator("body")).to_contain_text("goto (", timeout=15_000)
    steps = page.get_by_role("tree").first
    await expect(steps).to_contain_text("goto (")
    assert urlsplit(page.url).path == "/traces/viewer/index.html"
    await page.get_by_role("treeitem").first.get_by_text("goto").click()
    await expect(page.locator("body")).to_contain_text("start:")
    assert onlooker.went_elsewhere(fleet.url) == []
    # Whoever has this browser can look at traces, and command nothing.
    cookies = await onlooker.context.cookies()
    assert [(one["httpOnly"], one["sameSite"]) for one in cookies] == [(True, "Strict")]
    api = onlooker.context.request
    refused = await api.post(
        f"{fleet.url}/api/agents/alpha/commands", data={"action": "title", "params": {}}
    )
    assert refused.status == 401
    assert (await api.get(f"{fleet.url}/api/agents")).status == 401
    assert (await api.get(f"{fleet.url}{path}/trace.zip")).status == 200


async def test_a_trace_over_many_commands_shows_each_by_name(
    fleet: Fleet, site: Site, onlooker: Onlooker
) -> None:
    fleet.run("alpha", "start_tracing", params={"title": "a long story"})
    fleet.run("alpha", "goto", params={"url": site.url("/form")})
    fleet.run("alpha", "evaluate", params={"expression": "1 + 1"}, record="trace")
    fleet.run("alpha", "title")
    stopped = fleet.run("alpha", "stop_tracing")
    page = await onlooker.context.new_page()

    await sign_in(page, fleet, f"/traces/{stopped['result']['artifact_id']}")

    for name in ("goto (", "evaluate (", "title (", "a long story"):
        await expect(page.locator("body")).to_contain_text(name, timeout=15_000)


async def test_a_recorded_page_runs_nothing_and_asks_its_site_for_nothing(
    fleet: Fleet, site: Site, onlooker: Onlooker
) -> None:
    """Threat 21: what a site wrote must not run under our origin."""
    fleet.run("alpha", "goto", params={"url": site.url("/hostile")})
    path = recorded(fleet, "click", target="#said")
    content = fetch(fleet, path)
    hits = site.hits.total()
    page = await onlooker.context.new_page()
    await sign_in(page, fleet, path)
    await expect(page.get_by_role("tree").first).to_be_visible(timeout=15_000)

    assert await look_at_every_snapshot(page, fleet, path, content) > 1

    assert [one for one in onlooker.said if one.startswith("RAN")] == []
    assert site.hits.total() == hits


async def test_a_file_of_a_trace_is_never_a_page_of_ours(
    fleet: Fleet, site: Site, onlooker: Onlooker
) -> None:
    """Threat 19: nor must what an agent wrote, however its trace was put together."""
    trace = fetch(fleet, recorded(fleet, "goto", url=site.url("/form")))
    # Two, because the links of the one must name the other, and its id is known afterwards.
    of_bait = urlencode({"trace": f"{upload(fleet, with_bait(trace))}/trace.zip"})
    content = forged(trace, f"/traces/viewer/file/{HELD}?{of_bait}")
    path = upload(fleet, content)
    page = await onlooker.context.new_page()
    await sign_in(page, fleet, path)
    await expect(page.get_by_role("tree").first).to_be_visible(timeout=15_000)

    assert await look_at_every_snapshot(page, fleet, path, content) > 0
    # As a script would that ran after all.
    for name in (f"file/{HELD}", f"closest-screenshot/{HELD}", "contexts"):
        await page.goto(f"{fleet.url}{path}")
        await expect(page.get_by_role("tree").first).to_be_visible(timeout=15_000)
        async with page.expect_navigation() as navigation:
            await page.evaluate("where => { location.href = where }", f"{name}?{of_bait}")
        answer = await navigation.value
        assert answer is not None
        assert answer.status == 403

    assert [one for one in onlooker.said if one.startswith("RAN")] == []


async def test_a_trace_from_another_host_is_not_loaded(
    fleet: Fleet, site: Site, onlooker: Onlooker
) -> None:
    page = await onlooker.context.new_page()
    hits = site.hits.total()

    await sign_in(page, fleet, f"/traces/viewer/index.html?trace={site.url('/trace.zip')}")

    await expect(page.get_by_role("alert")).to_be_visible(timeout=15_000)
    assert site.hits.total() == hits


async def look_at_every_snapshot(page: Page, fleet: Fleet, path: str, trace: bytes) -> int:
    """Show each recorded page of *trace* by itself, click what it has, and return how many."""
    of_trace = urlencode({"trace": f"{path}/trace.zip"})
    shown = 0
    for call_id, phase in snapshots_of(trace):
        recorded = f"{fleet.url}/traces/viewer/snapshot/{quote(call_id, safe='')}"
        recorded += f"?{of_trace}&phase={phase}"
        await page.goto(
            f"{fleet.url}/traces/viewer/snapshot.html?{of_trace}&{urlencode({'r': recorded})}"
        )
        frame = page.frame(url=recorded) or await page.wait_for_event(
            "framenavigated", partial(_shows, recorded)
        )
        await frame.wait_for_load_state()
        for link in ("the bait", "a link"):
            for one in await frame.get_by_text(link, exact=True).all():
                await one.dispatch_event("click")
        # What a click has led to is there before the answer to a later question.
        await page.evaluate("fetch('ping')")
        shown += 1
    return shown


def _shows(url: str, frame: Frame) -> bool:
    return frame.url == url


def snapshots_of(trace: bytes) -> list[tuple[str, str]]:
    """Return the step and the phase of each recorded page."""
    with zipfile.ZipFile(io.BytesIO(trace)) as file:
        events = map(json.loads, file.read("trace.trace").splitlines())
    return [
        (event["snapshot"]["callId"], event["snapshot"]["phase"])
        for event in events
        if event["type"] == "frame-snapshot" and event["snapshot"]["isMainFrame"]
    ]


def with_bait(trace: bytes) -> bytes:
    """Return *trace* with a file that is a page with a script."""
    content = io.BytesIO(trace)
    with zipfile.ZipFile(content, "a") as file:
        file.writestr(HELD, "<!doctype html>the bait<script>console.log('RAN file')</script>")
    return content.getvalue()


def forged(trace: bytes, bait: str) -> bytes:
    """Return *trace* with recorded pages that no browser has recorded, which lead to *bait*."""
    link = ["A", {"href": bait}, "the bait"]
    framed = ["IFRAME", {" src": bait}]
    html = [
        "HTML",
        {},
        ["HEAD", {}, ["META", {"http-equiv ": "refresh", "content": f"0;url={bait}"}]],
        ["BODY", {" onload": "console.log('RAN onload')"}, framed, link],
        ["DIV", {}, ["TEMPLATE", {"shadowrootmode": "open"}, framed, link]],
        ["IFRAME", {"srcdoc ": "<script>console.log('RAN srcdoc')</script>"}],
        ["SCRIPT", {}, "console.log('RAN script')"],
        ["SVG:SCRIPT", {}, "console.log('RAN svg script')"],
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(trace)) as source, zipfile.ZipFile(content, "w") as target:
        for name in source.namelist():
            written = source.read(name)
            if name == "trace.trace":
                written = b"\n".join(map(_with(html), written.splitlines()))
            target.writestr(name, written)
    return content.getvalue()


def _with(html: list[Any]) -> Any:
    def changed(line: bytes) -> bytes:
        event = json.loads(line)
        if event["type"] == "frame-snapshot":
            event["snapshot"]["html"] = html
        return json.dumps(event).encode()

    return changed
