"""Which elements of a picture are numbered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_what_can_be_seen_and_acted_on_is_numbered(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/labels"))

    names = [one["name"] for one in await numbered(asker)]

    assert names == [
        *("Plain", "Styled", "a link that goes on in the next line", "First", "Second", "Third"),
        *("Shop", "Search", "Fruit", "Tea", "In shadow"),
    ], "Under is covered, Fourth scrolled out of its list, Below out of the page"


async def test_what_a_dialog_covers_is_not_numbered(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/shop"))
    await asker.get(
        "evaluate",
        expression="""document.body.insertAdjacentHTML('beforeend',
            `<div role=dialog style="position:fixed;inset:0;background:white">
             <button>Accept</button></div>`); 0""",
    )

    assert [one["name"] for one in await numbered(asker)] == ["Accept"]


@pytest.mark.slow
async def test_a_box_in_an_iframe_is_told_from_the_corner_of_the_page(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/labels"))

    for one in await numbered(asker):
        box = await asker.get("bounding_box", target=one["ref"])
        assert isinstance(box, dict)
        for side in ("x", "y", "width", "height"):
            assert one["box"][side] == pytest.approx(box[side], abs=1)


async def numbered(asker: Asker) -> list[dict[str, Any]]:
    """Return what is numbered in a picture of what is in view."""
    picture = await asker.get("screenshot", annotate=True)
    assert isinstance(picture, dict)
    refs: list[dict[str, Any]] = picture["refs"]
    return refs
