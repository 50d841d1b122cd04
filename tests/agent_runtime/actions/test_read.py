"""Reading the page, at any length."""

from __future__ import annotations

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_title_is_read_afresh(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("evaluate", expression="document.title = 'Changed'")

    outcome = await asker.ask("title")

    assert bytes(outcome.result) == b'"Changed"'
    assert outcome.page is not None
    assert outcome.page.title == "Changed"


async def test_without_a_target_the_text_of_the_page_is_read(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/account"))

    assert await asker.get("inner_text") == "nobody\n\nnobody"


async def test_text_inside_an_iframe_is_read_through_its_frame(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    assert await asker.get("inner_text", target="#menu", frame="#inner") == "hover me"


async def test_content_is_the_html_as_it_is_now(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("fill", target="#name", value="x")
    await asker.get("click", target="#go")

    content = await asker.get("content")

    assert isinstance(content, str)
    assert '<p id="said">hello x</p>' in content


async def test_long_text_is_cut_and_the_whole_is_an_artifact(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/large?chars=50000"))

    outcome = await asker.ask("inner_text", target="p", max_chars=100)

    (artifact,) = outcome.artifacts
    assert len(asker.artifacts.kept[artifact.artifact_id]) == 49_999

    assert b"cut at 100 of 49999 characters" in bytes(outcome.result)
    assert artifact.artifact_id.encode() in bytes(outcome.result)


async def test_an_artifact_that_nobody_takes_fails_the_command(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/large"))
    asker.artifacts.is_full = True

    outcome = await asker.ask("inner_text")

    assert code_of(outcome) == "artifact_upload_failed"


async def test_a_title_that_is_no_text_is_made_one(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("evaluate", expression=r"document.title = 'half \ud800 pair'")

    assert await asker.get("title") == "half � pair"
