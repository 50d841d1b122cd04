"""Pages as documents, printed by a real browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec
import pytest

from agent_runtime.actions.pdf import Pdf
from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

A4_POINTS = (595, 842)


async def printed(asker: Asker, **params: Any) -> bytes:
    """Return the document that must come."""
    found = msgspec.convert(await asker.get("pdf", **params), Pdf)
    content = asker.artifacts.kept[found.artifact_id]
    assert len(content) == found.size
    return content


def sheets(document: bytes) -> int:
    """Count the sheets."""
    return len(re.findall(rb"/Type\s*/Page\b", document))


def points(document: bytes) -> tuple[int, int]:
    """Return width and height of the first sheet, whole points."""
    found = re.search(rb"/MediaBox\s*\[0 0 ([0-9.]+) ([0-9.]+)\]", document)
    assert found is not None
    return round(float(found[1])), round(float(found[2]))


def about(size: tuple[int, int]) -> object:
    """Equal what is as large as *size*, within a point."""
    return pytest.approx(size, abs=1)


async def test_a_page_is_printed_as_an_artifact(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    outcome = await asker.ask("pdf", format="A4")

    (artifact,) = outcome.artifacts
    assert (artifact.content_type, artifact.name) == ("application/pdf", "page.pdf")
    document = asker.artifacts.kept[artifact.artifact_id]
    assert document.startswith(b"%PDF-")
    assert points(document) == about(A4_POINTS)
    assert await asker.get("title") == "Form"


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({}, (612, 792)),
        ({"format": "A4", "landscape": True}, A4_POINTS[::-1]),
        ({"width": 96, "height": "2in"}, (72, 144)),
        ({"width": "2.54cm", "height": "50.8 mm"}, (72, 144)),
    ],
)
async def test_paper_has_the_size_that_was_asked_for(
    asker: Asker, params: dict[str, Any], size: tuple[int, int]
) -> None:
    await asker.get("set_content", html="<title>Paper</title>short")

    assert points(await printed(asker, **params)) == about(size)


async def test_the_pages_own_size_counts_if_it_may(asker: Asker) -> None:
    html = "<style>@page { size: 2in 3in }</style>short"
    await asker.get("set_content", html=html)

    assert points(await printed(asker, prefer_css_page_size=True)) == pytest.approx(
        (144, 216), abs=1
    )
    assert points(await printed(asker)) == about((612, 792))


async def test_only_the_sheets_that_were_asked_for_are_printed(asker: Asker) -> None:
    html = "".join(f"<p style='break-after: page'>{number}</p>" for number in range(5))
    await asker.get("set_content", html=html)

    assert sheets(await printed(asker, page_ranges="1, 3-4")) == 3


async def test_everything_that_playwright_takes_is_taken(asker: Asker) -> None:
    await asker.get("set_content", html="<title>All</title><h1>One</h1><p>text</p>")

    document = await printed(
        asker,
        format="A5",
        scale=0.5,
        margin={"top": "1cm", "left": 20, "right": 0},
        print_background=True,
        display_header_footer=True,
        header_template="<span class=title></span>",
        footer_template="<span class=pageNumber></span>",
        outline=True,
        tagged=True,
    )

    assert sheets(document) == 1
    assert b"/Outlines" in document


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"format": "B5"}, "$.format"),
        ({"format": "A4", "width": 100}, "format:"),
        ({"format": "A4", "height": "1in"}, "format:"),
        ({"width": "5pt"}, "$.width"),
        ({"width": "-5cm"}, "$.width"),
        ({"width": -1}, "$.width"),
        ({"width": True}, "$.width"),
        ({"scale": 0.05}, "$.scale"),
        ({"scale": 2.1}, "$.scale"),
        ({"margin": {"top": "1em"}}, "$.margin.top"),
        ({"margin": {"up": 1}}, "$.margin"),
        ({"margin": 5}, "$.margin"),
        ({"page_ranges": ""}, "$.page_ranges"),
        ({"page_ranges": "a"}, "$.page_ranges"),
        ({"page_ranges": "-"}, "$.page_ranges"),
        ({"page_ranges": "1,,2"}, "$.page_ranges"),
        ({"header_template": "<b>"}, "display_header_footer:"),
        ({"path": "/tmp/x.pdf"}, "path"),
        # What only the browser can tell.
        ({"page_ranges": "7"}, "exceeds page count"),
        ({"page_ranges": "3-1"}, "start > end"),
        ({"page_ranges": "0"}, "page cannot be printed so"),
        ({"width": "1cm", "height": "1cm", "margin": {"left": "2cm"}}, "content area is empty"),
    ],
)
async def test_params_that_make_no_sense_are_named(
    asker: Asker, params: dict[str, Any], named: str
) -> None:
    await asker.get("set_content", html="<title>Short</title>short")

    outcome = await asker.ask("pdf", **params)

    assert (code_of(outcome), outcome.effect) == ("invalid_params", Effect.NONE)
    assert outcome.error is not None
    assert named in outcome.error.message
    assert outcome.artifacts == ()


@pytest.mark.slow
async def test_a_page_that_closes_meanwhile_is_told_as_that(asker: Asker) -> None:
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    tab = asker.browser.tabs.find(opened["id"])
    assert tab is not None
    await tab.page.set_content("<p>much</p>" * 20_000)
    before = len(asker.artifacts.kept)
    command = asker.command("pdf", page=opened["id"])
    async with asyncio.TaskGroup() as tasks:
        printing = tasks.create_task(asker.performer.perform(command))
        await eventually(tab.turn.locked)
        await asker.get("close_page", page=opened["id"])

    assert code_of(printing.result()) == "page_closed"
    assert len(asker.artifacts.kept) == before


async def test_a_document_that_nobody_takes_is_told_as_that(asker: Asker) -> None:
    await asker.get("set_content", html="short")
    asker.artifacts.is_full = True

    outcome = await asker.ask("pdf")

    assert code_of(outcome) == "artifact_upload_failed"
    assert result_of(outcome) is None
