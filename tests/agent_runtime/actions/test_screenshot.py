"""Pictures of the page."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from agent_runtime.browser.tab import Tab
from tests.agent_runtime.actions.asking import Asker, code_of, ref_of, result_of
from tests.agent_runtime.actions.pictures import colors_of, picture_of
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
        {"type": "jpeg", "omit_background": True},
        {"mask_color": "red"},
        {"frame": "iframe"},
        {"mask": ["p"], "mask_color": "nocolor"},
        {"max_width": 0},
        {"scale": "double"},
    ],
    ids=str,
)
async def test_a_picture_that_cannot_be_is_invalid(asker: Asker, params: dict[str, Any]) -> None:
    outcome = await asker.ask("screenshot", **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert any(name in outcome.error.message for name in params), "it names the param"
    assert outcome.artifacts == ()


async def test_a_webp_may_be_lossless_or_small(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/shop"))

    whole = await asker.ask("screenshot", type="webp")
    small = await asker.ask("screenshot", type="webp", quality=10)

    assert whole.artifacts[0].content_type == "image/webp"
    assert whole.artifacts[0].name == "screenshot.webp"
    assert picture_of(asker, whole)[8:12] == b"WEBP"
    assert small.artifacts[0].size < whole.artifacts[0].size


async def test_what_is_masked_is_painted_over_and_counted(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))
    inside = await ref_of(asker, 'button "Greet"')
    box = await asker.get("bounding_box", target=inside)
    assert isinstance(box, dict)

    outcome = await asker.ask(
        "screenshot", mask=[inside, "text=Outer", "#nowhere"], mask_color="rgb(1 2 3)"
    )

    result = result_of(outcome)
    assert isinstance(result, dict)
    assert result["masked"] == 2
    middle = int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2)
    (color,) = await colors_of(asker, picture_of(asker, outcome), middle)
    assert color == [1, 2, 3, 255]


async def test_a_mask_that_names_nothing_that_can_be_named_is_refused(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/form"))
    ref = await ref_of(asker, 'button "Greet"')
    await asker.get("goto", url=site.url("/form"))

    assert code_of(await asker.ask("screenshot", mask=["[["])) == "selector_invalid"
    assert code_of(await asker.ask("screenshot", mask=[ref])) == "stale_ref"


async def test_a_page_without_a_background_can_be_seen_through(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/index"))

    clear = picture_of(asker, await asker.ask("screenshot", omit_background=True))
    styled = picture_of(
        asker, await asker.ask("screenshot", style="html { background: rgb(9, 8, 7) }")
    )

    assert await colors_of(asker, clear, (1200, 700)) == [[0, 0, 0, 0]]
    assert await colors_of(asker, styled, (1200, 700)) == [[9, 8, 7, 255]]


async def test_an_animation_can_be_shown_at_its_end(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/index"))
    await asker.get(
        "evaluate",
        expression="""document.body.animate(
            [{ background: 'white' }, { background: 'rgb(4, 5, 6)' }],
            { duration: 1e6, fill: 'forwards' }); 0""",
    )

    picture = picture_of(asker, await asker.ask("screenshot", animations="disabled"))

    assert await colors_of(asker, picture, (1200, 700)) == [[4, 5, 6, 255]]


@pytest_asyncio.fixture(loop_scope="session")
async def fine_tab(asker: Asker, site: Site) -> AsyncIterator[Tab]:
    """Another page, on a screen with two pixels for each of CSS."""
    main = asker.browser.tabs.main
    assert main is not None
    browser = main.page.context.browser
    assert browser is not None
    # The agent closes a context that it finds without a page, and this one begins so.
    async with asker.browser._opening:
        page = await browser.new_page(viewport={"width": 800, "height": 400}, device_scale_factor=2)
    tab = asker.browser.tabs.admit(page, main.launch)
    await asker.get("goto", page=tab.id, url=site.url("/labels"))
    yield tab
    await page.context.close()


@pytest.mark.parametrize(
    ("params", "size", "scale"),
    [
        ({}, (1600, 800), None),
        ({"scale": "css"}, (800, 400), None),
        ({"max_width": 400}, (400, 200), 0.5),
        ({"max_width": 400, "scale": "css"}, (400, 200), 0.5),
        ({"annotate": True}, (1600, 800), 2.0),
        ({"annotate": True, "scale": "css"}, (800, 400), 1.0),
    ],
    ids=str,
)
async def test_on_a_fine_screen_pixels_are_those_of_the_screen_or_of_css(
    asker: Asker,
    fine_tab: Tab,
    params: dict[str, Any],
    size: tuple[int, int],
    scale: float | None,
) -> None:
    screen = "[devicePixelRatio, innerWidth, innerHeight, screen.width]"
    before = await fine_tab.page.evaluate(screen)

    outcome = await asker.ask("screenshot", page=fine_tab.id, **params)

    assert await fine_tab.page.evaluate(screen) == before
    result = result_of(outcome)
    assert isinstance(result, dict)
    assert result.get("scale") == scale
    picture = asker.artifacts.kept[result["artifact_id"]]
    assert struct.unpack(">II", picture[16:24]) == size
    for one in result.get("refs", [])[:1]:
        edge = [round(one["box"][side] * (scale or 1)) for side in ("x", "y", "height")]
        (color,) = await colors_of(asker, picture, (edge[0], edge[1] + edge[2] // 2))
        assert color == [194, 24, 91, 255]


@pytest.mark.parametrize("path", ["/shop", "/strict"])
async def test_numbers_are_drawn_over_a_picture_and_nothing_is_left_in_the_page(
    asker: Asker, site: Site, path: str
) -> None:
    await asker.get("goto", url=site.url(path))
    await asker.get(
        "evaluate",
        expression="""if (!document.querySelector('button')) {
            const button = document.createElement('button');
            button.textContent = 'Only';
            document.body.append(button);
        }
        window.seen = [];
        new MutationObserver(changes => seen.push(...changes)).observe(document, {
            subtree: true, childList: true, attributes: true, characterData: true }); 0""",
    )
    before = await asker.get("content")

    outcome = await asker.ask("screenshot", annotate=True)

    assert await asker.get("content") == before
    assert await asker.get("evaluate", expression="seen.length") == 0
    result = result_of(outcome)
    assert isinstance(result, dict)
    first = result["refs"][0]
    assert first["label"] == 1
    assert first["ref"].startswith(result["snapshot_id"])
    box = first["box"]
    edge = int(box["x"] + box["width"]), int(box["y"] + box["height"] / 2)
    assert await colors_of(asker, picture_of(asker, outcome), edge) == [[194, 24, 91, 255]]


async def test_the_ref_of_a_number_is_a_target(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/shop"))

    numbered = await asker.get("screenshot", annotate=True, type="jpeg", max_width=640)

    assert isinstance(numbered, dict)
    assert numbered["scale"] == 0.5
    details = next(one for one in numbered["refs"] if one["name"] == "Details")
    await asker.get("click", target=details["ref"])
    assert await asker.get("inner_text", target="#note") == "clicked"
    changes = await asker.get("snapshot", since=numbered["snapshot_id"])
    assert isinstance(changes, dict)
    assert changes["snapshot"].endswith(": clicked")


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"full_page": True}, (10, 1510)),
        ({"target": "#below"}, (0, 10)),
        ({"clip": {"x": 5, "y": 60, "width": 100, "height": 60}}, (5, 31)),
    ],
    ids=["all of the page", "an element", "a part"],
)
async def test_numbers_are_drawn_where_the_picture_shows_their_elements(
    asker: Asker, site: Site, params: dict[str, Any], place: tuple[int, int]
) -> None:
    await asker.get("goto", url=site.url("/labels"))

    outcome = await asker.ask("screenshot", annotate=True, **params)

    result = result_of(outcome)
    assert isinstance(result, dict)
    names = [one["name"] for one in result["refs"]]
    assert ("Below" in names) is ("clip" not in params)
    assert ("Plain" in names) is ("target" not in params)
    (color,) = await colors_of(asker, picture_of(asker, outcome), place)
    assert max(color[:3]) - min(color[:3]) > 60, "a box has a color; the page has none there"


async def test_only_so_many_are_numbered(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/index"))
    await asker.get(
        "evaluate", expression="document.body.innerHTML = '<button>x</button>'.repeat(200); 0"
    )

    numbered = await asker.get("screenshot", annotate=True)

    assert isinstance(numbered, dict)
    assert len(numbered["refs"]) == 150
    assert numbered["unnumbered"] == 50


def png_size(asker: Asker, outcome: Outcome) -> tuple[int, int]:
    """Read a PNG's width and height."""
    (artifact,) = outcome.artifacts
    picture = asker.artifacts.kept[artifact.artifact_id]
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height
