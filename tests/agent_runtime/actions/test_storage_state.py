"""Logins that are carried from one browser to another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.ids import ArtifactId, RequestId
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def isolated(asker: Asker, site: Site) -> AsyncIterator[str]:
    """A page of its own, on which somebody is signed in and has stored something."""
    opened: Any = await asker.get("new_page", isolated=True, url=site.url("/sign-in?user=ann"))
    page: str = opened["id"]
    await asker.get("set_local_storage", items={"cart": "7"}, page=page)
    yield page


def state(site: Site) -> dict[str, Any]:
    """A state in which somebody is signed in."""
    cookie = {"name": "session", "value": "bob", "domain": "127.0.0.1", "path": "/"}
    stored = [{"name": "cart", "value": "8"}]
    return {
        "cookies": [cookie],
        "origins": [{"origin": site.url(""), "localStorage": stored}],
    }


@pytest.mark.slow
async def test_what_is_saved_in_one_place_is_loaded_in_another(
    asker: Asker, site: Site, isolated: str
) -> None:
    saved: Any = await asker.get("storage_state", page=isolated)
    other: Any = await asker.get("new_page", isolated=True)

    loaded = await asker.get(
        "set_storage_state", artifact_id=saved["artifact_id"], page=other["id"]
    )
    await asker.get("goto", url=site.url("/account"), page=other["id"])

    assert saved | {"artifact_id": ""} == {
        "cookies": 2,
        "origins": [site.url("")],
        "artifact_id": "",
        "state": None,
    }
    assert loaded == {"cookies": 2, "origins": [site.url("")]}
    assert await asker.get("inner_text", target="#session", page=other["id"]) == "ann"
    stored: Any = await asker.get("local_storage", page=other["id"])
    assert [(one["name"], one["value"]) for one in stored["items"]] == [("cart", "7")]


@pytest.mark.slow
async def test_a_state_travels_in_commands_too(asker: Asker, site: Site, isolated: str) -> None:
    """What was there before is gone."""
    await asker.get("set_storage_state", state=state(site), page=isolated)

    told: Any = await asker.get("storage_state", inline=True, indexed_db=True, page=isolated)

    assert told["artifact_id"] is None
    assert [(one["name"], one["value"]) for one in told["state"]["cookies"]] == [("session", "bob")]
    assert told["state"]["origins"][0]["localStorage"] == [{"name": "cart", "value": "8"}]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "invalid_params"),
        ({"state": {}, "artifact_id": "a"}, "invalid_params"),
        ({"state": {"cookies": 1}}, "invalid_params"),
        ({"state": {"origins": [{"origin": "file:///etc"}]}}, "blocked_by_policy"),
        ({"state": {"origins": [{"origin": "nonsense"}]}}, "invalid_params"),
        ({"artifact_id": "none"}, "artifact_unavailable"),
    ],
)
async def test_what_is_no_state_is_refused_before_anything_is_lost(
    asker: Asker, given: dict[str, Any], code: str
) -> None:
    outcome = await asker.ask("set_storage_state", **given)

    assert code_of(outcome) == code
    assert outcome.effect is Effect.NONE


async def test_an_artifact_that_is_no_state_is_refused(asker: Asker) -> None:
    kept = await asker.artifacts.put(
        b"\x89PNG", content_type="image/png", name="a.png", request_id=RequestId("r")
    )

    outcome = await asker.ask("set_storage_state", artifact_id=kept.artifact_id)

    assert code_of(outcome) == "invalid_params"


@pytest.mark.slow
async def test_a_state_that_the_browser_does_not_take_may_have_been_taken_in_part(
    asker: Asker,
) -> None:
    isolated: Any = await asker.get("new_page", isolated=True)

    outcome = await asker.ask(
        "set_storage_state", state={"cookies": [{"name": "a", "value": "b"}]}, page=isolated["id"]
    )

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.PARTIAL


async def test_what_is_kept_is_playwright_s_own_format(asker: Asker) -> None:
    saved: Any = await asker.get("storage_state")

    kept = msgspec.json.decode(asker.artifacts.kept[ArtifactId(saved["artifact_id"])])
    assert set(kept) == {"cookies", "origins"}
