"""Find something on the page by what it says, without reading all of its outline."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.interactive import can_be_acted_on
from agent_runtime.actions.isolated import ScriptTooSlow, run_isolated
from agent_runtime.actions.outline import Line, Outline, joined
from agent_runtime.actions.registry import action
from agent_runtime.actions.snapshot import take
from xagent_protocol.errors import ErrorCode

_REGEX: Final = """
([pattern, texts]) => {
  let regex;
  try { regex = new RegExp(pattern, "u"); } catch {
    try { regex = new RegExp(pattern); } catch (error) { return error.message; }
  }
  const hits = [];
  for (let at = 0; at < texts.length; at++) if (regex.test(texts[at])) hits.push(at);
  return hits;
}
"""
_REGEX_LIMIT_MS: Final = 2_000.0
_MAX_TEXT: Final = 300
"""What holds more text than this is a place; it is looked into, and not itself found."""
_MAX_LINE: Final = 200
_MAX_NAME: Final = 60
_MAX_ANCESTORS: Final = 6


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """One element; without a ref it cannot be acted on: it is hidden, or lets clicks through."""

    line: str
    """As in a snapshot: role, name, states, and what it says."""
    within: str = ""
    """What it is in, the outermost first."""
    ref: str | None = None


class Found(msgspec.Struct, frozen=True):
    """The first matches in the order of the page, and how many there are in all."""

    snapshot_id: str
    matches: tuple[Match, ...]
    total: int


@action(family="read", reads=True, example={"text": "add to cart", "role": "button"})
async def find(
    call: Call,
    *,
    text: Annotated[
        str,
        Meta(pattern=r"\S", max_length=1_000, description="In any case, as a part of more."),
    ]
    | None = None,
    regex: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            description="A JavaScript regular expression, without slashes; (?i:…) for any case.",
        ),
    ]
    | None = None,
    role: Annotated[str, Meta(pattern="^[a-z]+$", description="Only elements of this ARIA role.")]
    | None = None,
    max: Annotated[int, Meta(ge=1, le=100, description="How many matches to return.")] = 20,
) -> Found:
    """Find elements by what they say (name, text, value, placeholder), with a ref for each.

    Give exactly one of text and regex. Of elements inside each other the innermost that says it
    is found; with a role, the innermost of that role. Iframes are searched too. It is a look at
    all of the page, of which only the matches are answered.
    """
    if (text is None) == (regex is None):
        raise _invalid("text, regex: give exactly one of them")
    taken = await take(call)
    outline = Outline.read(taken.yaml)
    texts = _texts(outline)
    candidates = [
        index
        for index, line in enumerate(outline.lines)
        if line.is_element and (role is None or line.role == role)
    ]
    if text is not None:
        sought = joined(text.split()).casefold()
        hits = {index for index in candidates if sought in texts[index].casefold()}
    else:
        said = [texts[index] for index in candidates]
        hits = {candidates[at] for at in await _matching(call, regex or "", said)}
    innermost = _innermost(outline, hits)
    snapshot_id = f"{call.tab.id}s{taken.number}"
    return Found(
        snapshot_id,
        tuple(_match(outline, index, texts[index], snapshot_id) for index in innermost[:max]),
        len(innermost),
    )


async def _matching(call: Call, regex: str, texts: list[str]) -> list[int]:
    """Return which of *texts* match.

    The page runs it, since an expression that backtracks without end would stop all of the agent
    here, where nothing can interrupt it; the browser can, and does.
    """
    limit_ms = min(_REGEX_LIMIT_MS, call.patience_ms)
    try:
        found = await run_isolated(call.tab, _REGEX, [regex, texts], limit_ms=limit_ms)
    except ScriptTooSlow as error:
        raise _invalid(
            f"regex: {regex[:100]!r} takes too long on this page: it backtracks without end; "
            "make it simpler, or look for a text"
        ) from error
    if isinstance(found, str):
        raise _invalid(f"regex: {found}")
    return [int(at) for at in found]


def _texts(outline: Outline) -> list[str]:
    """Return for each line what it says and all in it say, or only itself if that is long."""
    lines = outline.lines
    own = [joined((line.name, line.text)) for line in lines]
    inside: list[list[str]] = [[] for _ in lines]
    texts = own.copy()
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        whole = joined((own[index], *reversed(inside[index])))
        if len(whole) <= _MAX_TEXT:
            texts[index] = whole
        if line.parent >= 0:
            inside[line.parent].append("" if line.role == "/url" else whole[: _MAX_TEXT + 1])
    return texts


def _innermost(outline: Outline, hits: set[int]) -> list[int]:
    outer: set[int] = set()
    for index in hits:
        above = outline.lines[index].parent
        while above >= 0 and above not in outer:
            outer.add(above)
            above = outline.lines[above].parent
    return sorted(hits - outer)


def _match(outline: Outline, index: int, text: str, snapshot_id: str) -> Match:
    line = outline.lines[index]
    said = line.text or ("" if text == line.name else text)
    shown = _cut(joined((f"{_key(line)}:" if said else _key(line), said)), _MAX_LINE)
    within = [
        _place(outline.lines[above], snapshot_id)
        for above in outline.ancestors(index)
        if outline.lines[above].role != "generic" or outline.lines[above].name
    ]
    ref = f"{snapshot_id}{line.ref}" if line.ref is not None else None
    return Match(shown, " > ".join(within[-_MAX_ANCESTORS:]), ref)


def _place(line: Line, snapshot_id: str) -> str:
    name = f'"{_cut(line.name, _MAX_NAME)}"' if line.name else ""
    ref = f"[ref={snapshot_id}{line.ref}]" if can_be_acted_on(line) else ""
    return joined((line.role, name, ref))


def _key(line: Line) -> str:
    return line.head.replace("''", "'") if line.quote else line.head


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)
