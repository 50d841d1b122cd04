"""What stands in password fields, left out of what is told of a page.

On the screen it is dots; Playwright's outline has it in plain text. Somebody may have typed it by
hand, and whoever reads the page next is not to learn it.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from agent_runtime.actions.call import Call
from agent_runtime.actions.outline import Outline
from agent_runtime.browser.errors import CALL_FAILED

DOTS: Final = '"••••••••"'

_FIELD: Final = re.compile(r"^ *- '?textbox\b.*: .+$", re.MULTILINE)
_PATIENCE_SECONDS: Final = 1.0
_VALUES: Final = "fields => fields.map(field => field.value)"


async def without_passwords(call: Call, yaml: str) -> str:
    """Return an outline without them; asks the page only if a field of it is filled in."""
    if _FIELD.search(yaml) is None:
        return yaml
    passwords = await _passwords(call)

    def masked(found: re.Match[str]) -> str:
        written = found[0]
        lines = Outline.read(written).lines
        if not lines or not lines[0].shown:
            return written
        if passwords is not None and lines[0].text not in passwords:
            return written
        return written.removesuffix(lines[0].shown) + DOTS

    return _FIELD.sub(masked, yaml)


async def _passwords(call: Call) -> set[str] | None:
    """Return what stands in the page's password fields; null if a part of it does not say."""
    found: set[str] = set()
    for frame in call.page.frames:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                found.update(await frame.locator("input[type=password]").evaluate_all(_VALUES))
        except (TimeoutError, *CALL_FAILED):
            return None
    return found
