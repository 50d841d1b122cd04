"""Have a browser on this machine: find one, or install one (`make setup` runs this).

`python -m agent_runtime.browser.install` prints one line that says which browser it is, or says
on stderr what to type and ends with status 1. As root with apt it installs Debian's Chromium,
which is kept up to date with the system; elsewhere Playwright's own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from agent_runtime.browser.errors import BrowserUnavailable
from agent_runtime.browser.find import FoundBrowser, find_browser, what_to_type

APT: Final = (
    ("apt-get", "update"),
    ("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-liberation"),
)


def main() -> int:
    """Return the exit status."""
    explicit = os.environ.get("XAGENT_BROWSER")
    named = Path(explicit) if explicit else None
    try:
        found = asyncio.run(_find(named))
    except BrowserUnavailable as error:
        if named is not None:
            return _fail(str(error))
        say("no browser on this machine yet: installing one")
        installed = _install()
        if installed is None:
            return _fail(f"no browser could be installed: {what_to_type()}, then try again")
        found = installed
    say(f"browser: {found.version} ({found.path})")
    return 0


def _install() -> FoundBrowser | None:
    """Install a browser by the first way that leads to one which answers."""
    for commands in ways(is_root=_is_root(), has_apt=shutil.which("apt-get") is not None):
        if not _run(commands):
            continue
        try:
            return asyncio.run(_find(None))
        except BrowserUnavailable:
            continue
    return None


def ways(*, is_root: bool, has_apt: bool) -> list[Sequence[Sequence[str]]]:
    """Return the ways to a browser, the best first, each a series of commands."""
    ways: list[Sequence[Sequence[str]]] = []
    if is_root and has_apt:
        ways.append(APT)
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    if is_root:
        own.insert(4, "--with-deps")
    ways.append([own])
    return ways


def _run(commands: Sequence[Sequence[str]]) -> bool:
    for command in commands:
        say(" ".join(command))
        # Their progress goes to the terminal as it comes: this may take minutes.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            return False
    return True


async def _find(named: Path | None) -> FoundBrowser:
    async with async_playwright() as playwright:
        bundled = Path(playwright.chromium.executable_path)
    return await find_browser(named, bundled)


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def say(line: str) -> None:
    """Tell the person at the terminal, before what the next command prints."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fail(line: str) -> int:
    sys.stderr.write(f"error: {line}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
