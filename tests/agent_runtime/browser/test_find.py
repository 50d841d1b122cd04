"""Which browser is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent_runtime.browser.errors import BrowserUnavailable
from agent_runtime.browser.find import find_browser

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fakes are shell scripts")


async def test_a_named_browser_is_the_one(tmp_path: Path) -> None:
    named = fake(tmp_path / "mine", "Chromium 99.0.1")

    found = await find_browser(named, bundled=fake(tmp_path / "other", "Chromium 100.0.0"))

    assert (found.path, found.version) == (named, "Chromium 99.0.1")


@pytest.mark.parametrize("content", [None, "exit 1", "echo hello"])
async def test_a_named_browser_that_does_not_answer_is_an_error_and_never_replaced(
    tmp_path: Path, content: str | None
) -> None:
    named = tmp_path / "mine"
    if content is not None:
        script(named, content)

    with pytest.raises(BrowserUnavailable, match="mine"):
        await find_browser(named, bundled=fake(tmp_path / "other", "Chromium 100.0.0"))


async def test_playwrights_own_comes_before_what_is_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path / "chromium", "Chromium 98.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    bundled = fake(tmp_path / "bundled", "Chromium 100.0.0 built on something")

    assert (await find_browser(None, bundled)).version == "Chromium 100.0.0"


async def test_without_it_the_path_is_searched_and_what_is_broken_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "chromium", "exit 1")
    chrome = fake(tmp_path / "google-chrome", "Google Chrome 120.0.1")
    monkeypatch.setenv("PATH", str(tmp_path))

    found = await find_browser(None, bundled=tmp_path / "missing")

    assert (found.path, found.version) == (chrome, "Google Chrome 120.0.1")


def fake(path: Path, version: str) -> Path:
    """Make a browser that knows nothing but its version."""
    return script(path, f"echo '{version}'")


def script(path: Path, content: str) -> Path:
    """Make a program of one line."""
    path.write_text(f"#!/bin/sh\n{content}\n")
    path.chmod(0o755)
    return path
