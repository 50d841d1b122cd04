"""Scripts and styles that are put into documents."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def page(asker: Asker) -> str:
    """A page of its own, which has no script of another test."""
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    return str(opened["id"])


async def test_an_init_script_runs_in_each_document_to_come_until_it_is_removed(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", page=page, url=site.url("/blank"))

    added = await asker.get("add_init_script", page=page, script="window.early = document.title")
    assert added == {"id": "script-1"}
    assert await asker.get("evaluate", page=page, expression="window.early") is None
    for path in ("/form", "/frames"):
        await asker.get("goto", page=page, url=site.url(path))
        assert await asker.get("evaluate", page=page, expression="window.early") == ""
    inside = await asker.get("evaluate", page=page, frame="#inner", expression="window.early")
    assert inside == ""

    await asker.get("remove_init_script", page=page, id="script-1")
    await asker.get("reload", page=page)
    assert await asker.get("evaluate", page=page, expression="window.early") is None


async def test_an_init_script_replaces_an_earlier_one_of_its_name(
    asker: Asker, site: Site, page: str
) -> None:
    script = "window.run = (window.run ?? '') + '{}'"
    for word in "ab":
        added = await asker.get(
            "add_init_script", page=page, script=script.format(word), name="script-1"
        )
        assert added == {"id": "script-1"}
    assert await asker.get("add_init_script", page=page, script=script.format("c")) == {
        "id": "script-2"
    }

    await asker.get("goto", page=page, url=site.url("/blank"))

    run = await asker.get("evaluate", page=page, expression="run")
    assert sorted(str(run)) == ["b", "c"]


async def test_an_init_script_that_cannot_be_read_is_refused(asker: Asker, page: str) -> None:
    outcome = await asker.ask("add_init_script", page=page, script="let a = 1;\nx y")

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert "script: SyntaxError: Unexpected identifier 'y' (line 2)" in outcome.error.message


async def test_a_page_has_no_init_script_of_another(asker: Asker, page: str) -> None:
    await asker.get("add_init_script", page=page, script="1", name="mine")

    outcome = await asker.ask("remove_init_script", page=page, id="other")

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert "it has: mine" in outcome.error.message
    assert code_of(await asker.ask("remove_init_script", id="mine")) == "invalid_params"


async def test_a_page_has_no_more_init_scripts_than_it_can(asker: Asker, page: str) -> None:
    tab = asker.browser.tabs.named(page)

    async def remove() -> None:
        """Nothing was added."""

    tab.init_scripts.update({f"one-{number}": remove for number in range(100)})

    assert code_of(await asker.ask("add_init_script", page=page, script="1")) == "invalid_params"


async def test_evaluating_goes_on_after_a_script_was_checked(asker: Asker, page: str) -> None:
    assert await asker.get("evaluate", page=page, expression="1") == 1
    await asker.get("add_init_script", page=page, script="2")
    assert await asker.get("evaluate", page=page, expression="3") == 3


async def test_a_script_is_added_by_its_content_or_its_url(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/blank"))

    await asker.get("add_script_tag", content="window.first = 1")
    await asker.get("add_script_tag", content="window.second = import.meta.url", type="module")
    await asker.get("add_script_tag", url="/script.js")
    await asker.get("add_script_tag", url=site.url("/script.js"))

    await asker.get("wait_for", function="() => window.second")
    assert await asker.get("evaluate", expression="[first, loaded]") == [1, 2]


async def test_a_style_is_added_by_its_content_or_its_url(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/blank"))

    await asker.get("add_style_tag", content="#words { color: rgb(1, 2, 3) }")
    await asker.get("add_style_tag", url="/style.css")

    script = "(s => [s.color, s.backgroundColor])(getComputedStyle(words))"
    assert await asker.get("evaluate", expression=script) == ["rgb(1, 2, 3)", "rgb(4, 5, 6)"]


async def test_tags_are_added_to_a_frame(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    await asker.get("add_script_tag", frame="#inner", content="window.inside = 1")
    await asker.get("add_style_tag", frame="#inner", content="#go { color: rgb(1, 2, 3) }")

    script = "[window.inside, getComputedStyle(go).color]"
    inside = await asker.get("evaluate", frame="#inner", expression=script)
    assert inside == [1, "rgb(1, 2, 3)"]


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("add_script_tag", {"content": "1"}),
        ("add_script_tag", {"url": "/script.js"}),
        ("add_style_tag", {"content": "p { color: red }"}),
        ("add_style_tag", {"url": "http://127.0.0.1:1/style.css"}),
    ],
)
async def test_a_page_may_forbid_a_tag(
    asker: Asker, site: Site, action: str, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/strict"))

    outcome = await asker.ask(action, **params)

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.error is not None
    assert "the page's own policy forbids it" in outcome.error.message


@pytest.mark.parametrize("action", ["add_script_tag", "add_style_tag"])
@pytest.mark.parametrize("url", ["/nowhere.js", "http://127.0.0.1:1/nothing"])
async def test_what_cannot_be_loaded_is_said(
    asker: Asker, site: Site, action: str, url: str
) -> None:
    await asker.get("goto", url=site.url("/blank"))

    outcome = await asker.ask(action, url=url)

    assert code_of(outcome) == "evaluation_failed"
    assert outcome.error is not None
    assert "it could not be loaded" in outcome.error.message


@pytest.mark.parametrize(
    ("action", "params", "code", "named"),
    [
        ("add_init_script", {}, "invalid_params", "script"),
        ("add_init_script", {"script": ""}, "invalid_params", "$.script"),
        ("add_init_script", {"script": "1", "name": "no name"}, "invalid_params", "$.name"),
        ("remove_init_script", {}, "invalid_params", "id"),
        ("add_script_tag", {}, "invalid_params", "either url or content"),
        ("add_script_tag", {"url": "/a", "content": "1"}, "invalid_params", "url or content"),
        ("add_script_tag", {"content": "1", "type": "css"}, "invalid_params", "$.type"),
        ("add_script_tag", {"url": "file:///etc/passwd"}, "blocked_by_policy", "file:"),
        ("add_style_tag", {}, "invalid_params", "either url or content"),
        ("add_style_tag", {"content": ""}, "invalid_params", "$.content"),
        ("add_style_tag", {"content": "a", "frame": "#words"}, "not_actionable", "#words"),
        ("add_style_tag", {"url": "javascript:1"}, "blocked_by_policy", "javascript:"),
    ],
)
async def test_what_cannot_be_added_is_named(
    asker: Asker, site: Site, action: str, params: dict[str, Any], code: str, named: str
) -> None:
    await asker.get("goto", url=site.url("/blank"))

    outcome = await asker.ask(action, **params)

    assert code_of(outcome) == code
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert named in outcome.error.message
