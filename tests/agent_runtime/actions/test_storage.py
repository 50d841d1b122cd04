"""Local storage and session storage of the origin that a page shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KINDS = pytest.mark.parametrize("kind", ["local", "session"])


async def read(asker: Asker, kind: str, page: str, **params: Any) -> dict[str, Any]:
    """Return what the storage has."""
    result = await asker.get(f"{kind}_storage", page=page, **params)
    assert isinstance(result, dict)
    return result


@KINDS
async def test_items_are_set_read_and_removed(
    asker: Asker, site: Site, page: str, kind: str
) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)

    done = await asker.get(f"set_{kind}_storage", items={"b": "2", "a": "1"}, clear=True, page=page)
    script = f"Object.fromEntries(Object.entries({kind}Storage))"
    seen = await asker.get("evaluate", expression=script, page=page)
    found = await read(asker, kind, page)
    await asker.get(f"set_{kind}_storage", items={"a": None, "c": ""}, page=page)
    changed = await read(asker, kind, page)
    await asker.get(f"set_{kind}_storage", items={}, clear=True, page=page)

    assert done == {"origin": site.url(""), "items": 2}
    assert seen == {"a": "1", "b": "2"}
    assert found == {
        "origin": site.url(""),
        "items": [
            {"name": "a", "value": "1", "length": 1},
            {"name": "b", "value": "2", "length": 1},
        ],
        "left_out": 0,
    }
    assert [(one["name"], one["value"]) for one in changed["items"]] == [("b", "2"), ("c", "")]
    assert (await read(asker, kind, page))["items"] == []


@KINDS
async def test_what_is_read_is_bounded(asker: Asker, site: Site, page: str, kind: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    items = {"a": "x" * 50, "b": "2", "c": "\ud800"}
    script = f"items => Object.assign({kind}Storage, items)"
    await asker.get("evaluate", expression=script, arg=items | {"c": "half: "}, page=page)
    await asker.get("evaluate", expression=f"{kind}Storage.c += '\\ud800'", page=page)

    bounded = await read(asker, kind, page, max=1, max_chars=10)
    named = await read(asker, kind, page, names=["b", "c", "nowhere"])
    await asker.get(f"set_{kind}_storage", items={}, clear=True, page=page)

    assert bounded["items"] == [{"name": "a", "value": "x" * 10, "length": 50}]
    assert bounded["left_out"] == 2
    assert [one["value"] for one in named["items"]] == ["2", "half: \ufffd"]


@KINDS
async def test_another_origin_has_its_own(asker: Asker, site: Site, page: str, kind: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get(f"set_{kind}_storage", items={"a": "1"}, page=page)

    await asker.get("goto", url=site.elsewhere("/form"), page=page)

    assert await read(asker, kind, page) == {
        "origin": site.elsewhere(""),
        "items": [],
        "left_out": 0,
    }


async def test_session_storage_is_the_page_s_own(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    await asker.get("set_session_storage", items={"mine": "1"}, page=page)
    await asker.get("goto", url=site.url("/form"))

    main = asker.browser.tabs.main
    assert main is not None
    assert (await read(asker, "session", main.id))["items"] == []


@KINDS
@pytest.mark.parametrize("url", ["about:blank", "/sandboxed"])
async def test_a_page_that_can_store_nothing_says_so(
    asker: Asker, site: Site, page: str, kind: str, url: str
) -> None:
    await asker.get("goto", url=site.url(url) if url.startswith("/") else url, page=page)

    reading = await asker.ask(f"{kind}_storage", page=page)
    writing = await asker.ask(f"set_{kind}_storage", items={"a": "1"}, page=page)

    assert code_of(reading) == code_of(writing) == "not_actionable"
    assert writing.effect is Effect.NONE


@pytest.mark.slow
async def test_what_is_too_large_is_refused(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.url("/form"), page=page)
    # By hand, since so much does not travel in a command.
    await asker.get("evaluate", expression="localStorage.big = 'x'.repeat(5_000_000)", page=page)

    outcome = await asker.ask("set_local_storage", items={"b": "y" * 300_000}, page=page)
    await asker.get("set_local_storage", items={}, clear=True, page=page)

    assert code_of(outcome) == "not_actionable"
    assert outcome.effect is Effect.PARTIAL


async def test_an_item_is_a_text(asker: Asker) -> None:
    assert code_of(await asker.ask("set_local_storage", items={"a": 1})) == "invalid_params"
