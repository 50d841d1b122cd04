"""Make the pictures of the dashboard anew: `python -m docs.pictures`.

A real orchestrator, real agents on pages of our own, and a person's browser that signs in and
looks at every view: wide and in a hand, light and dark. It costs two minutes, so no test does it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal, Self

from playwright.async_api import (
    Browser,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from agent_runtime.browser.find import find_browser
from docs.picture_fleet import busy_fleet, empty_fleet
from tests.end_to_end.fleet import Fleet

IMAGES: Final = Path(__file__).parent / "images"
SIZES: Final[dict[str, ViewportSize]] = {
    "desk": {"width": 1440, "height": 900},
    "hand": {"width": 390, "height": 844},
}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


class Person:
    """Somebody who looks, on a screen of one size and in one scheme; open with ``async with``."""

    def __init__(
        self,
        browser: Browser,
        fleet: Fleet,
        directory: Path,
        screen: tuple[str, Literal["light", "dark"]],
    ) -> None:
        """Put pictures of what *fleet* shows on *screen* into *directory*."""
        self.fleet = fleet
        self._browser = browser
        self._directory = directory
        self._screen = screen

    async def __aenter__(self) -> Self:
        """Open a browser that is this person's own."""
        size, scheme = self._screen
        self._context = await self._browser.new_context(
            base_url=self.fleet.url,
            viewport=SIZES[size],
            has_touch=size == "hand",
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._context.close()

    def somebody_else(self) -> Person:
        """Return another person, on a screen like this one's."""
        return Person(self._browser, self.fleet, self._directory, self._screen)

    async def open(self, path: str) -> Page:
        """Open a view."""
        page = await self._context.new_page()
        await page.goto(path)
        return page

    async def sign_in(self) -> Page:
        """Give the token, as everybody does, and return the page before it is sent."""
        page = await self.open("/sign-in")
        await page.get_by_label("Token").fill((self.fleet.data_dir / "token").read_text().strip())
        return page

    async def come_in(self) -> None:
        """Be signed in."""
        page = await self.sign_in()
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_title("Fleet · Xagent")
        await page.close()

    async def keep(self, page: Page, name: str) -> None:
        """Picture what is seen once it has come to rest."""
        # Over a button it would look as if it were about to be pressed.
        await page.mouse.move(0, 0)
        await page.wait_for_timeout(300)
        picture = self._directory / f"dashboard-{name}-{'-'.join(self._screen)}.png"
        await page.screenshot(path=picture)
        print(picture.name, picture.stat().st_size)


Look = Callable[[Person], Awaitable[None]]


async def _plain_views(person: Person) -> None:
    """Picture what an address alone leads to."""

    def latest(action: str) -> str:
        found = person.fleet.get("/api/commands", action=action, limit=1)["items"][0]
        return f"/commands/{found['request_id']}"

    views = {
        "list": ("/?view=list", "shop-1"),
        "history": ("/history", "screenshot"),
        "command": (latest("screenshot"), "screenshot.png"),
        "failed": (latest("click"), "selector_not_found"),
        "about": ("/agents/shop-1/about", "Registration"),
    }
    page = await person.open("/")
    for name, (path, seen) in views.items():
        await page.goto(path)
        await expect(page.get_by_text(seen).first).to_be_attached()
        await person.keep(page, name)
    await page.close()


async def _wall(person: Person) -> None:
    page = await person.open("/")
    await expect(page.locator("x-thumbnail canvas:visible")).not_to_have_count(0)
    await page.wait_for_timeout(1500)
    await person.keep(page, "fleet")
    await page.close()


async def _palette_and_keys(person: Person) -> None:
    page = await person.open("/agents/shop-1/history")
    await expect(page.locator(".history-row").first).to_be_visible()
    await page.keyboard.press("Control+K")
    await expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    await person.keep(page, "palette")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    await person.keep(page, "keys")
    await page.close()


async def _console(person: Person) -> None:
    page = await person.open("/agents/shop-1/run?action=click")
    await expect(page.get_by_text("The same from")).to_be_visible()
    await person.keep(page, "run")
    await page.goto("/agents/shop-1/run?action=find")
    await page.get_by_label("text", exact=True).fill("Desk lamp")
    await page.get_by_label("role", exact=True).fill("row")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.get_by_text("Succeeded")).to_be_visible()
    await person.keep(page, "ran")
    await page.close()


async def _control(person: Person) -> None:
    """Picture a page before, while somebody drives it, and what others see meanwhile."""
    page = await person.open("/agents/bank-2")
    await _until_sharp(page)
    await person.keep(page, "agent")
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_role("button", name="Take control").click()
    await expect(page.get_by_text("You have control")).to_be_visible()
    await person.keep(page, "control")
    async with person.somebody_else() as other:
        await other.come_in()
        await _see_control(other)
    await page.get_by_role("button", name="Hand back").click()
    await expect(page.get_by_role("button", name="Take control")).to_be_visible()
    await page.close()


async def _see_control(person: Person) -> None:
    """Picture what somebody is told who wants to drive as well."""
    page = await person.open("/agents/bank-2")
    await _until_sharp(page)
    await page.get_by_role("button", name="Take control").click()
    await expect(page.locator(".control-told")).to_contain_text("Ada")
    await person.keep(page, "controlled")


async def _visit(person: Person) -> None:
    """Picture what somebody sees who came by a link."""
    with person.fleet.client() as client:
        share = client.post("/api/agents/shop-1/shares", json={"expires_in": 3600}).json()
    page = await person.open(share["url"])
    await person.keep(page, "share")
    await page.get_by_role("button").click()
    await expect(page).to_have_title("shop-1 · Xagent")
    await _until_sharp(page)
    await expect(page.locator(".history-row").first).to_be_attached()
    await person.keep(page, "visitor")
    await page.close()


async def _until_sharp(page: Page) -> None:
    """Wait for a picture that was made for this view, and not for the wall."""
    await expect(page.locator(".stage-veil")).to_be_hidden()
    await page.wait_for_function(
        """() => {
            const canvas = document.querySelector('.stage-canvas');
            return canvas.width >= canvas.clientWidth;
        }"""
    )


async def _strange(person: Person) -> None:
    """Picture how somebody comes in, and a fleet to which nobody has come yet."""
    await person.keep(await person.sign_in(), "sign-in")
    await person.come_in()
    page = await person.open("/")
    await expect(page.get_by_text("Your first agent")).to_be_visible()
    await person.keep(page, "first")


async def _look(browser: Browser, fleet: Fleet, directory: Path, *looks: Look) -> None:
    for scheme in SCHEMES:
        for size in SIZES:
            async with Person(browser, fleet, directory, (size, scheme)) as person:
                for look in looks:
                    await look(person)


async def _main(directory: Path) -> None:
    async with async_playwright() as playwright:
        found = await find_browser(None, playwright.chromium.executable_path)  # type: ignore[arg-type]  # read
        async with await playwright.chromium.launch(executable_path=found.path) as browser:
            with empty_fleet() as fleet:
                await _look(browser, fleet, directory, _strange)
            with busy_fleet() as fleet:
                calm = (_wall, _plain_views, _palette_and_keys)
                await _look(browser, fleet, directory, Person.come_in, *calm)
                # What is done from here on stands in the history.
                await _look(browser, fleet, directory, Person.come_in, _console, _control)
                await _look(browser, fleet, directory, _visit)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
