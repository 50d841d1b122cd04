"""Outlines of the page."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from playwright.async_api import Page

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


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


async def test_a_frame_alone_is_outlined_whole(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    inside = await asker.get("snapshot", frame="#inner")

    assert isinstance(inside, dict)
    assert "Greet" in inside["snapshot"]
    assert "Outer" not in inside["snapshot"]


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


async def test_a_line_that_a_snapshot_is_cut_in_is_left_out_with_its_ref(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/shop"))
    whole = (await take(asker))["snapshot"]

    for max_chars in range(200, 230):
        answer = await take(asker, max_chars=max_chars)
        shown, _, note = answer["snapshot"].rpartition("\n")
        assert note.startswith(f"[cut at {max_chars} of")
        lines = [re.sub(r"p[0-9]+s[0-9]+", "", line) for line in shown.splitlines()]
        assert (
            lines
            == [re.sub(r"p[0-9]+s[0-9]+", "", line) for line in whole.splitlines()][: len(lines)]
        )


@pytest.mark.parametrize("params", [{"boxes": True}, {"interactive_only": True}, {"depth": 9}])
async def test_whatever_is_asked_for_the_answer_obeys_max_chars(
    asker: Asker, site: Site, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/elements?count=500"))

    outcome = await asker.ask("snapshot", max_chars=1_000, **params)

    assert len(outcome.result) < 1_300
    (artifact,) = outcome.artifacts
    assert len(asker.artifacts.kept[artifact.artifact_id]) > 2_000


async def test_the_interactive_part_of_a_page_is_small_and_its_refs_work(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/shop"))
    whole = await take(asker)

    part = await take(asker, interactive_only=True)

    assert len(part["snapshot"]) < len(whole["snapshot"]) / 2
    assert "Nothing here can be clicked" not in part["snapshot"]
    assert 'heading "Goods"' in part["snapshot"]
    pears = re.search(r'Pears 4\n\s+- button "Remove" \[ref=(\w+)\]', part["snapshot"])
    assert pears is not None
    await asker.get("click", target=pears[1])
    assert await asker.get("count", target="tr:has-text('Pears')") == 0


async def test_what_changed_since_a_snapshot_is_told_and_nothing_else(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/shop"))
    first = await take(asker)
    same = await take(asker, since=first["snapshot_id"])
    await asker.get("click", target="text=Details")

    changed = await take(asker, since=first["snapshot_id"])
    again = await take(asker, since=changed["snapshot_id"])

    assert same["snapshot"] == ""
    assert changed["since"] == first["snapshot_id"]
    assert "+     - paragraph" in changed["snapshot"]
    assert changed["snapshot"].endswith(": clicked")
    assert "Pears" not in changed["snapshot"]
    assert again["snapshot"] == ""


async def test_changes_are_told_of_the_interactive_part_and_of_an_element_too(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/shop"))
    whole = await take(asker)
    table = await take(asker, target="table")
    await asker.get("click", target="text=Remove >> nth=0")

    buttons = await take(asker, since=whole["snapshot_id"], interactive_only=True)
    rows = await take(asker, since=table["snapshot_id"], target="table")

    assert '-     - button "Remove"' in buttons["snapshot"]
    assert '"Apples"' in rows["snapshot"]
    assert "main" not in rows["snapshot"]


async def test_where_all_has_changed_the_whole_is_told(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/shop"))
    before = await take(asker)
    await asker.get("evaluate", expression="document.body.innerHTML = '<p>gone</p>'; 0")

    after = await take(asker, since=before["snapshot_id"])

    assert "since" not in after
    assert after["snapshot"].endswith("]: gone")


async def test_a_snapshot_that_nothing_can_be_compared_with_is_refused(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/form"))
    first = (await take(asker))["snapshot_id"]
    page, _, number = first.partition("s")
    for _ in range(4):
        await take(asker)
    newest = (await take(asker))["snapshot_id"]
    table = (await take(asker, target="#colour"))["snapshot_id"]

    forgotten = await asker.ask("snapshot", since=first)
    unknown = await asker.ask("snapshot", since=f"{page}s{int(number) + 1_000}")
    stranger = await asker.ask("snapshot", since="p999999s1")
    another_part = await asker.ask("snapshot", since=table)
    no_id = await asker.ask("snapshot", since="yesterday")
    await asker.get("goto", url=site.url("/form"))
    left = await asker.ask("snapshot", since=newest)

    for outcome, why in (
        (forgotten, "not remembered any more"),
        (unknown, "there is no snapshot"),
        (stranger, "is of page p999999"),
        (left, "has left"),
    ):
        assert code_of(outcome) == "stale_ref"
        assert outcome.error is not None
        assert why in outcome.error.message
        assert "take a whole snapshot" in outcome.error.message
    assert code_of(another_part) == "invalid_params"
    assert code_of(no_id) == "invalid_params"


async def test_text_that_looks_like_a_ref_stays_text(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("evaluate", expression="said.textContent = 'click [ref=e1]'; 0")

    answer = await take(asker)

    assert answer["snapshot"].endswith(": hover me")
    assert "click [ref=e1]" in answer["snapshot"]


async def take(asker: Asker, **params: Any) -> dict[str, str]:
    """Return a snapshot that must succeed."""
    answer = await asker.get("snapshot", **params)
    assert isinstance(answer, dict)
    return answer
