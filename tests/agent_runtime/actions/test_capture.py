"""Pictures and outlines of the page."""

from __future__ import annotations

import re
import struct
from typing import Any, cast

import pytest
from playwright.async_api import Page

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.site import Site
from xagent_protocol.outcomes import Outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_screenshot_is_an_artifact_of_the_viewport(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/large"))

    outcome = await asker.ask("screenshot")

    (artifact,) = outcome.artifacts
    assert artifact.content_type == "image/png"
    assert artifact.name == "screenshot.png"
    assert result_of(outcome) == {
        "artifact_id": artifact.artifact_id,
        "content_type": "image/png",
        "size": artifact.size,
    }
    assert png_size(asker, outcome) == (1280, 720)


async def test_a_screenshot_may_show_all_of_the_page_a_part_or_an_element(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/large"))

    whole = await asker.ask("screenshot", full_page=True)
    part = await asker.ask("screenshot", clip={"x": 1, "y": 2, "width": 30, "height": 40})
    element = await asker.ask("screenshot", target="p")

    assert png_size(asker, whole)[1] > 720
    assert png_size(asker, part) == (30, 40)
    assert png_size(asker, element)[0] < 1280


async def test_a_jpeg_has_a_quality(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    outcome = await asker.ask("screenshot", type="jpeg", quality=40)

    (artifact,) = outcome.artifacts
    assert artifact.content_type == "image/jpeg"
    assert asker.artifacts.kept[artifact.artifact_id].startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    "params",
    [
        {"quality": 50},
        {"type": "gif"},
        {"target": "p", "full_page": True},
        {"clip": {"x": 0, "y": 0, "width": 0, "height": 5}},
        {"full_page": True, "clip": {"x": 0, "y": 0, "width": 5, "height": 5}},
    ],
)
async def test_a_picture_that_cannot_be_is_invalid(asker: Asker, params: dict[str, Any]) -> None:
    assert code_of(await asker.ask("screenshot", **params)) == "invalid_params"


async def test_a_snapshot_outlines_the_page_with_refs_of_its_own(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    outcome = await asker.ask("snapshot")

    answer = result_of(outcome)
    assert isinstance(answer, dict)
    assert outcome.page is not None
    assert re.fullmatch(rf"{outcome.page.id}s\d+", answer["snapshot_id"])
    assert 'button "Outer" [ref=' + answer["snapshot_id"] in answer["snapshot"]
    assert 'button "Greet" [ref=' + answer["snapshot_id"] + "f" in answer["snapshot"]


async def test_a_snapshot_of_a_part_leaves_the_rest_out(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    part = await asker.get("snapshot", target="#colour")
    missing = await asker.ask("snapshot", target="#nowhere")

    assert isinstance(part, dict)
    assert "red" in part["snapshot"]
    assert "Greet" not in part["snapshot"]
    assert code_of(missing) == "selector_not_found"


class Restless:
    """A page that goes elsewhere as soon as its outline is taken, each time until *urls* end."""

    def __init__(self, page: Page, *urls: str) -> None:
        """Stand in for *page*."""
        self._page = page
        self._urls = list(urls)

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    async def aria_snapshot(self, **params: Any) -> str:
        """Take the outline of a document that is left right away."""
        outline = await self._page.aria_snapshot(**params)
        if self._urls:
            await self._page.goto(self._urls.pop(0))
        return outline


async def test_a_snapshot_of_a_document_that_was_left_meanwhile_is_taken_again(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/form"))
    tab = asker.browser.tabs.main
    assert tab is not None
    page = tab.page

    tab.page = cast("Page", Restless(page, site.url("/buttons")))
    taken = await asker.get("snapshot")
    tab.page = cast("Page", Restless(page, *[site.url("/form")] * 9))
    restless = await asker.ask("snapshot")
    tab.page = page

    assert isinstance(taken, dict)
    assert "Save" in taken["snapshot"]
    assert "Greet" not in taken["snapshot"]
    assert code_of(restless) == "not_actionable"


async def test_a_long_snapshot_is_cut(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    outcome = await asker.ask("snapshot", max_chars=50)

    assert b"cut at 50 of" in bytes(outcome.result)
    assert len(outcome.artifacts) == 1


def png_size(asker: Asker, outcome: Outcome) -> tuple[int, int]:
    """Read a PNG's width and height."""
    (artifact,) = outcome.artifacts
    picture = asker.artifacts.kept[artifact.artifact_id]
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height
