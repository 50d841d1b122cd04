"""The actions, tested on a real Chromium and a site of our own."""

from __future__ import annotations
