"""What of an outline can be acted on, and just enough around it to tell one thing from another.

Twenty buttons called "Delete" are of no use without the rows they stand in. So a landmark, a
dialog, a named group and a heading stay where something below them does; a row or a list item
stays with what it says, cut short; all the rest goes.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from agent_runtime.actions.outline import Line, Outline, as_yaml, joined

_ACTED_ON: Final = frozenset(
    {
        *("button", "link", "textbox", "searchbox", "combobox", "listbox", "option", "checkbox"),
        *("radio", "switch", "slider", "spinbutton", "tab", "treeitem"),
        *("menuitem", "menuitemcheckbox", "menuitemradio"),
    }
)
_CHOICES: Final = frozenset({"combobox", "listbox"})
"""Roles whose options are no targets of their own; they are told in one line."""
_PLACES: Final = frozenset(
    {
        *("banner", "main", "navigation", "region", "search", "form", "complementary"),
        *("contentinfo", "dialog", "alertdialog", "iframe"),
    }
)
_NAMED_PLACES: Final = frozenset(
    {
        *("group", "radiogroup", "toolbar", "tablist", "tabpanel", "menu", "menubar", "tree"),
        *("list", "table", "grid", "treegrid"),
    }
)
_ITEMS: Final = frozenset({"listitem", "row", "article"})
_LEVEL: Final = re.compile(r" \[level=([0-9]+)\]")
_MAX_SAID: Final = 100


def can_be_acted_on(line: Line) -> bool:
    """Say whether a person could do something with it; what has no ref is hidden or inert."""
    return line.ref is not None and (line.role in _ACTED_ON or line.is_pointer)


def interactive_only(outline: Outline) -> Outline:
    """Return the outline without what nobody can act on, and that says nothing of what one can."""
    lines = outline.lines
    kept, holds = _kept(lines)
    words = _words(lines, kept, holds)
    places: list[int] = []
    """Of each line the one of the new outline that it is, or that it is in."""
    shorter: list[Line] = []
    for index, line in enumerate(lines):
        above = places[line.parent] if line.parent >= 0 else -1
        stays = kept[index] or index in words
        if line.role == "/placeholder":
            stays = line.parent >= 0 and kept[line.parent]
        if stays:
            depth = shorter[above].depth + 1 if above >= 0 else 0
            said = _said(line, words.get(index, []))
            is_item = holds[index] and bool(said)
            shorter.append(_shortened(line, depth, above, "" if is_item else said))
            above = len(shorter) - 1
            if is_item:
                shorter.append(Line(depth + 1, above, "text", "", said, "text", as_yaml(said)))
        places.append(above)
    return Outline(tuple(shorter))


def _kept(lines: tuple[Line, ...]) -> tuple[list[bool], list[bool]]:
    """Say of each line whether it stays whatever it says, and whether it holds one that does."""
    kept, holds, is_inside = [False] * len(lines), [False] * len(lines), [False] * len(lines)
    headings: list[tuple[int, int]] = []
    for index, line in enumerate(lines):
        parent = line.parent
        is_inside[index] = parent >= 0 and (is_inside[parent] or can_be_acted_on(lines[parent]))
        if can_be_acted_on(line):
            kept[index] = True
            while parent >= 0 and not holds[parent]:
                holds[parent] = True
                kept[parent] = kept[parent] or _is_place(lines[parent])
                parent = lines[parent].parent
            for _, heading in headings:
                kept[heading] = True
        elif line.role == "heading" and not is_inside[index]:
            level = _level(line)
            while headings and headings[-1][0] >= level:
                headings.pop()
            headings.append((level, index))
    return kept, holds


def _words(lines: tuple[Line, ...], kept: list[bool], holds: list[bool]) -> dict[int, list[str]]:
    """Gather for each line that needs it what is said inside of it by lines that go."""
    words: dict[int, list[str]] = {}
    gatherers: list[int] = []
    for index, line in enumerate(lines):
        above = gatherers[line.parent] if line.parent >= 0 else -1
        if can_be_acted_on(line):
            gathers = line.role in _CHOICES or not (line.name or line.text)
            above = index if gathers else -1
        elif kept[index]:
            above = -1
        elif holds[index] and line.role in _ITEMS and above < 0:
            above = index
            if line.name:
                words[index] = []
        elif above >= 0 and not line.role.startswith("/"):
            said = joined((line.name, line.text))
            chosen = " [selected]" if "[selected]" in line.head else ""
            if said:
                words.setdefault(above, []).append(said + chosen)
        gatherers.append(above)
    return words


def _said(line: Line, words: list[str]) -> str:
    said = line.text or (" | " if line.role in _CHOICES else " ").join(words)
    return said if len(said) <= _MAX_SAID else f"{said[: _MAX_SAID - 1]}…"


def _shortened(line: Line, depth: int, parent: int, said: str) -> Line:
    return msgspec.structs.replace(
        line,
        depth=depth,
        parent=parent,
        text=said,
        shown=as_yaml(said) if said else "",
        is_pointer=line.is_pointer and line.role not in _ACTED_ON,
    )


def _is_place(line: Line) -> bool:
    return line.role in _PLACES or (line.role in _NAMED_PLACES and bool(line.name))


def _level(line: Line) -> int:
    found = _LEVEL.search(line.head)
    return int(found[1]) if found is not None else 2
