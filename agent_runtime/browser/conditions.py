"""What callers want to hold on every page of the browser, isolated ones too.

It outlives the browser: whatever takes the place of one that died gets it as well. It ends with
the agent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import Final

import structlog
from playwright.async_api import BrowserContext, CDPSession, Geolocation
from structlog.typing import FilteringBoundLogger

from agent_runtime.browser.credentials import Credentials
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.routes import Routes
from agent_runtime.logs import described

log: FilteringBoundLogger = structlog.get_logger()

EVERYWHERE: Final = "*"
"""Stands for every origin."""


class Conditions:
    """The network, the place and the permissions that pages find; each change is made at once."""

    def __init__(self) -> None:
        """Begin with what Chromium has of itself."""
        self.routes = Routes("r")
        self.credentials = Credentials()
        self.is_offline = False
        self._headers: dict[str, str] = {}
        self._place: Geolocation | None = None
        self._permissions: dict[str, tuple[str, ...]] = {}

    async def apply(self, context: BrowserContext) -> None:
        """Let all of it hold in a *context* that is new; what it refuses is logged."""
        if self._headers:
            await _try("headers", context.set_extra_http_headers(self._headers))
        if self.is_offline:
            await _try("offline", context.set_offline(True))
        if self._place is not None:
            await _try("geolocation", context.set_geolocation(self._place))
        for origin, permissions in self._permissions.items():
            await _try("permissions", _grant(context, permissions, origin))
        await _try("routes", self.routes.attach(context))

    async def serve(self, session: CDPSession) -> None:
        """Let it hold in a browser that is new, by the browser's own *session*."""
        await _try("credentials", self.credentials.attach(session))

    async def set_headers(
        self, headers: Mapping[str, str], contexts: Iterable[BrowserContext]
    ) -> None:
        """Have *headers* sent with every request, in place of those before.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        self._headers = dict(headers)
        for context in contexts:
            await context.set_extra_http_headers(self._headers)

    async def set_offline(self, offline: bool, contexts: Iterable[BrowserContext]) -> None:
        """Cut the network off, or connect it again.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        self.is_offline = offline
        for context in contexts:
            await context.set_offline(offline)

    async def set_geolocation(
        self, place: Geolocation | None, contexts: Iterable[BrowserContext]
    ) -> None:
        """Let the browser be at *place*, or nowhere.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        self._place = place
        for context in contexts:
            await context.set_geolocation(place)

    async def grant(
        self, permissions: tuple[str, ...], origin: str, contexts: Iterable[BrowserContext]
    ) -> None:
        """Grant *permissions* to *origin*, besides those that it has.

        Raises:
            playwright.async_api.Error: the browser is gone, or does not know one of them.
        """
        for context in contexts:
            await _grant(context, permissions, origin)
        before = self._permissions.get(origin, ())
        self._permissions[origin] = tuple(dict.fromkeys((*before, *permissions)))

    async def clear_permissions(self, contexts: Iterable[BrowserContext]) -> None:
        """Take back every permission that was granted.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        self._permissions.clear()
        for context in contexts:
            await context.clear_permissions()


async def _grant(context: BrowserContext, permissions: tuple[str, ...], origin: str) -> None:
    await context.grant_permissions(permissions, origin=None if origin == EVERYWHERE else origin)


async def _try(what: str, step: Awaitable[None]) -> None:
    try:
        await step
    except CALL_FAILED as error:
        log.warning("a condition does not hold in the new browser", what=what, **described(error))
