"""Pixels of a page, the quick way and the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.agent_runtime.actions.pictures import (
    colors_of,
    different_pixels,
    picture_of,
    size_of,
)
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WATCH = """
window.seen = [];
new MutationObserver(changes => seen.push(...changes.map(change => change.type)))
  .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
for (const kind of ["resize", "scroll", "focus", "blur"]) {
  addEventListener(kind, () => seen.push(kind), true);
}
0
"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(asker: Asker) -> AsyncIterator[Page]:
    """The main page, as Playwright knows it."""
    tab = asker.browser.tabs.main
    assert tab is not None
    yield tab.page


@pytest.mark.parametrize("path", ["/shop", "/article", "/labels", "/strict", "/elements?count=200"])
async def test_the_quick_way_gives_the_very_pixels_of_playwright(
    asker: Asker, site: Site, page: Page, path: str
) -> None:
    await asker.get("goto", url=site.url(path))
    await asker.get("evaluate", expression=WATCH)

    ours = picture_of(asker, await asker.ask("screenshot"))
    seen = await asker.get("evaluate", expression="seen")
    theirs = await page.screenshot()

    assert ours.startswith(b"\x89PNG\r\n\x1a\n")
    assert ours.endswith(b"IEND\xaeB`\x82")
    assert await size_of(asker, ours) == (1280, 720)
    assert await different_pixels(asker, ours, theirs) == 0
    assert seen == [], "the page felt nothing"


async def test_the_quick_way_shows_what_is_scrolled_into_view(
    asker: Asker, site: Site, page: Page
) -> None:
    await asker.get("goto", url=site.url("/elements?count=500"))
    await asker.get("evaluate", expression="scrollTo(0, 777)")

    ours = picture_of(asker, await asker.ask("screenshot"))

    assert await different_pixels(asker, ours, await page.screenshot()) == 0


@pytest.mark.parametrize(
    "focus",
    ["#it", "#editable", "#inner", "#host"],
)
async def test_a_caret_is_hidden_wherever_it_blinks(asker: Asker, site: Site, focus: str) -> None:
    await asker.get("goto", url=site.url("/index"))
    await asker.get(
        "evaluate",
        expression="""async focus => {
            document.body.innerHTML = `<style>* { font-size: 100px; caret-color: red; outline: 0 }
                input, div { border: 0; width: 400px; height: 120px }</style><input id=it>
                <div id=editable contenteditable></div><div id=host></div>
                <iframe id=inner srcdoc="<input style='font-size:80px'>"></iframe>`;
            await new Promise(resolve => { inner.onload = resolve; });
            const shadow = host.attachShadow({ mode: 'open' });
            shadow.innerHTML = '<input style="font-size:90px">';
            const special = {
              '#host': shadow.firstChild,
              '#inner': inner.contentDocument.querySelector('input'),
            };
            (special[focus] || document.querySelector(focus)).focus();
        }""",
        arg=focus,
    )

    one = picture_of(asker, await asker.ask("screenshot"))
    other = picture_of(asker, await asker.ask("screenshot", style="* { caret-color: white }"))

    assert await different_pixels(asker, one, other) == 0


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({"max_width": 640}, (640, 360)),
        ({"max_width": 333}, (333, 187)),
        ({"max_width": 777}, (777, 437)),
        ({"max_width": 1}, (1, 1)),
        ({"max_width": 1280}, (1280, 720)),
        ({"max_width": 5000}, (1280, 720)),
        ({"max_width": 50, "clip": {"x": 10, "y": 20, "width": 100, "height": 40}}, (50, 20)),
        ({"max_width": 50, "clip": {"x": 1230, "y": 0, "width": 100, "height": 50}}, (50, 50)),
        ({"max_width": 100, "full_page": True}, (100, 125)),
        ({"max_width": 100, "target": "#half"}, (100, 10)),
        ({"max_width": 640, "style": "p { color: red }"}, (640, 360)),
        ({"max_width": 640, "animations": "disabled"}, (640, 360)),
        ({"max_width": 640, "omit_background": True}, (640, 360)),
        ({"max_width": 640, "mask": ["#half"]}, (640, 360)),
        ({"max_width": 640, "type": "jpeg"}, (640, 360)),
        ({"max_width": 640, "type": "webp", "quality": 50}, (640, 360)),
    ],
    ids=str,
)
async def test_a_picture_is_made_smaller_and_never_larger(
    asker: Asker, site: Site, params: dict[str, Any], size: tuple[int, int]
) -> None:
    await _halves(asker, site)

    outcome = await asker.ask("screenshot", **params)

    picture = picture_of(asker, outcome)
    assert await size_of(asker, picture) == size
    result = result_of(outcome)
    assert isinstance(result, dict)
    width = params.get("clip", {"x": 0, "width": 1280})
    shown = min(width["width"], 1280 - width["x"]) if "target" not in params else 640
    assert result["scale"] == pytest.approx(size[0] / shown, abs=1e-5)


async def test_a_smaller_picture_shows_the_same(asker: Asker, site: Site) -> None:
    await _halves(asker, site)

    for params in ({}, {"animations": "disabled"}, {"type": "webp"}, {"full_page": True}):
        picture = picture_of(asker, await asker.ask("screenshot", max_width=128, **params))
        left, right = await colors_of(asker, picture, (30, 3), (90, 3))
        assert left == [0, 0, 255, 255]
        assert right == [255, 255, 255, 255]


async def test_a_smaller_picture_of_a_scrolled_page_shows_what_is_in_view(
    asker: Asker, site: Site
) -> None:
    await _halves(asker, site)
    await asker.get(
        "evaluate",
        expression="""new Promise(resolve => {
            addEventListener("scroll", () => resolve(), { once: true });
            scrollTo(0, 500);
        })""",
    )
    await asker.get("evaluate", expression=WATCH)

    part = await asker.ask(
        "screenshot", max_width=50, clip={"x": 0, "y": 400, "width": 100, "height": 100}
    )

    picture = picture_of(asker, part)
    assert await colors_of(asker, picture, (25, 10), (25, 45)) == [
        [255, 255, 255, 255],
        [0, 128, 0, 255],
    ]
    assert await asker.get("evaluate", expression="[scrollY, ...seen]") == [500]


async def test_a_clip_outside_of_what_is_in_view_is_invalid(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/index"))
    clip = {"x": 2_000, "y": 0, "width": 10, "height": 10}

    shrunk: dict[str, Any] = {"max_width": 5}
    for params in ({}, shrunk):
        outcome = await asker.ask("screenshot", clip=clip, **params)
        assert code_of(outcome) == "invalid_params"
        assert outcome.error is not None
        assert "clip" in outcome.error.message


@pytest.mark.parametrize(
    "meddling",
    [
        "document.fonts.__proto__ = null; Object.defineProperty(document, 'fonts', { value: 0 })",
        "Object.defineProperty(window, 'visualViewport', { value: { zoom: 'much' } })",
    ],
)
async def test_a_page_that_meddles_is_shown_nevertheless(
    asker: Asker, site: Site, meddling: str
) -> None:
    await asker.get("goto", url=site.url("/index"))
    await asker.get("evaluate", expression=f"{meddling}; 0")

    shrunk: dict[str, Any] = {"max_width": 640}
    for params in ({}, shrunk):
        picture = picture_of(asker, await asker.ask("screenshot", **params))
        assert (await size_of(asker, picture))[0] in (1280, 640)


async def _halves(asker: Asker, site: Site) -> None:
    """Show a page 1,600 pixels high: its first 64 are blue on the left half, its last 664 green."""
    await asker.get("goto", url=site.url("/index"))
    await asker.get(
        "evaluate",
        expression="""document.body.innerHTML = `<style>body { margin: 0 }</style>
            <div id=half style="width:640px;height:64px;background:blue"></div>
            <div style="height:872px"></div>
            <div style="height:664px;background:green"></div>`; 0""",
    )


async def test_the_quick_way_waits_for_the_fonts_of_the_page(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/article"))
    script = """url => {
        const font = new FontFace("late", `url(${url})`);
        document.fonts.add(font);
        font.load().catch(() => {});
        document.fonts.ready.then(() => {
            document.documentElement.innerHTML = "<body style='background: rgb(1 2 3)'>";
        });
    }"""
    await asker.get("evaluate", expression=script, arg=site.url("/slow?seconds=0.5"))

    picture = picture_of(asker, await asker.ask("screenshot"))

    assert await colors_of(asker, picture, (640, 360)) == [[1, 2, 3, 255]]
