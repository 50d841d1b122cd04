"""The browser under an agent, tested with a real Chromium."""

from __future__ import annotations
