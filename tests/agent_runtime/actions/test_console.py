"""What scripts have written to the console, and what they failed with."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, eventually
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def run(asker: Asker, page: str, script: str) -> None:
    """Run a script in the page."""
    await asker.get("evaluate", expression=script, page=page)


async def messages(asker: Asker, page: str, **params: Any) -> list[dict[str, Any]]:
    """Return what the console has."""
    result = await asker.get("console", page=page, **params)
    assert isinstance(result, dict)
    found: list[dict[str, Any]] = result["messages"]
    return found


async def errors(asker: Asker, page: str, **params: Any) -> list[dict[str, Any]]:
    """Return what nobody caught."""
    result = await asker.get("page_errors", page=page, **params)
    assert isinstance(result, dict)
    found: list[dict[str, Any]] = result["errors"]
    return found


async def test_what_scripts_write_is_listed_with_its_place(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/console"), page=page)

    (message,) = await messages(asker, page, text="WRITTEN")

    assert message | {"id": 0, "at": ""} == {
        "id": 0,
        "type": "log",
        "text": "written {a: 1}",
        "at": "",
        "url": site.url("/console"),
        "line": 3,
        "column": 11,
    }
    assert message["at"].endswith("Z")


@pytest.mark.parametrize(
    ("level", "texts"),
    [
        ("error", ["error", "assertion"]),
        ("warning", ["warning", "error", "assertion"]),
        ("info", ["log", "info", "warning", "error", "assertion"]),
        ("debug", ["debug", "log", "info", "warning", "error", "assertion"]),
    ],
)
async def test_a_level_is_this_one_and_what_is_more_severe(
    asker: Asker, page: str, level: str, texts: list[str]
) -> None:
    script = """console.debug('debug'); console.log('log'); console.info('info');
        console.warn('warning'); console.error('error'); console.assert(false, 'assertion')"""
    await run(asker, page, script)

    assert [one["text"] for one in await messages(asker, page, level=level)] == texts


async def test_a_message_keeps_its_id_and_only_newer_ones_are_asked_for(
    asker: Asker, site: Site, page: str
) -> None:
    await run(asker, page, "console.log('a'); console.log('a')")
    first = await messages(asker, page)
    await asker.get("goto", url=site.url("/form"), page=page)
    await run(asker, page, "console.log('b')")

    newer = await messages(asker, page, since=first[-1]["id"], text="b")

    assert [one["id"] for one in first] == [1, 2]
    assert [one["text"] for one in newer if one["type"] == "log"] == ["b"]
    assert (await messages(asker, page))[:2] == first


async def test_the_newest_are_shown_and_long_texts_are_cut(asker: Asker, page: str) -> None:
    await run(asker, page, "for (const n of [1, 2, 3]) console.log('a'.repeat(30) + n)")

    found = await asker.get("console", page=page, max=2, max_chars=10)

    assert isinstance(found, dict)
    assert found["left_out"] == 1
    assert [one["id"] for one in found["messages"]] == [2, 3]
    assert found["messages"][0]["text"] == "aaaaaaaaaa [cut at 10 of 31 characters]"


async def test_half_a_character_does_no_harm(asker: Asker, page: str) -> None:
    await run(asker, page, "console.log('\\ud800'); setTimeout(() => { throw '\\ud800' })")

    assert [one["text"] for one in await messages(asker, page)] == ["\ufffd"]


async def test_what_nobody_caught_is_listed(asker: Asker, page: str) -> None:
    script = """void setTimeout(() => { throw new TypeError('first') });
        void Promise.reject('second'); new Promise(r => setTimeout(r, 10))"""
    await run(asker, page, script)

    found = await errors(asker, page)

    by_message = {one["message"]: one for one in found}
    assert by_message["first"]["name"] == "TypeError"
    assert by_message["first"]["stack"].startswith("TypeError: first\n")
    assert by_message["second"] == {
        "id": by_message["second"]["id"],
        "name": "",
        "message": "second",
        "stack": "",
    }
    assert len(await errors(asker, page, since=1)) == 1
    bounded = await asker.get("page_errors", page=page, max=1, max_chars=3)
    assert isinstance(bounded, dict)
    assert (len(bounded["errors"]), bounded["left_out"]) == (1, 1)
    assert "[cut at 3 of " in bounded["errors"][0]["message"]


@pytest.mark.slow
async def test_a_page_that_hangs_can_be_looked_at(asker: Asker, page: str) -> None:
    tab = asker.browser.tabs.named(page)

    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(
            asker.ask("evaluate", expression="console.log('on'); for (;;);", page=page, timeout=1)
        )
        await eventually(tab.turn.locked)
        seen: list[dict[str, Any]] = []
        async with asyncio.timeout(5):
            while not seen:
                seen = await messages(asker, page)
        assert not hanging.done()

    assert [one["text"] for one in seen] == ["on"]


@pytest.mark.parametrize("params", [{"level": "loud"}, {"since": -1}, {"max": 0}, {"text": ""}])
async def test_what_makes_no_sense_is_refused(asker: Asker, params: dict[str, Any]) -> None:
    assert code_of(await asker.ask("console", **params)) == "invalid_params"
