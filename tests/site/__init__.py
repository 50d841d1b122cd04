"""A small web site of our own for browsers under test."""

from __future__ import annotations

from tests.site.server import Site

__all__ = ["Site"]
