"""A page of ours, whole: it works without any script, and loads nothing."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from orchestrator.web.look import POLICY, STYLE, escaped

_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    # Without a referrer a browser would not say, either, that a form is from here.
    "Referrer-Policy": "same-origin",
    # A page that opened this one in a window of its own has no hold on it.
    "Cross-Origin-Opener-Policy": "same-origin",
}


def page(
    title: str,
    body: str,
    *,
    note: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a page with *body*, which is HTML, and *note* beneath; *title* is text."""
    beneath = f'<footer><p class="note">{note}</p></footer>' if note else ""
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)} · Xagent</title><style>{STYLE}</style></head><body>"
        '<header><a class="brand" href="/"><span class="mark"></span>Xagent</a></header>'
        f"<main>{body}</main>{beneath}</body></html>"
    )
    return Response(
        document,
        status_code=status,
        media_type="text/html",
        headers={**_HEADERS, **(headers or {})},
    )
