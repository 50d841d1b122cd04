"""Chromium under an agent: found, started, watched, restarted; the only files that know how."""

from __future__ import annotations

from agent_runtime.browser.browser import Browser, BrowserSettings
from agent_runtime.browser.errors import BrowserError, BrowserUnavailable

__all__ = ["Browser", "BrowserSettings", "BrowserError", "BrowserUnavailable"]
