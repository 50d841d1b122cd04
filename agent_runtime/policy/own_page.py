"""What a page shows where a site cannot be: one sentence, in the site's place and without rights.

It stands under the site's own address, so it must hold nothing that could be used there.
"""

from __future__ import annotations

from html import escape

from agent_runtime.policy.http_side import Headers


def own_page(sentence: str) -> tuple[bytes, Headers]:
    """Return the page that says *sentence*, and its headers."""
    page = (
        "<!doctype html><meta charset=utf-8><title>Not opened</title>"
        f"<h1>Not opened</h1><p>{escape(sentence)}</p>"
    ).encode()
    return page, [
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Length", str(len(page)).encode()),
        (b"Cache-Control", b"no-store"),
        (b"Content-Security-Policy", b"default-src 'none'; sandbox"),
        (b"X-Content-Type-Options", b"nosniff"),
    ]
