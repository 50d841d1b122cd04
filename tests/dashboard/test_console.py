"""Running commands from their forms, and what came of them."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.end_to_end.fleet import Fleet
from tests.site.server import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

HARD = 'it\'s "quoted" $HOME `x` \\ ünï 😀\n<b>'


async def choose(page: Page, action: str) -> None:
    await page.get_by_role("combobox", name="Action", exact=True).fill(action)
    await page.get_by_role("option").filter(has_text=action).first.click()


async def snippet(page: Page, tool: str) -> str:
    await page.get_by_role("group", name="Tool").get_by_role("button", name=tool).click()
    return await page.locator(".snippets pre").inner_text()


def elsewhere(words: list[str], fleet: Fleet, directory: Path) -> str:
    """Run a program where the command line and the SDK find the fleet; return what it prints."""
    return subprocess.run(
        words,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "XAGENT_DATA_DIR": str(fleet.data_dir),
            "XAGENT_URL": fleet.url,
        },
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


async def test_a_command_is_run_from_the_form_that_its_schema_makes(page: Page, site: Site) -> None:
    await page.goto("/agents/alpha/run")
    await choose(page, "goto")
    await page.get_by_label("url").fill(site.url("/form"))
    await page.get_by_text("2 more, all optional").click()
    await page.get_by_label("wait_until").select_option("domcontentloaded")

    await page.get_by_role("button", name="Run", exact=True).click()

    outcome = page.locator(".outcome")
    await expect(outcome.get_by_text("Succeeded")).to_be_visible()
    await expect(outcome.get_by_text(f'"{site.url("/form")}"')).to_be_visible()
    await outcome.get_by_role("link", name="Details").click()
    await expect(page.get_by_text('wait_until: "domcontentloaded"')).to_be_visible()


async def test_beside_a_page_commands_run_on_that_page(
    page: Page, fleet: Fleet, site: Site
) -> None:
    opened = fleet.run("alpha", "new_page", params={"url": site.url("/form")})["result"]["id"]
    await page.goto("/agents/alpha")
    await page.locator(f'.tab[data-page="{opened}"]').click()
    await choose(page, "title")

    await expect(page.get_by_text(f"on page {opened}")).to_be_visible()
    await page.locator("x-console").get_by_role("button", name="Run", exact=True).click()

    await expect(page.locator(".outcome").get_by_text("Form", exact=True)).to_be_visible()
    fleet.run("alpha", "close_page", page=opened)
    await expect(page.get_by_text(f"on page {opened}")).to_have_count(0)


async def test_a_command_is_repeated_as_it_ran(page: Page, fleet: Fleet, site: Site) -> None:
    opened = fleet.run("alpha", "new_page", params={"url": site.url("/form")})["result"]["id"]
    ran = fleet.run("alpha", "inner_text", page=opened, timeout=77, params={"target": "body"})
    await page.goto(f"/commands/{ran['request_id']}")

    await page.get_by_role("link", name="Repeat").click()

    assert "--timeout 77" in (again := await snippet(page, "Command line"))
    assert f"--page {opened}" in again
    assert "target=body" in again
    fleet.run("alpha", "close_page", page=opened)
    await page.reload()
    await expect(page.get_by_text(f"Page {opened}, on which it ran, is not open")).to_be_visible()


async def test_the_whole_name_of_an_action_is_that_action(page: Page) -> None:
    await page.goto("/agents/alpha/run")
    field = page.get_by_role("combobox", name="Action", exact=True)
    for name in ("wait_for", "request"):
        await field.fill(name)
        await field.press("Enter")
        await expect(field).to_have_value(name)
        assert f"run alpha {name} " in f"{await snippet(page, 'Command line')} "


async def test_a_picture_is_shown_where_it_was_asked_for(page: Page) -> None:
    await page.goto("/agents/alpha/run?action=screenshot")
    await page.get_by_role("button", name="Run", exact=True).click()

    picture = page.locator(".outcome").get_by_role("img")

    await expect(picture).to_be_visible()
    assert await picture.evaluate("each => each.decode().then(() => each.naturalWidth)") > 100


async def test_a_failure_says_its_code_its_reason_and_whether_it_ran(page: Page) -> None:
    await page.goto("/agents/alpha/run?action=inner_text")
    await page.get_by_label("target").fill("css=#none-is-here")
    await page.get_by_text("How it runs").click()
    await page.get_by_label("timeout").fill("1")

    await page.get_by_role("button", name="Run", exact=True).click()

    fault = page.locator(".fault")
    await expect(fault).to_contain_text("selector_not_found")
    await expect(fault).to_contain_text("It changed nothing.")


async def test_what_the_schema_refuses_is_told_by_its_field(page: Page) -> None:
    await page.goto("/agents/alpha/run?action=goto")
    await page.get_by_label("url").fill("")

    await page.get_by_role("button", name="Run", exact=True).click()

    fault = page.locator(".fault")
    await expect(fault).to_contain_text("invalid_params")
    await expect(fault).to_contain_text("params.url")
    await expect(fault).to_contain_text("It did not run.")


async def test_a_command_that_lasts_shows_that_it_runs_and_can_be_cancelled(page: Page) -> None:
    await page.goto("/agents/crowd-0001/run?action=hold")
    await page.get_by_role("button", name="Run", exact=True).click()
    outcome = page.locator(".outcome")
    await expect(outcome.get_by_text("Running", exact=True)).to_be_visible()

    await outcome.get_by_role("button", name="Cancel").click()

    await expect(outcome.get_by_text("Cancelled", exact=True)).to_be_visible()


async def test_params_can_be_written_as_json(page: Page) -> None:
    await page.goto("/agents/alpha/run?action=evaluate")
    await page.get_by_label("As JSON", exact=True).click()
    field = page.get_by_label("Params as JSON")
    await field.fill('{"expression": "x => x.length", "arg": [1, 2, 3]')
    await expect(page.get_by_role("alert")).to_contain_text("no JSON")

    await field.fill('{"expression": "x => x.length", "arg": [1, 2, 3]}')
    await page.get_by_role("button", name="Run", exact=True).click()

    await expect(page.locator(".outcome .json")).to_have_text("3")


async def test_every_action_of_a_real_agent_has_a_form_that_gives_its_example_back(
    page: Page, fleet: Fleet
) -> None:
    actions = fleet.get("/api/agents/alpha/actions")["items"]
    await page.goto("/agents/alpha/run")
    await expect(page.get_by_role("combobox", name="Action", exact=True)).to_have_value("goto")

    read: dict[str, Any] = await page.evaluate(
        """async actions => {
            const { schemaForm } = await import('/dashboard/schema_form.js');
            return Object.fromEntries(actions.map(({ name, params }) => [
                name, schemaForm(params, params.examples[0], () => {}).read(),
            ]));
        }""",
        actions,
    )

    for action in actions:
        properties = action["params"]["properties"]
        example = {
            name: value
            for name, value in action["params"]["examples"][0].items()
            if value != properties[name].get("default", "none at all")
        }
        given = {
            name: value
            for name, value in read[action["name"]].items()
            if value != properties[name].get("default", "none at all")
        }
        assert given == example, action["name"]


@pytest.mark.parametrize("tool", ["Command line", "curl", "Python"])
async def test_what_is_copied_does_the_same_elsewhere(
    page: Page, fleet: Fleet, tool: str, tmp_path: Path
) -> None:
    await page.goto("/agents/alpha/run?action=evaluate")
    await page.get_by_label("expression").fill("x => x")
    await page.get_by_text("2 more, all optional").click()
    await page.get_by_label("arg").fill(json.dumps({"text": HARD, "list": [1, None, True]}))
    copied = await snippet(page, tool)

    answer = await asyncio.to_thread(
        elsewhere,
        [sys.executable, "-c", copied]
        if tool == "Python"
        else ["bash", "-c", copied + (" --json" if tool == "Command line" else "")],
        fleet,
        tmp_path,
    )

    if tool == "Python":
        assert "succeeded" in answer
        assert repr(HARD) in answer
    else:
        assert json.loads(answer)["result"] == {"text": HARD, "list": [1, None, True]}


async def test_text_is_quoted_so_that_a_shell_reads_it_as_it_was(page: Page) -> None:
    await page.goto("/agents/alpha/run?action=fill")
    await page.get_by_label("target").fill("@it's `x` $HOME")

    words = shlex.split(await snippet(page, "Command line"))

    assert words[:4] == ["xagent", "run", "alpha", "fill"]
    assert "target=@@it's `x` $HOME" in words
