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
from playwright.async_api import (
    BrowserContext,
    CDPSession,
    Playwright,
    ProxySettings,
    ViewportSize,
)

from agent_runtime.browser.errors import CALL_FAILED, BrowserUnavailable
from agent_runtime.browser.files import private_directory
from agent_runtime.browser.find import FoundBrowser
from agent_runtime.browser.mark import Mark, driver_of
from agent_runtime.browser.orphans import end_orphans
from agent_runtime.browser.processes import end_families, lives
from agent_runtime.browser.profile_lock import release_stale_lock

VIEWPORT: Final = ViewportSize(width=1280, height=720)

_LAUNCH_SECONDS: Final = 60.0

_NO_BYPASS: Final = "<-loopback>"
"""Else Chromium goes by itself to this machine and to link-local addresses."""
_NO_WAY_AROUND: Final = (
    # It finds no host by itself but the proxy's, whatever else may forget the proxy.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    # What Chromium without a window of its own, the headless shell, calls the same.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
"""What a browser is started with whose connections must all go through its proxy."""


@dataclass(frozen=True)
class Patience:
    """How long a browser may take, in seconds, before it is helped along.

    *last_word*: one that was told to close, to end; then its driver, to tell of the end. *orphan*:
    one whose agent was killed, to write its profile and end by itself. *dying*: one that
    is not ours, to leave the profile before it is called busy.
    """

    probe: float = 5.0
    close: float = 10.0
    last_word: float = 2.0
    orphan: float = 5.0
    dying: float = 10.0


@dataclass(frozen=True)
class BrowserSettings:
    """Where one agent's browser lives, how it shows itself, and which one a person named.

    *install_id* is what a copy of *directory* at another place would share; an install elsewhere
    under the same path has another.
    """

    directory: Path
    headed: bool = False
    executable: Path | None = None
    install_id: str = ""
    patience: Patience = field(default_factory=Patience)

    @property
    def profile(self) -> Path:
        """Chromium's user data directory."""
        return self.directory / "profile"

    @property
    def downloads(self) -> Path:
        """Where downloads land, under names that Playwright makes."""
        return self.directory / "downloads"

    @property
    def outgoing(self) -> Path:
        """Where downloads that are whole wait for the orchestrator, under names of our own."""
        return self.directory / "outgoing"

    @property
    def uploads(self) -> Path:
        """Where files lie that commands put into pages, while they do."""
        return self.directory / "uploads"

    @property
    def recordings(self) -> Path:
        """Where traces, archives and videos lie until they are handed over."""
        return self.directory / "recordings"


@dataclass(eq=False)
class Launch:
    """One Chromium from its start to its end; the next start makes another."""

    context: BrowserContext
    cdp: CDPSession
    version: str
    process: psutil.Process | None
    driver: psutil.Process | None
    patience: Patience
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the driver tells that the browser has ended; `lost` may be found out before."""
    is_retired: bool = False
    """Whether it ends because somebody asked for another."""

    def __post_init__(self) -> None:
        """Listen for the end."""
        self.context.on("close", lambda _: self.over.set())

    async def is_answering(self) -> bool:
        """Ask the browser process for a sign of life through the pipe."""
        if self.lost.is_set():
            return False
        try:
            async with asyncio.timeout(self.patience.probe):
                await self.cdp.send("Browser.getVersion")
        except (TimeoutError, *CALL_FAILED):
            return False
        return True

    def is_running(self) -> bool:
        """Say whether its process is there, as far as anybody knows."""
        return self.process is None or lives(self.process)

    async def user_agent(self) -> str:
        """Ask the browser how it calls itself to sites."""
        version = await self.cdp.send("Browser.getVersion")
        return str(version["userAgent"])

    async def close(self) -> None:
        """End this Chromium, gently if it listens; afterwards its process is gone."""
        with contextlib.suppress(TimeoutError, *CALL_FAILED):
            async with asyncio.timeout(self.patience.close):
                await self.context.close()
        if self.process is not None:
            await asyncio.to_thread(
                end_families, [self.process], patience_seconds=self.patience.last_word
            )

    async def is_over(self) -> bool:
        """Say whether the driver has told of the end; one that has not is dead, or hangs."""
        if self.driver is not None and not lives(self.driver):
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.patience.last_word):
                await self.over.wait()
        return self.over.is_set()


async def launch(
    playwright: Playwright,
    settings: BrowserSettings,
    browser: FoundBrowser,
    mark: Mark,
    proxy: str | None = None,
) -> Launch:
    """Start *browser* on the profile of *settings*, which the caller alone holds, under *mark*.

    With a *proxy* it reaches nothing but through it, from no page, worker or context.

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
    patience = settings.patience
    orphans = await asyncio.to_thread(mark.browsers_of_any_life)
    if orphans:
        await asyncio.to_thread(end_orphans, orphans, patience.orphan)
    await release_stale_lock(profile, patience.dying)
    try:
        async with asyncio.timeout(_LAUNCH_SECONDS + 5):
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=browser.path,
                args=[mark.switch, *(_NO_WAY_AROUND if proxy is not None else ())],
                proxy=ProxySettings(server=proxy, bypass=_NO_BYPASS) if proxy is not None else None,
                headless=not settings.headed,
                # Chromium refuses its sandbox to root; everybody else runs inside it.
                chromium_sandbox=os.name != "posix" or os.geteuid() != 0,
                accept_downloads=True,
                downloads_path=downloads,
                artifacts_dir=settings.recordings,
                traces_dir=settings.recordings,
                viewport=None if settings.headed else VIEWPORT,
                no_viewport=True if settings.headed else None,
                # Signals are the agent's business: it finishes what runs, then closes the browser.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                timeout=_LAUNCH_SECONDS * 1000,
            )
            return await _describe(context, patience)
    except TimeoutError as error:
        raise BrowserUnavailable(f"{browser.path} did not start in time") from error
    except CALL_FAILED as error:
        raise BrowserUnavailable(
            f"{browser.path} did not start: {_last_words(str(error))}"
        ) from error


async def _describe(context: BrowserContext, patience: Patience) -> Launch:
    assert context.browser is not None  # a persistent context has one of its own
    cdp = await context.browser.new_browser_cdp_session()
    process = await _browser_process(cdp)
    driver = driver_of(process) if process is not None else None
    return Launch(context, cdp, context.browser.version, process, driver, patience)


async def _browser_process(cdp: CDPSession) -> psutil.Process | None:
    answer = await cdp.send("SystemInfo.getProcessInfo")
    for process in answer["processInfo"]:
        if process["type"] == "browser":
            with contextlib.suppress(psutil.Error):
                return psutil.Process(process["id"])
    return None


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _last_words(message: str) -> str:
    lines = [line.strip(" -") for line in message.splitlines()]
    told = [line for line in lines if "ERROR" in line or "FATAL" in line]
    return (told or [line for line in lines if line] or ["it said nothing"])[0][:300]
