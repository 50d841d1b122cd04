"""Reading the page, at any length."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, ref_of
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


async def test_what_an_element_holds_is_read_in_each_of_its_forms(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/reading"))

    assert await asker.get("inner_text", target="#greeting") == "Hello world"
    assert await asker.get("text_content", target="#greeting") == "Hello hidden world"
    assert await asker.get("inner_html", target="#greeting") == (
        'Hello <span hidden="">hidden </span>world'
    )
    assert await asker.get("input_value", target="#email") == "ada@example.com"
    assert await asker.get("input_value", target="#note") == "as written"
    assert await asker.get("input_value", target="#colour") == "g"
    assert await asker.get("get_attribute", target="#help", name="href") == "help?a=1"
    assert await asker.get("get_attribute", target="#help", name="rel") is None
    box = {"x": 40, "y": 300, "width": 200, "height": 50}
    assert await asker.get("bounding_box", target="#box") == box
    assert await asker.get("bounding_box", target="#gone") is None


async def test_how_an_element_is_can_be_asked(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/reading"))

    assert await asker.get("is_enabled", target="#email") is True
    assert await asker.get("is_enabled", target="#buy") is False
    assert await asker.get("is_editable", target="#email") is True
    assert await asker.get("is_editable", target="#note") is False
    assert await asker.get("is_checked", target="#agree") is True
    assert await asker.get("is_checked", target="#news") is False


async def test_any_number_of_matches_is_counted_at_once(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/reading"))

    assert await asker.get("count", target="li") == 3
    assert await asker.get("count", target="#nowhere") == 0
    assert await asker.get("count", target="li", frame="#nowhere") == 0


async def test_whether_anything_that_matches_can_be_seen(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/reading"))

    for target, is_visible in (("li", True), ("#gone", False), ("#nowhere", False)):
        assert await asker.get("is_visible", target=target) is is_visible
        assert await asker.get("is_hidden", target=target) is not is_visible


async def test_a_ref_is_read_like_a_selector_and_a_frame_too(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))
    inside = await ref_of(asker, 'textbox "Name"')
    await asker.get("fill", target=inside, value="ada")

    assert await asker.get("input_value", target=inside) == "ada"
    assert await asker.get("input_value", target="#name", frame="#inner") == "ada"
    assert await asker.get("count", target=inside) == 1
    assert await asker.get("is_visible", target=inside) is True
    box = await asker.get("bounding_box", target=inside)
    assert isinstance(box, dict)
    assert box["x"] > 100, "it is told from the page's corner, not from the iframe's"


_ON_ONE: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in ("inner_text", "text_content", "inner_html", "input_value")],
    *[(name, {}) for name in ("bounding_box", "is_enabled", "is_editable", "is_checked")],
    ("get_attribute", {"name": "id"}),
    ("locator", {}),
]


@pytest.mark.parametrize(("action", "params"), _ON_ONE, ids=str)
async def test_what_is_asked_of_one_element_is_not_answered_for_two(
    asker: Asker, site: Site, action: str, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    ref = await ref_of(asker, 'button "Save"')

    two = await asker.ask(action, target="text=Save", **params)
    assert code_of(two) == "selector_ambiguous"
    assert two.error is not None
    assert two.error.details is not None
    assert len(two.error.details["matches"]) == 2
    assert code_of(await asker.ask(action, target="[[", **params)) == "selector_invalid"
    await asker.get("goto", url=site.url("/buttons"))
    assert code_of(await asker.ask(action, target=ref, **params)) == "stale_ref"


@pytest.mark.slow
@pytest.mark.parametrize(("action", "params"), _ON_ONE[-3:], ids=str)
async def test_an_element_is_waited_for_and_then_not_found(
    asker: Asker, site: Site, action: str, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    outcome = await asker.ask(action, target="#nowhere", timeout=1, **params)

    assert code_of(outcome) == "selector_not_found"


@pytest.mark.parametrize("action", ["count", "is_visible", "is_hidden"])
async def test_what_is_asked_of_any_number_still_needs_a_target_that_makes_sense(
    asker: Asker, site: Site, action: str
) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    ref = await ref_of(asker, 'button "Save"')
    await asker.get("goto", url=site.url("/buttons"))

    assert code_of(await asker.ask(action, target="[[")) == "selector_invalid"
    assert code_of(await asker.ask(action, target=ref)) == "stale_ref"


@pytest.mark.parametrize("action", ["input_value", "is_editable", "is_checked"])
async def test_an_element_that_cannot_have_what_is_asked_for_says_so(
    asker: Asker, site: Site, action: str
) -> None:
    await asker.get("goto", url=site.url("/reading"))

    outcome = await asker.ask(action, target="#greeting")

    assert code_of(outcome) == "not_actionable"
    assert outcome.error is not None
    assert "#greeting" in outcome.error.message


async def test_a_durable_selector_finds_the_same_element_in_another_document(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/frames"))
    found = await asker.get("locator", target=await ref_of(asker, 'button "Greet"'))
    by_selector = await asker.get("locator", target="#go", frame="#inner")
    await asker.get("goto", url=site.url("/frames"))

    assert isinstance(found, dict)
    assert found == by_selector
    assert found["code"].endswith('.get_by_role("button", name="Greet")')
    await asker.get("click", target=found["selector"])
    assert await asker.get("inner_text", target="#said", frame="#inner") == "hello"


async def test_a_long_attribute_is_cut_like_any_text(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/reading"))
    await asker.get("evaluate", expression="help.title = 'x'.repeat(500); 0")

    outcome = await asker.ask("get_attribute", target="#help", name="title", max_chars=10)

    assert b"cut at 10 of 500 characters" in bytes(outcome.result)
    assert len(outcome.artifacts) == 1
