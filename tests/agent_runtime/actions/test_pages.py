"""Pages, their ids, and the main one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Route

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_new_page_gets_an_id_under_which_it_is_used(asker: Asker, site: Site) -> None:
    main = asker.browser.tabs.main
    assert main is not None

    opened = await asker.get("new_page", url=site.url("/form"))

    assert isinstance(opened, dict)
    assert opened | {"id": ""} == {
        "id": "",
        "url": site.url("/form"),
        "title": "Form",
        "status": 200,
    }
    assert await asker.get("title", page=opened["id"]) == "Form"
    listed = await asker.get("pages")
    assert isinstance(listed, dict)
    assert [(one["id"], one["main"]) for one in listed["pages"]] == [
        (main.id, True),
        (opened["id"], False),
    ]


async def test_when_the_main_page_closes_the_next_oldest_serves(asker: Asker) -> None:
    main = asker.browser.tabs.main
    assert main is not None
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)

    closed = await asker.get("close_page")

    assert closed == {"closed": main.id, "main": opened["id"]}
    assert (await asker.ask("title")).page is not None


async def test_when_the_last_page_closes_a_blank_one_takes_its_place(asker: Asker) -> None:
    main = asker.browser.tabs.main
    assert main is not None

    closed = await asker.get("close_page", page=main.id)

    assert isinstance(closed, dict)
    assert closed["main"] != main.id
    assert await asker.get("evaluate", expression="location.href") == "about:blank"


async def test_a_closed_page_is_told_from_one_that_never_was(asker: Asker) -> None:
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    await asker.get("close_page", page=opened["id"])

    closed = await asker.ask("title", page=opened["id"])
    unknown = await asker.ask("title", page="p999999")
    odd = await asker.ask("close_page", page="first")

    assert code_of(closed) == "page_closed"
    assert closed.error is not None
    assert closed.error.details == {"open": [tab.id for tab in asker.browser.tabs]}
    assert code_of(unknown) == "page_not_found"
    assert code_of(odd) == "page_not_found"


async def test_a_page_that_a_site_opens_gets_an_id_too(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/popups"))
    await asker.get("click", target="text=Open")
    await eventually(lambda: len(asker.browser.tabs) == 2)
    popup = tuple(asker.browser.tabs)[1]

    assert await asker.get("wait_for", page=popup.id, selector="#go") == {"url": site.url("/form")}


async def test_a_page_may_be_closed_while_it_hangs(asker: Asker) -> None:
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    page = opened["id"]
    stuck = asker.command("evaluate", page=page, expression="new Promise(() => {})")
    close = asker.command("close_page", page=page)

    assert asker.performer.lane(stuck) == page
    assert asker.performer.lane(close) is None
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(asker.performer.perform(stuck))
        tab = asker.browser.tabs.named(page)
        await eventually(tab.turn.locked)
        assert result_of(await asker.performer.perform(close)) is not None

    assert code_of(waiting.result()) == "page_closed"


async def test_a_blocked_address_opens_no_page(asker: Asker) -> None:
    before = len(asker.browser.tabs)

    outcome = await asker.ask("new_page", url="file:///etc/passwd")

    assert code_of(outcome) == "blocked_by_policy"
    assert len(asker.browser.tabs) == before


async def test_the_browser_describes_itself(asker: Asker) -> None:
    described = await asker.get("browser_info")

    assert isinstance(described, dict)
    assert described["headless"] is True
    assert described["version"][0].isdigit()
    assert "Chrome" in described["user_agent"]


async def test_on_a_full_disk_no_page_opens_and_those_there_are_go_on(asker: Asker) -> None:
    """A directory in the way of the file stands for the disk."""
    before = len(asker.browser.context.pages)
    obstacle = asker.browser.settings.directory / ".next_page.new"
    obstacle.mkdir()

    outcome = await asker.ask("new_page")
    await asker.get("evaluate", expression="void window.open('about:blank')")
    obstacle.rmdir()

    assert code_of(outcome) == "browser_unavailable"
    assert len(asker.browser.tabs) == before
    await asker.get("evaluate", expression="1")
    for page in asker.browser.context.pages[before:]:
        await page.close()


async def test_a_new_page_that_hangs_while_it_loads_is_freed(asker: Asker) -> None:
    async def endless(route: Route) -> None:
        await route.fulfill(body="<title>Free</title><script>for (;;);</script>")

    await asker.browser.context.route("**/endless", endless)
    outcome = await asker.ask("new_page", url="http://site.test/endless", timeout=1)
    await asker.browser.context.unroute("**/endless")

    assert code_of(outcome) == "timed_out"
    assert outcome.page is not None
    assert await asker.get("title", page=outcome.page.id, timeout=3) == "Free"


async def opened_page(asker: Asker, **params: Any) -> str:
    """Open a page and return its id."""
    opened = await asker.get("new_page", **params)
    assert isinstance(opened, dict)
    return str(opened["id"])


async def test_a_label_names_a_page_as_well_as_its_id(asker: Asker, site: Site) -> None:
    page = await opened_page(asker, label="shop", url=site.url("/form"))

    outcome = await asker.ask("title", page="shop")

    assert result_of(outcome) == "Form"
    assert outcome.page is not None
    assert outcome.page.id == page
    assert asker.performer.lane(asker.command("title", page="shop")) == page
    assert asker.browser.status().pages[-1].label == "shop"


async def test_a_label_is_given_later_and_to_one_page_only(asker: Asker) -> None:
    first, second = await opened_page(asker, label="one"), await opened_page(asker)

    refused = await asker.ask("label_page", page=second, label="one")
    at_birth = await asker.ask("new_page", label="one")
    await asker.get("label_page", page=first, label="uno")
    named = await asker.get("label_page", page=second, label="one")

    assert code_of(refused) == code_of(at_birth) == "invalid_params"
    assert refused.error is not None
    assert first in refused.error.message
    assert isinstance(named, dict)
    assert (named["id"], named["label"]) == (second, "one")
    assert len(asker.browser.tabs) == 3, "no page was opened for a label that is taken"


@pytest.mark.parametrize("label", ["p5", "5", "", "a b", "x" * 64])
async def test_what_could_be_an_id_is_no_label(asker: Asker, label: str) -> None:
    assert code_of(await asker.ask("new_page", label=label)) == "invalid_params"


async def test_an_isolated_page_has_nothing_of_the_profiles(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/sign-in?user=ada"))
    page = await opened_page(asker, isolated=True, url=site.url("/account"))

    assert await asker.get("inner_text", target="#session", page=page) == "nobody"
    await asker.get("goto", url=site.url("/sign-in?user=eve"), page=page)
    await asker.get("goto", url=site.url("/account"))

    assert await asker.get("inner_text", target="#session") == "ada"
    await asker.get("goto", url=site.url("/sign-out"))


async def test_an_isolated_page_is_never_the_main_one_and_leaves_nothing(asker: Asker) -> None:
    page = await opened_page(asker, isolated=True)
    browser = asker.browser.context.browser
    main = asker.browser.tabs.main
    assert browser is not None
    assert main is not None

    closed = await asker.get("close_page", page=main.id)
    await asker.get("close_page", page=page)

    assert isinstance(closed, dict)
    assert closed["main"] not in (main.id, page)
    assert browser.contexts == [asker.browser.context]


async def test_dialogs_and_popups_of_an_isolated_page_are_met_too(asker: Asker, site: Site) -> None:
    page = await opened_page(asker, isolated=True, url=site.url("/dialogs"))
    asked = await asker.ask("click", target="#confirm", page=page)
    await asker.get("goto", url=site.url("/popups"), page=page)
    await asker.get("click", target="text=Open", page=page)
    popup = await asker.get("wait_for_new_page", since=page)

    assert asked.dialog is not None
    assert asked.dialog.action == "dismissed"
    assert isinstance(popup, dict)
    assert popup["isolated"] is True


async def test_a_page_that_came_before_it_was_waited_for_is_found(asker: Asker, site: Site) -> None:
    main = asker.browser.tabs.main
    assert main is not None
    await asker.get("goto", url=site.url("/popups"))
    await asker.get("click", target="text=Open")

    found = await asker.get("wait_for_new_page", since=main.id)

    assert isinstance(found, dict)
    assert (found["url"], found["title"]) == (site.url("/form"), "Form")


async def test_a_page_that_comes_later_is_waited_for(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/popups"))

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(asker.get("wait_for_new_page"))
        await asker.get("click", target="text=Open")

    found = waiting.result()
    assert isinstance(found, dict)
    assert found["url"] == site.url("/form")


async def test_no_page_in_time_is_a_timeout(asker: Asker) -> None:
    assert code_of(await asker.ask("wait_for_new_page", timeout=0.2)) == "timed_out"


async def test_a_page_in_the_background_leaves_the_front_to_the_other(asker: Asker) -> None:
    first = await opened_page(asker)
    await opened_page(asker, background=True)
    front = asker.browser.tabs.front

    assert front is not None
    assert front.id == first
    await asker.get("bring_to_front")
    assert asker.browser.tabs.front is asker.browser.tabs.main
