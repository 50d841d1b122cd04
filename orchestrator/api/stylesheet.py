"""How the pages look: one style sheet, light and dark, from a phone to a wide screen."""

from __future__ import annotations

from typing import Final

STYLESHEET: Final = """
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --sunk: #f3f3f0; --line: #e3e3de;
  --text: #1d1f23; --soft: #5c626c; --accent: #0f6b5c; --accent-soft: #e2f1ed;
  --get: #1a6aa8; --post: #0f6b5c; --bad: #a8481f; --warn: #8a5a00;
  --shell: #16191d; --shell-text: #e7eaee;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121417; --card: #191c20; --sunk: #20242a; --line: #2d323a;
    --text: #e6e8eb; --soft: #9aa3af; --accent: #5ecfb8; --accent-soft: #17332e;
    --get: #79b8ee; --post: #5ecfb8; --bad: #f0956b; --warn: #e0b252;
    --shell: #0c0e10; --shell-text: #dfe3e8;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.6 var(--sans); display: grid; grid-template-columns: 17.5rem minmax(0, 1fr);
}
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre, .call { font-family: var(--mono); }
code { font-size: .875em; overflow-wrap: anywhere; }
p code, dd code { background: var(--sunk); border-radius: 4px; padding: .1em .35em; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 3; }

aside {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.75rem 1.25rem 3rem;
  border-right: 1px solid var(--line); background: var(--card); scrollbar-width: thin;
}
.brand {
  display: flex; align-items: center; gap: .6rem; color: var(--text); font-weight: 650;
  font-size: 1.1rem; letter-spacing: -.01em; padding: 0 .6rem;
}
.brand:hover { text-decoration: none; }
.brand small { color: var(--soft); font-weight: 500; font-size: .8rem; }
.mark {
  width: 1.15rem; height: 1.15rem; border-radius: 5px; background: var(--accent);
  box-shadow: inset 0 0 0 .28rem var(--card), 0 0 0 2px var(--accent);
}
nav p {
  margin: 1.6rem 0 .35rem; padding: 0 .6rem; color: var(--soft); font-size: .72rem;
  font-weight: 650; letter-spacing: .07em; text-transform: uppercase;
}
nav ul { list-style: none; margin: 0; padding: 0; }
nav a {
  display: flex; align-items: baseline; gap: .55rem; padding: .28rem .6rem; border-radius: 6px;
  color: var(--text); font-size: .875rem; line-height: 1.4;
}
nav a:hover { background: var(--sunk); text-decoration: none; }
nav .verb { font-size: .58rem; min-width: 2.1rem; padding: 0; background: none; text-align: left; }
.narrow, .upwards { display: none; }
.upwards { position: fixed; right: 1rem; bottom: 1rem; z-index: 2; padding: .5rem 1rem;
  border-radius: 99rem; background: var(--card); border: 1px solid var(--line);
  font-size: .85rem; font-weight: 600; box-shadow: 0 2px 12px rgb(0 0 0 / .16); }

main { padding: 3.5rem clamp(1.25rem, 5vw, 5rem) 8rem; max-width: 62rem; width: 100%; }
.hero { padding-bottom: 1rem; }
.eyebrow { margin: 0; color: var(--accent); font-weight: 600; font-size: .85rem; }
h1 { font-size: clamp(2rem, 1.4rem + 2.4vw, 3rem); line-height: 1.12; letter-spacing: -.028em;
  margin: .4rem 0 1rem; text-wrap: balance; }
.lead { font-size: 1.15rem; color: var(--soft); max-width: 44rem; margin: 0; text-wrap: pretty; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.75rem 0 0; }
.button { background: var(--accent); color: var(--page); padding: .6rem 1.1rem;
  border-radius: 8px; font-weight: 600; font-size: .925rem; border: 1px solid var(--accent); }
.button:hover { text-decoration: none; filter: brightness(1.08); }
.button.quiet { background: none; color: var(--text); border-color: var(--line); }
section { margin-top: 4rem; }
section > p { max-width: 44rem; }
h2 { font-size: 1.7rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 .75rem; }
.about { color: var(--soft); margin: 0; }
article {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.5rem clamp(1.1rem, 3vw, 2rem) 1.75rem; margin-top: 1.5rem; min-width: 0;
}
h3 { font-size: 1.15rem; line-height: 1.35; letter-spacing: -.01em; margin: 0; }
h3 a { color: inherit; }
h4 { font-size: .75rem; font-weight: 650; letter-spacing: .07em; text-transform: uppercase;
  color: var(--soft); margin: 1.75rem 0 .5rem; }
article > p { margin: .75rem 0 0; max-width: 44rem; }
article > .call {
  display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .75rem; max-width: none;
  background: var(--sunk); border-radius: 8px; padding: .55rem .75rem; font-size: .9rem;
}
.call code { background: none; padding: 0; font-size: 1em; flex: 1 1 14rem; }
.call i { font-style: normal; color: var(--accent); }
.key { font: 500 .75rem var(--sans); color: var(--soft); white-space: nowrap; }
.verb { font: 700 .7rem/1.5 var(--mono); letter-spacing: .03em; color: var(--get); }
.verb.post { color: var(--post); }

.fields { border-top: 1px solid var(--line); }
p + .fields { margin-top: 1.25rem; }
.field { border-bottom: 1px solid var(--line); padding: .7rem 0; display: grid;
  grid-template-columns: minmax(13rem, 2fr) 3fr; gap: .2rem 1.5rem; align-items: start; }
.field > div { display: flex; flex-wrap: wrap; gap: .15rem .6rem; align-items: baseline; }
.field > div > code { font-weight: 600; font-size: .9rem; }
.field p { margin: 0; font-size: .925rem; line-height: 1.5; }
.field:target { background: var(--accent-soft); box-shadow: 0 0 0 .6rem var(--accent-soft);
  border-radius: 2px; }
.kind, .mark-text { color: var(--soft); font-size: .82rem; }
.kind code { font-size: .95em; }
.required { color: var(--warn); font-weight: 600; }
.answers { margin: 0; display: grid; grid-template-columns: 3.2rem 1fr; gap: .35rem .75rem;
  font-size: .925rem; line-height: 1.5; }
.answers dt { font: 600 .85rem/1.65 var(--mono); color: var(--bad); }
.answers dt.s2 { color: var(--post); }
.answers dd { margin: 0; }
.answers .kind::before { content: "→ "; }
pre { background: var(--shell); color: var(--shell-text); border-radius: 8px; margin: .5rem 0 0;
  padding: .9rem 1.1rem; overflow-x: auto; font-size: .85rem; line-height: 1.6; }
pre code { font-size: 1em; overflow-wrap: normal; }

.family { padding-bottom: 1rem; }
.family h3 { margin-bottom: .6rem; }
details > summary { cursor: pointer; }
.family summary { display: grid; grid-template-columns: minmax(11rem, 1fr) 3fr; gap: .2rem 1rem;
  padding: .5rem .25rem; border-top: 1px solid var(--line); align-items: baseline;
  font-size: .925rem; line-height: 1.45; list-style: none; }
.family summary::-webkit-details-marker { display: none; }
.family summary:hover { background: var(--sunk); }
.family summary > code { font-weight: 600; font-size: .9rem; }
.family summary > code::before { content: "▸" / ""; display: inline-block; width: 1.2em;
  color: var(--accent); }
.family [open] > summary > code::before { transform: rotate(90deg) translateX(.1em); }
.family summary > span { color: var(--soft); text-wrap: pretty; }
.family [open] > summary > span { color: var(--text); }
.family details > div { padding: .25rem .25rem 1.25rem; scroll-margin-top: 4.5rem; }
.family details > div > p { margin: .6rem 0 0; max-width: 44rem; font-size: .95rem; }
.family h4 { margin-top: 1.25rem; }

@media (max-width: 60rem) {
  body { grid-template-columns: minmax(0, 1fr); }
  aside { position: static; height: auto; padding: .9rem clamp(1.25rem, 5vw, 5rem);
    border-right: 0; border-bottom: 1px solid var(--line); }
  .brand { padding: 0; float: left; line-height: 2rem; align-items: center; }
  .wide { display: none; }
  .narrow { display: block; }
  .narrow summary { cursor: pointer; font-size: .875rem; line-height: 2rem; font-weight: 600;
    color: var(--accent); text-align: right; list-style-position: inside; }
  .narrow nav { clear: both; padding: .5rem 0 1rem; columns: 2 15rem; column-gap: 2rem; }
  .narrow nav p { margin-top: 0; padding-top: 1rem; break-after: avoid; }
  .narrow nav p, .narrow nav a { padding-inline: 0; }
  .narrow nav li { break-inside: avoid; }
  .upwards { display: block; }
  main { padding-top: 2rem; }
  section { margin-top: 3rem; }
}
@media (max-width: 40rem) {
  .field, .family summary { grid-template-columns: minmax(0, 1fr); }
  nav a { padding-block: .45rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print { aside { display: none; } body { display: block; } }
"""
