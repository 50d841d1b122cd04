"""How a machine without a browser gets one."""

from __future__ import annotations

import sys

from agent_runtime.browser.install import APT, ways

OWN = [sys.executable, "-m", "playwright", "install"]


def test_root_with_apt_takes_debians_and_falls_back_to_playwrights_own() -> None:
    assert ways(is_root=True, has_apt=True) == [APT, [[*OWN, "--with-deps", "chromium"]]]


def test_root_without_apt_takes_playwrights_own_with_what_it_needs() -> None:
    assert ways(is_root=True, has_apt=False) == [[[*OWN, "--with-deps", "chromium"]]]


def test_others_take_playwrights_own_alone() -> None:
    assert ways(is_root=False, has_apt=True) == [[[*OWN, "chromium"]]]
