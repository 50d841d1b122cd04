"""One running Chromium on one profile: how it is started, probed and ended.

It is driven through the pipe that Playwright opens by default. There is never a TCP debugging
port: whoever reaches one owns every login of the profile.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from playwright.async_api import BrowserContext, CDPSession, Error, Playwright, ViewportSize

from agent_runtime.browser.errors import BrowserUnavailable
from agent_runtime.browser.files import private_directory
from agent_runtime.browser.find import FoundBrowser
from agent_runtime.browser.profile_lock import is_alive, release_stale_lock

VIEWPORT: Final = ViewportSize(width=1280, height=720)

_LAUNCH_SECONDS: Final = 60.0
_PROBE_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 10.0
_DYING_SECONDS: Final = 10.0
"""How long a Chromium that is on its way out may hold its profile before we call it busy."""


@dataclass(frozen=True)
class BrowserSettings:
    """Where one agent's browser lives, how it shows itself, and which one a person named."""

    directory: Path
    headed: bool = False
    executable: Path | None = None

    @property
    def profile(self) -> Path:
        """Chromium's user data directory."""
        return self.directory / "profile"

    @property
    def downloads(self) -> Path:
        """Where downloads land, under names that Playwright makes."""
        return self.directory / "downloads"


@dataclass(eq=False)
class Launch:
    """One Chromium from its start to its end; the next start makes another."""

    context: BrowserContext
    cdp: CDPSession
    version: str
    process: psutil.Process | None
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def is_answering(self) -> bool:
        """Ask the browser process for a sign of life through the pipe."""
        if self.lost.is_set():
            return False
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self.cdp.send("Browser.getVersion")
        except (TimeoutError, Error):
            return False
        return True

    def is_running(self) -> bool:
        """Say whether its process is there, as far as anybody knows."""
        return self.process is None or _lives(self.process)

    async def user_agent(self) -> str:
        """Ask the browser how it calls itself to sites."""
        version = await self.cdp.send("Browser.getVersion")
        return str(version["userAgent"])

    async def close(self) -> None:
        """End this Chromium, gently if it listens; afterwards its process is gone."""
        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.context.close()
        if self.process is not None:
            await asyncio.to_thread(_end, self.process)


async def launch(
    playwright: Playwright, settings: BrowserSettings, browser: FoundBrowser
) -> Launch:
    """Start *browser* on the profile of *settings*.

    Raises:
        ProfileBusy: another Chromium has the profile.
        BrowserUnavailable: it did not start; the message says what it printed last.
    """
    if settings.headed and sys.platform == "linux" and not _has_display():
        raise BrowserUnavailable(
            "a headed browser needs a display and there is none: start under `xvfb-run`, "
            "or drop --headed"
        )
    profile = private_directory(settings.profile)
    downloads = private_directory(settings.downloads)
    await release_stale_lock(profile, _DYING_SECONDS)
    try:
        async with asyncio.timeout(_LAUNCH_SECONDS + 5):
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=browser.path,
                headless=not settings.headed,
                # Chromium refuses its sandbox to root; everybody else runs inside it.
                chromium_sandbox=os.name != "posix" or os.geteuid() != 0,
                accept_downloads=True,
                downloads_path=downloads,
                viewport=None if settings.headed else VIEWPORT,
                no_viewport=True if settings.headed else None,
                # Signals are the agent's business: it finishes what runs, then closes the browser.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                timeout=_LAUNCH_SECONDS * 1000,
            )
            return await _describe(context)
    except TimeoutError as error:
        raise BrowserUnavailable(f"{browser.path} did not start in time") from error
    except Error as error:
        raise BrowserUnavailable(
            f"{browser.path} did not start: {_last_words(error.message)}"
        ) from error


async def _describe(context: BrowserContext) -> Launch:
    assert context.browser is not None  # a persistent context has one of its own
    cdp = await context.browser.new_browser_cdp_session()
    return Launch(context, cdp, context.browser.version, await _browser_process(cdp))


async def _browser_process(cdp: CDPSession) -> psutil.Process | None:
    answer = await cdp.send("SystemInfo.getProcessInfo")
    for process in answer["processInfo"]:
        if process["type"] == "browser":
            with contextlib.suppress(psutil.Error):
                return psutil.Process(process["id"])
    return None


def _end(process: psutil.Process) -> None:
    """Make sure that *process*, which we started, and what it started are gone."""
    with contextlib.suppress(psutil.Error):
        if not _lives(process):
            return
        family = [process, *process.children(recursive=True)]
        _, alive = psutil.wait_procs(family, timeout=2)
        for one in alive:
            with contextlib.suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(alive, timeout=5)


def _lives(process: psutil.Process) -> bool:
    # `is_running` compares the start time too: a reused pid is never taken for it.
    return process.is_running() and is_alive(process.pid)


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _last_words(message: str) -> str:
    lines = [line.strip(" -") for line in message.splitlines()]
    told = [line for line in lines if "ERROR" in line or "FATAL" in line]
    return (told or [line for line in lines if line] or ["it said nothing"])[0][:300]
