"""What callers want to hold on every page, through a crash of the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, running_browser
from tests.agent_runtime.browser.test_browser import chromium_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GRANTED = "navigator.permissions.query({name: 'geolocation'}).then(p => p.state)"
PLACE = """new Promise((found, not) => navigator.geolocation.getCurrentPosition(
    one => found([one.coords.latitude, one.coords.longitude]), not))"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The test site."""
    with Site() as running:
        yield running


async def test_they_hold_in_the_browser_that_takes_the_place_of_one_that_died(
    tmp_path: Path, site: Site
) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("set_extra_http_headers", headers={"X-A": "1"}, scope="browser")
        await asker.get("set_http_credentials", origin=site.url(), username="ann", password="pa:ss")
        await asker.get("set_geolocation", latitude=48, longitude=16)
        await asker.get("grant_permissions", permissions=["geolocation"], origin=site.url())
        made: Any = await asker.get("route", url="**/a", fulfil={"body": "no"}, scope="browser")

        chromium_of(browser).kill()
        await eventually(lambda: not browser.status().ok)

        await asker.get("goto", url=site.url("/guarded"))
        assert await asker.get("title") == "Inside"
        echoed: Any = await asker.get("evaluate", expression="fetch('/echo').then(r => r.text())")
        assert msgspec.json.decode(echoed)["headers"]["x-a"] == "1"
        assert await asker.get("evaluate", expression=GRANTED) == "granted"
        assert await asker.get("evaluate", expression=PLACE) == [48, 16]
        assert await asker.get("evaluate", expression="fetch('/a').then(r => r.text())") == "no"
        listed: Any = await asker.get("routes")
        assert [(one["id"], one["hits"]) for one in listed["routes"]] == [(made["id"], 1)]


async def test_a_browser_that_was_cut_off_comes_back_cut_off(tmp_path: Path, site: Site) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("set_offline", offline=True)

        await asker.get("restart_browser")
        outcome = await asker.ask("goto", url=site.url("/form"))
        await asker.get("set_offline", offline=False)
        await asker.get("goto", url=site.url("/form"))

        assert code_of(outcome) == "navigation_failed"
