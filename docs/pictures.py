"""Make the pictures of the dashboard anew: `python -m docs.pictures`.

A real orchestrator, real agents on pages of our own, and a person's browser that signs in and
looks at every view: wide and in a hand, light and dark. It costs a minute, so no test does it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from agent_runtime.browser.find import find_browser
from tests.end_to_end.fleet import Fleet, start, until
from tests.site.server import Site

IMAGES: Final = Path(__file__).parent / "images"
SIZES: Final[dict[str, ViewportSize]] = {
    "desk": {"width": 1440, "height": 900},
    "hand": {"width": 390, "height": 844},
}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")

THUMBNAIL: Final = 320

STYLE: Final = """<style>
  body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #222; background: #f6f7f9; }
  header { padding: 14px 32px; color: #fff; font-weight: 600; }
  main { max-width: 860px; margin: 28px auto; padding: 28px 32px; background: #fff;
    border: 1px solid #e3e6ea; border-radius: 10px; }
  h1 { margin: 0 0 14px; font-size: 24px; } table { width: 100%; border-collapse: collapse; }
  td, th { padding: 9px 6px; border-bottom: 1px solid #e8eaee; text-align: left; }
  input { display: block; width: 320px; margin: 6px 0 16px; padding: 9px; font: inherit;
    border: 1px solid #b8bec8; border-radius: 6px; }
  button { padding: 9px 18px; border: 0; border-radius: 6px; color: #fff; font: inherit; }
  .bars { display: flex; gap: 14px; align-items: end; height: 220px; }
  .bars i { flex: 1; background: #6b8fd6; border-radius: 4px 4px 0 0; }
</style>"""


def _page(title: str, colour: str, content: str) -> str:
    return (
        f"<!doctype html><title>{title}</title>{STYLE}<header style='background:{colour}'>"
        f"{title.rsplit(' · ', maxsplit=1)[-1]}</header><main>{content}</main>"
    )


_ROWS: Final = "".join(
    f"<tr><td>{number}</td><td>{who}</td><td>{what}</td><td>{price} €</td></tr>"
    for number, who, what, price in (
        (4711, "Adatum", "Desk lamp, brass", "129.00"),
        (4712, "Northwind", "Shelf, oak, 120 cm", "248.50"),
        (4713, "Contoso", "Chair, bent wood", "310.00"),
        (4714, "Tailspin", "Clock, wall, 30 cm", "84.90"),
        (4715, "Fabrikam", "Mirror, round", "162.00"),
        (4716, "Wingtip", "Rug, wool, 2 × 3 m", "540.00"),
    )
)
PAGES: Final = {
    "shop-1": _page(
        "Orders · Fabrikam Supply",
        "#28536b",
        f"<h1>Orders</h1><table><tr><th>No<th>Customer<th>What<th>Price</tr>{_ROWS}</table>",
    ),
    "bank-2": _page(
        "Sign in · Woodgrove Bank",
        "#7a2e3a",
        "<h1>Sign in</h1><label>Customer number<input value='4 711 008'></label>"
        "<label>Code from your telephone<input></label>"
        "<button style='background:#7a2e3a'>Sign in</button>",
    ),
    "reports": _page(
        "Visitors this week · Reports",
        "#3b4a8c",
        "<h1>Visitors this week</h1><div class='bars'>"
        + "".join(f"<i style='height:{share}%'></i>" for share in (48, 62, 55, 80, 92, 71, 38))
        + "</div>",
    ),
}
LABELS: Final = {
    "shop-1": ("site=fabrikam", "env=production"),
    "bank-2": ("site=woodgrove", "env=production"),
    "reports": ("team=marketing",),
    "laptop-7": ("place=home",),
}


@contextmanager
def _fleet(site: Site) -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as directory:
        fleet = Fleet(Path(directory))
        fleet.start_orchestrator()
        try:
            for name, labels in LABELS.items():
                flags = [flag for label in labels for flag in ("--label", label)]
                data_dir = str(fleet.data_dir)
                fleet.agents[name] = start(
                    *("agent_runtime", name, "--url", fleet.url, "--data-dir", data_dir, *flags),
                    log=fleet.data_dir / f"{name}.log",
                )
            fleet.until_ready(*LABELS)
            _seed(fleet, site)
            yield fleet
        finally:
            fleet.end()


def _seed(fleet: Fleet, site: Site) -> None:
    for name, content in PAGES.items():
        fleet.run(name, "goto", params={"url": site.url("/blank")})
        fleet.run(name, "set_content", params={"html": content})
        fleet.run(name, "title")
        fleet.run(name, "snapshot")
    fleet.run("shop-1", "click", params={"target": "role=button[name='Refund']"}, timeout=1)
    fleet.run("shop-1", "inner_text", params={"target": "h1"}, record="trace")
    fleet.run("reports", "pdf")
    fleet.run("reports", "screenshot")
    reason = "Sign in at the bank; the code goes to your telephone."
    fleet.run("bank-2", "request_human", wait=0, params={"reason": reason}, timeout=3000)
    fleet.run("reports", "evaluate", wait=0, timeout=600, params={"expression": FOREVER})
    laptop = fleet.agents["laptop-7"]
    laptop.terminate()
    laptop.wait()
    until(lambda: not fleet.contact("laptop-7")["connected"])


FOREVER: Final = "new Promise(() => {})"


def _views(fleet: Fleet) -> dict[str, tuple[str, str]]:
    """Return the address of each view, and what is to be seen before it is pictured."""

    def latest(action: str) -> str:
        found = fleet.get("/api/commands", action=action, limit=1)["items"][0]
        return f"/commands/{found['request_id']}"

    return {
        "fleet": ("/", "shop-1"),
        "list": ("/?view=list", "shop-1"),
        "agent": ("/agents/bank-2", "asks for a person"),
        "run": ("/agents/shop-1/run?action=click", "The same from"),
        "history": ("/history", "screenshot"),
        "command": (latest("screenshot"), "screenshot.png"),
        "failed": (latest("click"), "selector_not_found"),
        "about": ("/agents/shop-1/about", "Registration"),
    }


async def _look(browser: Browser, fleet: Fleet, directory: Path) -> None:
    token = (fleet.data_dir / "token").read_text().strip()
    views = _views(fleet)
    for scheme in SCHEMES:
        for size, viewport in SIZES.items():
            context = await browser.new_context(
                base_url=fleet.url, viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
            )
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.get_by_label("Token").fill(token)
            await page.get_by_role("button", name="Sign in").click()
            for name, (path, seen) in views.items():
                await page.goto(path)
                await expect(page.get_by_text(seen).first).to_be_attached()
                await _settle(page, name)
                picture = directory / f"dashboard-{name}-{size}-{scheme}.png"
                await page.screenshot(path=picture)
                print(picture.name, picture.stat().st_size)
            await context.close()


async def _settle(page: Page, name: str) -> None:
    """Wait until the pictures that a view shows are there."""
    if name == "fleet":
        await expect(page.locator("x-thumbnail canvas:visible")).not_to_have_count(0)
        await page.wait_for_timeout(1500)
    elif name == "agent":
        # What a small picture of the page was made for comes first, and then a sharp one.
        await expect(page.locator(".stage-veil")).to_be_hidden()
        await expect(page.locator(".stage-canvas")).not_to_have_js_property("width", THUMBNAIL)
    await page.wait_for_timeout(300)


async def _main(directory: Path) -> None:
    with Site() as site, _fleet(site) as fleet:
        async with async_playwright() as playwright:
            found = await find_browser(None, playwright.chromium.executable_path)  # type: ignore[arg-type]  # read
            async with await playwright.chromium.launch(executable_path=found.path) as browser:
                await _look(browser, fleet, directory)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
