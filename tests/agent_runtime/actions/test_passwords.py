"""Password fields in what is told of a page."""

from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.actions.passwords import DOTS
from tests.agent_runtime.actions.asking import Asker
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CANARY = 'hunter2: "canary"'

FIELDS = f"""<label>Name <input value="Ada: the 1st"></label>
<label>Password <input type=password value='{CANARY}'></label>
<label>PIN <input type=password value=4711></label>
<div id=host></div>
<iframe srcdoc="<label>Inner <input type=password value=canary-in-frame></label>"></iframe>
<script>
  const root = host.attachShadow({{mode: 'open'}});
  root.innerHTML = '<label>Deep <input type=password value=canary-in-shadow></label>';
</script>"""


async def show(asker: Asker, site: Site, html: str) -> None:
    """Show a page of these fields."""
    await asker.get("goto", url=site.url("/blank"))
    main = asker.browser.tabs.main
    assert main is not None
    await main.page.set_content(html)


@pytest.mark.parametrize("params", [{}, {"interactive_only": True}, {"target": "body"}])
async def test_a_snapshot_has_dots_where_the_page_shows_dots(
    asker: Asker, site: Site, params: dict[str, Any]
) -> None:
    await show(asker, site, FIELDS)

    taken: Any = await asker.get("snapshot", **params)

    text = taken["snapshot"]
    assert "canary" not in text
    assert "4711" not in text
    assert "Ada: the 1st" in text
    assert text.count(DOTS) == 4


async def test_what_differs_and_what_is_found_has_dots(asker: Asker, site: Site) -> None:
    await show(asker, site, "<label>Password <input type=password></label><p>Other</p>" * 9)
    before: Any = await asker.get("snapshot")
    main = asker.browser.tabs.main
    assert main is not None
    await main.page.locator("input").first.fill("canary")

    changed: Any = await asker.get("snapshot", since=before["snapshot_id"])
    found = await asker.get("find", text="canary")

    assert "canary" not in str(changed)
    assert DOTS in changed["snapshot"]
    assert "canary" not in str(found)


async def test_a_field_that_is_shown_in_plain_text_is_told_in_plain_text(
    asker: Asker, site: Site
) -> None:
    await show(asker, site, "<label>Password <input value=shown></label>")

    taken: Any = await asker.get("snapshot")

    assert "shown" in taken["snapshot"]
