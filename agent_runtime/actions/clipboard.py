"""The clipboard of the browser.

A page may use it only over https, in front, and with a permission. None of that can be asked of the
page that happens to be open, so a page of our own does it: in a context of its own, where the
permission is given and is gone with it. No site's permissions are touched.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta
from playwright.async_api import Page, Route

from agent_runtime.actions.call import Call
from agent_runtime.actions.params import MaxChars
from agent_runtime.actions.registry import action
from agent_runtime.actions.script import script_errors
from agent_runtime.actions.steering import steering

_ORIGIN: Final = "https://clipboard.invalid"
"""Secure, and nobody's: it is answered here, and no name server ever hears of it."""

_READ: Final = "navigator.clipboard.readText()"
_WRITE: Final = "text => navigator.clipboard.writeText(text)"


@action(family="clipboard", reads=False, on_page=False, example={"write": "271828"})
async def clipboard(
    call: Call,
    *,
    write: Annotated[str, Meta(max_length=1_000_000, description="Left out, it is read.")]
    | None = None,
    max_chars: MaxChars = 20_000,
) -> str | None:
    """Return the clipboard's text, or write a text into it for a page to paste.

    A page copies and pastes by its own buttons or by `press` with ControlOrMeta+c and
    ControlOrMeta+v. A browser without a window has a clipboard of its own; one with a window
    shares that of its machine with whoever sits there. What is no text is read as nothing.
    """
    for tab in call.browser.tabs:
        await steering(call, tab)  # it may hold what the person has just copied there
    async with call.browser.hidden_page() as page:
        await _open(page)
        with script_errors():
            if write is not None:
                await page.evaluate(_WRITE, write)
                return None
            text = str(await page.evaluate(_READ))
    return await call.text(text, max_chars, name="clipboard.txt", content_type="text/plain")


async def _open(page: Page) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(body="", content_type="text/html")

    await page.route("**/*", answer)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=_ORIGIN)
    await page.goto(_ORIGIN)
