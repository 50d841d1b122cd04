"""What one page takes its browser for: another device, language, time zone or user agent.

Set by the page's own session of CDP, it holds through every navigation of that page, into another
process too, and ends with the page. Chromium undoes some of it by itself, which is renewed before
each command.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import CDPSession, Page, ViewportSize

from agent_runtime.browser.iframes import Iframes
from agent_runtime.browser.order import Order
from agent_runtime.browser.user_agent import identity

_RENEWAL_SECONDS: Final = 0.5
_ROUNDING: Final = 0.1
"""By how much two scales may differ that are the same; those of devices differ by more."""


@dataclass(frozen=True)
class Device:
    """A screen with what stands behind it; sizes in CSS pixels."""

    user_agent: str
    viewport: tuple[int, int]
    screen: tuple[int, int]
    scale: float
    is_mobile: bool
    has_touch: bool

    def metrics(self) -> Mapping[str, Any]:
        """Say it as `Emulation.setDeviceMetricsOverride` takes it."""
        (width, height), (screen_width, screen_height) = self.viewport, self.screen
        is_wide = width > height
        return {
            "width": width,
            "height": height,
            "screenWidth": screen_width,
            "screenHeight": screen_height,
            "deviceScaleFactor": self.scale,
            "mobile": self.is_mobile,
            "screenOrientation": {
                "type": "landscapePrimary" if is_wide else "portraitPrimary",
                "angle": 90 if is_wide and self.is_mobile else 0,
            },
        }


@dataclass(frozen=True)
class Emulated:
    """What differs from the browser as it is."""

    device: Device | None = None
    user_agent: str | None = None
    locale: str | None = None
    timezone: str | None = None

    def identity(self) -> Order:
        """How it calls itself."""
        user_agent = self.user_agent or (self.device.user_agent if self.device else "")
        params = dict(identity(user_agent))
        if self.locale is not None:
            params["acceptLanguage"] = self.locale
        return ("Emulation.setUserAgentOverride", params)

    def language(self) -> Order:
        """Which language and formats scripts find."""
        params = {"locale": self.locale} if self.locale is not None else {}
        return ("Emulation.setLocaleOverride", params)

    def clock(self) -> Order:
        """Which time zone scripts find."""
        return ("Emulation.setTimezoneOverride", {"timezoneId": self.timezone or ""})

    def touch(self) -> Order:
        """Whether it can be touched."""
        has_touch = self.device is not None and self.device.has_touch
        return ("Emulation.setTouchEmulationEnabled", {"enabled": has_touch})

    def orders(self) -> Iterator[Order]:
        """Say all that an iframe must be told besides its page."""
        yield self.identity()
        yield self.touch()
        if self.locale is not None:
            yield self.language()
        if self.timezone is not None:
            yield self.clock()


NOTHING: Final = Emulated()


class Emulation:
    """What is emulated on one page."""

    def __init__(self, page: Page) -> None:
        """Begin with the browser as it is."""
        self._page = page
        self._viewport_before: ViewportSize | None = None
        self._iframes: Iframes | None = None
        self.now = NOTHING

    async def set_user_agent(self, session: CDPSession, user_agent: str | None) -> None:
        """Call it by another name, or by its own.

        Raises:
            playwright.async_api.Error: Chromium does not take it; all is as before.
        """
        wanted = dataclasses.replace(self.now, user_agent=user_agent)
        await session.send(*wanted.identity())
        await self._settle(session, wanted, wanted.identity())

    async def set_locale(self, session: CDPSession, locale: str | None) -> None:
        """Put it into another language and country, or back.

        Raises:
            playwright.async_api.Error: Chromium does not take it; all is as before.
        """
        wanted = dataclasses.replace(self.now, locale=locale)
        await session.send(*wanted.language())
        await session.send(*wanted.identity())
        await self._settle(session, wanted, wanted.language(), wanted.identity())

    async def set_timezone(self, session: CDPSession, timezone: str | None) -> None:
        """Put it into another time zone, or back.

        Raises:
            playwright.async_api.Error: Chromium does not take it; all is as before.
        """
        wanted = dataclasses.replace(self.now, timezone=timezone)
        # A name that is none is noticed only where no other is in effect.
        await session.send(*NOTHING.clock())
        try:
            await session.send(*wanted.clock())
        except BaseException:
            await session.send(*self.now.clock())
            raise
        await self._settle(session, wanted, wanted.clock())

    async def set_device(self, session: CDPSession, device: Device | None) -> None:
        """Make it another device, or itself again.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        wanted = dataclasses.replace(self.now, device=device)
        before = self._page.viewport_size
        if self.now.device is None:
            self._viewport_before = before
        if device is None:
            await session.send("Emulation.clearDeviceMetricsOverride")
            if self._viewport_before is not None:
                await self._restore(self._viewport_before)
        elif before is not None:
            await self._page.set_viewport_size(_size(*device.viewport))
        await session.send(*wanted.identity())
        await session.send(*wanted.touch())
        await self._settle(session, wanted, wanted.identity(), wanted.touch())
        await self._show(session)

    async def set_viewport(self, session: CDPSession, width: int, height: int) -> None:
        """Give the page another size, on whatever device it is.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        await self._page.set_viewport_size(_size(width, height))
        if (device := self.now.device) is not None:
            turned = dataclasses.replace(device, viewport=(width, height))
            self.now = dataclasses.replace(self.now, device=turned)
            await self._show(session)

    async def renew(self, session: CDPSession) -> None:
        """Show the device again if a picture of the whole page has undone it, as Playwright's do.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        device = self.now.device
        if device is None:
            return
        with contextlib.suppress(TimeoutError):
            # A page that hangs must not keep its command from being stopped, and freeing it.
            async with asyncio.timeout(_RENEWAL_SECONDS):
                shown = await session.send("Page.getLayoutMetrics")
                width = shown["cssContentSize"]["width"]
                if abs(shown["contentSize"]["width"] - device.scale * width) > _ROUNDING * width:
                    await self._show(session)

    async def _show(self, session: CDPSession) -> None:
        if self.now.device is not None:
            # Chromium does nothing where it believes that the screen is this already.
            await session.send("Emulation.clearDeviceMetricsOverride")
            metrics = dict(self.now.device.metrics())
            await session.send("Emulation.setDeviceMetricsOverride", metrics)

    async def _settle(self, session: CDPSession, wanted: Emulated, *orders: Order) -> None:
        """Take *wanted* as what is, and let the iframes of other sites know."""
        self.now = wanted
        if self._iframes is None:
            self._iframes = Iframes(session, self._orders)
        await self._iframes.tell(orders)
        if wanted == NOTHING:
            await self._iframes.leave()
        else:
            await self._iframes.follow()

    def _orders(self) -> Iterator[Order]:
        return self.now.orders()

    async def _restore(self, size: ViewportSize) -> None:
        # Playwright sends nothing where it believes that the size is this already.
        await self._page.set_viewport_size(_size(size["width"], size["height"] + 1))
        await self._page.set_viewport_size(size)


def _size(width: int, height: int) -> ViewportSize:
    return ViewportSize(width=width, height=height)
