"""The clipboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Route

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_FIELD = "document.getElementById('name').value"


@pytest.mark.parametrize("text", ["plain", "two\r\nlines\n", "漢字 🎉 ü", "x" * 1000])
async def test_what_is_written_is_read_again(asker: Asker, text: str) -> None:
    assert await asker.get("clipboard", write=text) is None

    assert await asker.get("clipboard") == text


async def test_a_page_pastes_what_was_written(asker: Asker, site: Site) -> None:
    isolated = await asker.get("new_page", isolated=True)
    assert isinstance(isolated, dict)
    await asker.get("clipboard", write="pasted")

    for page in (None, isolated["id"]):
        await asker.get("goto", page=page, url=site.url("/fields"))
        await asker.get("press", page=page, target="#name", key="ControlOrMeta+v")
        assert await asker.get("evaluate", page=page, expression=_FIELD) == "pasted"


async def test_a_page_that_is_not_secure_pastes_as_well(asker: Asker) -> None:
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    page = opened["id"]

    async def answer(route: Route) -> None:
        await route.fulfill(body="<input id=name>", content_type="text/html")

    await asker.browser.tabs.named(page).page.route("http://insecure.test/", answer)
    await asker.get("goto", page=page, url="http://insecure.test/")
    assert await asker.get("evaluate", page=page, expression="navigator.clipboard") is None

    await asker.get("clipboard", write="pasted")
    await asker.get("press", page=page, target="#name", key="ControlOrMeta+v")

    assert await asker.get("evaluate", page=page, expression=_FIELD) == "pasted"


async def test_what_a_page_copies_is_read(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    await asker.get("select_text", target="#words")

    await asker.get("press", key="ControlOrMeta+c")

    assert await asker.get("clipboard") == "some words"


async def test_it_needs_no_page_and_leaves_none_and_gives_no_site_anything(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/fields"))
    before = [tab.id for tab in asker.browser.tabs]
    contexts = asker.browser.context.browser
    assert contexts is not None
    known = len(contexts.contexts)

    await asker.get("clipboard", write="secret")
    outcome = await asker.ask("clipboard")

    assert outcome.page is None
    assert [tab.id for tab in asker.browser.tabs] == before
    assert len(contexts.contexts) == known
    taken = await asker.ask("evaluate", expression="navigator.clipboard.readText()")
    assert code_of(taken) == "evaluation_failed"


async def test_long_text_is_cut_and_kept_whole(asker: Asker) -> None:
    await asker.get("clipboard", write="y" * 500)

    outcome = await asker.ask("clipboard", max_chars=100)

    (artifact,) = outcome.artifacts
    assert asker.artifacts.kept[artifact.artifact_id] == b"y" * 500
    assert str(result_of(outcome)).startswith("y" * 100 + "\n[cut at 100 of 500 characters")


async def test_nothing_written_is_a_text_too(asker: Asker) -> None:
    await asker.get("clipboard", write="")

    assert await asker.get("clipboard") == ""


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"write": 5}, "$.write"),
        ({"write": "x" * 1_000_001}, "$.write"),
        ({"max_chars": 0}, "$.max_chars"),
        ({"read": True}, "read"),
    ],
)
async def test_bad_params_are_named(asker: Asker, params: dict[str, Any], named: str) -> None:
    outcome = await asker.ask("clipboard", **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message
