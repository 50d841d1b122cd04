"""How the pages look: one style sheet, light and dark, from a phone to a wide screen."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --field: #ffffff; --line: #dcdcd6; --edge: #8b9099;
  --text: #1d1f23; --soft: #5c626c; --accent: #0f6b5c; --on-accent: #ffffff;
  --bad: #a3371a; --bad-soft: #fbeae4;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121417; --card: #191c20; --field: #121417; --line: #2d323a; --edge: #717a87;
    --text: #e6e8eb; --soft: #a2abb6; --accent: #5ecfb8; --on-accent: #0c1f1b;
    --bad: #f2a283; --bad-soft: #3a2018;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  align-items: center; justify-content: center; gap: 1.25rem; padding: 1.5rem 1rem 3rem;
  background: var(--page); color: var(--text); font: 16px/1.55 var(--sans);
}
.brand {
  display: flex; align-items: center; gap: .6rem; color: var(--text); text-decoration: none;
  font-weight: 650; font-size: 1.1rem; letter-spacing: -.01em;
}
.mark {
  width: 1.15rem; height: 1.15rem; border-radius: 5px; background: var(--accent);
  box-shadow: inset 0 0 0 .28rem var(--page), 0 0 0 2px var(--accent);
}
main {
  width: 100%; max-width: 25rem; padding: 1.75rem clamp(1.25rem, 6vw, 2rem) 2rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 14px;
}
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.02em; }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; text-wrap: pretty; }
p:last-child { margin-bottom: 0; }
code {
  font-family: var(--mono); font-size: .9em; color: var(--text); white-space: nowrap;
}
label { display: block; margin-bottom: .4rem; font-weight: 600; font-size: .925rem; }
input {
  width: 100%; padding: .7rem .8rem; border: 1px solid var(--edge); border-radius: 8px;
  background: var(--field); color: var(--text); font: 1rem/1.4 var(--mono);
}
input[aria-invalid] { border-color: var(--bad); }
button {
  width: 100%; margin-top: 1rem; padding: .75rem 1rem; border: 0; border-radius: 8px;
  background: var(--accent); color: var(--on-accent); font: 600 1rem/1.4 var(--sans);
  cursor: pointer;
}
button:hover { filter: brightness(1.07); }
button.quiet { background: none; color: var(--text); border: 1px solid var(--edge); }
a { color: var(--accent); text-underline-offset: .2em; }
a.button {
  display: block; padding: .75rem 1rem; border-radius: 8px; text-align: center;
  background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.wrong {
  margin: 0 0 1.25rem; padding: .6rem .8rem; border-radius: 8px;
  background: var(--bad-soft); color: var(--bad); font-weight: 600; font-size: .925rem;
}
.note { max-width: 25rem; margin: 0; font-size: .85rem; text-align: center; }
"""

_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""The one style sheet stands in the page and is named by its digest; nothing else is loaded."""


def escaped(text: str) -> str:
    """Return *text* as it may stand between tags and in quoted attributes."""
    return escape(text, quote=True)
