"""Pictures of the page."""

from __future__ import annotations

import struct
from typing import Any

import pytest

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


def png_size(asker: Asker, outcome: Outcome) -> tuple[int, int]:
    """Read a PNG's width and height."""
    (artifact,) = outcome.artifacts
    picture = asker.artifacts.kept[artifact.artifact_id]
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height
