"""Which Chromium to run, on any machine.

Playwright's own lookup knows its cache and a fixed path or two, never `/usr/bin/chromium`, and
obeys no environment variable; hence this file. A browser that was named explicitly is used or
refused: falling through to another one would run somebody's logins in the wrong browser.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_runtime.browser.errors import BrowserUnavailable

PATH_NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "msedge",
)

_WELL_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "linux": (
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/snap/bin/chromium",
        "/opt/google/chrome/chrome",
        "/opt/microsoft/msedge/msedge",
        "/usr/lib/chromium/chromium",
    ),
    "darwin": (
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    "win32": (
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Chromium\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
        r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    ),
}

_PROBE_SECONDS: Final = 15.0
_VERSION: Final = re.compile(r"[A-Z][A-Za-z ]*? \d+(?:\.\d+)+")


@dataclass(frozen=True)
class FoundBrowser:
    """An executable that answers, and what it says it is ("Chromium 156.0.8078.79")."""

    path: Path
    version: str


async def find_browser(explicit: Path | None, bundled: Path | None) -> FoundBrowser:
    """Return the browser to run.

    *explicit* is the one a person named, and never falls through; *bundled* is where Playwright
    would have put its own, which need not exist.

    Raises:
        BrowserUnavailable: there is none, or the named one does not answer.
    """
    if explicit is not None:
        return FoundBrowser(explicit, await _probe_named(explicit))
    for candidate in _candidates(bundled):
        version = await probe(candidate)
        if version is not None:
            return FoundBrowser(candidate, version)
    raise BrowserUnavailable(
        f"no Chromium, Chrome or Edge found: {what_to_type()}, or name one in XAGENT_BROWSER"
    )


async def probe(path: Path) -> str | None:
    """Ask *path* for its version; `None` if it is no browser that runs."""
    if not shutil.which(path):
        return None
    if os.name == "nt":
        # There `--version` opens a window and prints nothing; that the file exists must do.
        return path.stem
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    said = _VERSION.search(output.decode(errors="replace"))
    return said[0] if process.returncode == 0 and said is not None else None


def what_to_type() -> str:
    """Say how a person on this machine gets a browser."""
    if shutil.which("apt-get"):
        return "type `sudo apt-get install chromium`"
    if os.name == "posix" and os.uname().sysname == "Linux":
        return f"type `sudo {sys.executable} -m playwright install --with-deps chromium`"
    return f"type `{sys.executable} -m playwright install chromium`"


async def _probe_named(path: Path) -> str:
    version = await probe(path)
    if version is None:
        raise BrowserUnavailable(
            f"the browser that was named, {path}, does not exist or does not answer --version: "
            "correct XAGENT_BROWSER, or unset it to have one found"
        )
    return version


def _candidates(bundled: Path | None) -> Iterator[Path]:
    seen: set[Path] = set()
    if bundled is not None:
        seen.add(bundled)
        yield bundled
    for name in PATH_NAMES:
        found = shutil.which(name)
        if found is not None and Path(found) not in seen:
            seen.add(Path(found))
            yield Path(found)
    for text in _WELL_KNOWN.get(sys.platform, ()):
        path = Path(os.path.expandvars(text)).expanduser()
        if path not in seen:
            seen.add(path)
            yield path
