"""What sites may use without asking a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STATE = "name => navigator.permissions.query({name}).then(p => p.state)"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def clean(asker: Asker) -> AsyncIterator[None]:
    """No permission outlives its test."""
    yield
    await asker.get("clear_permissions")


async def state(asker: Asker, page: str | None = None, name: str = "geolocation") -> object:
    """Return what the page may do."""
    return await asker.get("evaluate", expression=STATE, arg=name, page=page)


async def test_what_is_granted_to_an_origin_is_granted_to_no_other(
    asker: Asker, site: Site, page: str
) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("goto", url=site.elsewhere("/form"), page=page)

    await asker.get("grant_permissions", permissions=["geolocation"], origin=site.url("/any"))
    await asker.get("grant_permissions", permissions=["midi"], origin=site.url("/"))

    assert (await state(asker), await state(asker, name="midi")) == ("granted", "granted")
    assert await state(asker, page) != "granted"


async def test_what_is_granted_to_all_is_taken_back(asker: Asker, site: Site, page: str) -> None:
    await asker.get("goto", url=site.elsewhere("/form"), page=page)

    await asker.get("grant_permissions", permissions=["geolocation"])
    granted = await state(asker, page)
    await asker.get("clear_permissions")

    assert granted == "granted"
    assert await state(asker, page) != "granted"


@pytest.mark.slow
async def test_it_holds_for_isolated_pages_too(asker: Asker, site: Site) -> None:
    await asker.get("grant_permissions", permissions=["geolocation"], origin=site.url("/"))

    isolated: Any = await asker.get("new_page", isolated=True, url=site.url("/form"))

    assert await state(asker, isolated["id"]) == "granted"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"permissions": ["everything"]}, "invalid_params"),
        ({"permissions": []}, "invalid_params"),
        ({"permissions": ["midi"], "origin": "about:blank"}, "invalid_params"),
        ({"permissions": ["midi"], "origin": "chrome://settings"}, "blocked_by_policy"),
    ],
)
async def test_what_cannot_be_granted_is_refused(
    asker: Asker, params: dict[str, Any], code: str
) -> None:
    assert code_of(await asker.ask("grant_permissions", **params)) == code


@pytest.mark.parametrize(
    "permission",
    [
        *("accelerometer", "ambient-light-sensor", "background-sync", "camera", "clipboard-read"),
        *("clipboard-write", "gyroscope", "local-fonts", "local-network-access", "magnetometer"),
        *("microphone", "midi-sysex", "notifications", "payment-handler", "screen-wake-lock"),
        "storage-access",
    ],
)
async def test_each_permission_is_one_that_chromium_knows(asker: Asker, permission: str) -> None:
    await asker.get("grant_permissions", permissions=[permission])
