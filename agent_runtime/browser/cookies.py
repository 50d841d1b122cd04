"""Cookies that outlive kill -9.

Chromium writes cookies to its profile every 30 seconds, so a login made shortly before a crash
would be lost; and it forgets session cookies whenever it ends, although to the people behind an
agent nothing has ended. So a copy is kept beside the profile: taken soon after each command that
may have changed something, every few seconds besides, and at the end. At launch the copy wins
over the profile, which was written less often; what only the profile has is left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import msgspec
from playwright.async_api import BrowserContext, Cookie

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.files import write_private

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam

_CookieKey = tuple[str, str, str, str]

_encoder: Final = msgspec.json.Encoder(order="deterministic")


class CookieJar:
    """The copy of one profile's cookies in one file."""

    def __init__(self, path: Path) -> None:
        """Keep the copy at *path*."""
        self._path = path
        self._written = b""

    async def save(self, context: BrowserContext) -> None:
        """Write the cookies of *context* if they changed.

        Raises:
            playwright.async_api.Error: the browser is gone; the copy is as it was.
        """
        content = _encoder.encode(await context.cookies())
        if content != self._written:
            await asyncio.to_thread(write_private, self._path, content)
            self._written = content

    async def restore(self, context: BrowserContext) -> None:
        """Give *context* the cookies as they were; an unreadable copy is as good as none."""
        try:
            saved = msgspec.json.decode(
                await asyncio.to_thread(self._path.read_bytes), type=list[Cookie]
            )
        except (OSError, msgspec.MsgspecError):
            return
        present = {_key(cookie): cookie.get("value") for cookie in await context.cookies()}
        await _add(
            context,
            [
                one
                for one in saved
                if present.get(_key(one)) != one.get("value") and not _is_expired(one)
            ],
        )


def _key(cookie: Cookie) -> _CookieKey:
    return (
        cookie.get("name", ""),
        cookie.get("domain") or "",
        cookie.get("path") or "",
        cookie.get("partitionKey") or "",
    )


def _is_expired(cookie: Cookie) -> bool:
    expires = cookie.get("expires")
    return expires is not None and 0 <= expires <= time.time()


async def _add(context: BrowserContext, cookies: Sequence[Cookie]) -> None:
    if not cookies:
        return
    # What `cookies()` returns is what `add_cookies()` takes, though their types do not say so.
    params = cast("Sequence[SetCookieParam]", cookies)
    try:
        await context.add_cookies(params)
    except CALL_FAILED:
        # One cookie that this Chromium no longer accepts must not cost the others.
        for param in params:
            with contextlib.suppress(*CALL_FAILED):
                await context.add_cookies([param])
