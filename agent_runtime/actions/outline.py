"""The outline of a page: what Playwright wrote of it in YAML, line by line.

A line is an element (role, name, states, ref), a text between elements, or a property of the
element above (`/url`, `/placeholder`). Whatever a page says stands in quotes or behind a colon;
only what stands before may be taken for a ref.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final, Self

import msgspec

from agent_runtime.actions.box import Box

_ELEMENT: Final = re.compile(
    r"""(?P<indent>\ *)-\ (?P<quote>'?)
        (?P<head>
            (?P<role>[a-z]+)
            (?:\ (?P<name>"(?:[^"\\]|\\.)*"))?
            (?:\ \[[a-z-]+(?:=[a-z0-9]+)?\])*?
        )
        (?:\ \[ref=(?P<ref>(?:f[0-9]+)?e[0-9]+)\])?
        (?P<pointer>\ \[cursor=pointer\])?
        (?:\ \[box=(?P<box>[-0-9]+,[-0-9]+,[-0-9]+,[-0-9]+)\])?
        (?P=quote)(?::\ (?P<text>.+)|:)?\Z""",
    re.VERBOSE,
)
_PROPERTY: Final = re.compile(r"(?P<indent> *)- (?P<role>/[a-z-]+): (?P<text>.+)\Z")
_REF: Final = re.compile(
    r"""^(\ *-\ '?[a-z]+(?:\ "(?:[^"\\]|\\.)*")?(?:\ \[[a-z-]+(?:=[a-z0-9]+)?\])*?
        \ \[ref=)((?:f[0-9]+)?e[0-9]+\])""",
    re.VERBOSE | re.MULTILINE,
)
_BYTE: Final = re.compile(r"\\(?:x([0-9a-f]{2})|.)")
_PLAIN: Final = re.compile(r"[^\W\d](?:[\w .,;()/+%€$£!?'|\[\]-]*[\w.)!?€$£%\]…])?\Z")


class Line(msgspec.Struct, frozen=True):
    """One line; *head* and *shown* are as YAML writes them, *name* and *text* as they read."""

    depth: int
    parent: int
    """The index of the line it belongs to; -1 at the top."""
    role: str
    """`text` for a text, `/url` and the like for a property."""
    name: str = ""
    text: str = ""
    head: str = ""
    """Role, name and states."""
    shown: str = ""
    """The text."""
    ref: str | None = None
    """As Playwright numbers it."""
    is_pointer: bool = False
    """Whether the mouse shows a hand on it: somebody waits for clicks there."""
    box: Box | None = None
    quote: str = ""

    @property
    def is_element(self) -> bool:
        """Whether it stands for an element rather than for what one says."""
        return self.role != "text" and not self.role.startswith("/")

    def written(self, refs_of: str | None, *, with_box: bool = False) -> str:
        """Return it without its indentation; refs as those of snapshot *refs_of*, or left out."""
        key = self.head
        if self.ref is not None and refs_of is not None:
            key += f" [ref={refs_of}{self.ref}]"
        if self.is_pointer:
            key += " [cursor=pointer]"
        if with_box and self.box is not None:
            box = self.box
            key += f" [box={box.x:g},{box.y:g},{box.width:g},{box.height:g}]"
        key = f"{self.quote}{key}{self.quote}"
        return f"{key}: {self.shown}" if self.shown else key


class Outline(msgspec.Struct, frozen=True):
    """The lines in their order: each comes after the one it belongs to."""

    lines: tuple[Line, ...]

    @classmethod
    def read(cls, yaml: str) -> Self:
        """Read what Playwright wrote."""
        lines: list[Line] = []
        open_lines: list[int] = []
        for written in yaml.split("\n"):
            line = _line(written, open_lines)
            if line is not None:
                open_lines[line.depth :] = [len(lines)]
                lines.append(line)
        return cls(tuple(lines))

    def written(self, refs_of: str, *, with_boxes: bool = False) -> str:
        """Return it as YAML."""
        written = []
        for index, line in enumerate(self.lines):
            following = self.lines[index + 1] if index + 1 < len(self.lines) else None
            opens = following is not None and following.parent == index
            said = line.written(refs_of, with_box=with_boxes)
            written.append(f"{'  ' * line.depth}- {said}{':' if opens and not line.shown else ''}")
        return "\n".join(written)

    def ancestors(self, index: int) -> list[int]:
        """Return the lines that line *index* is inside of, the outermost first."""
        above = []
        while (index := self.lines[index].parent) >= 0:
            above.append(index)
        return above[::-1]


def with_refs_of(snapshot_id: str, yaml: str) -> str:
    """Return what Playwright wrote with its refs made those of *snapshot_id*."""
    return _REF.sub(rf"\g<1>{snapshot_id}\2", yaml)


def as_yaml(text: str) -> str:
    """Write *text* as a value: as it is where that cannot be misread."""
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)


def joined(words: Iterable[str]) -> str:
    """Return *words* as one text."""
    return " ".join(word for word in words if word)


def _line(written: str, open_lines: list[int]) -> Line | None:
    found = _ELEMENT.match(written) or _PROPERTY.match(written)
    if found is None:
        return None
    part = found.groupdict()
    depth = min(len(part["indent"]) // 2, len(open_lines))
    parent = open_lines[depth - 1] if depth else -1
    shown = part["text"] or ""
    if "head" not in part:
        return Line(depth, parent, part["role"], "", _read(shown), part["role"], shown)
    box = part["box"]
    return Line(
        depth,
        parent,
        part["role"],
        _name(part["name"], part["quote"]),
        _read(shown),
        part["head"],
        shown,
        part["ref"],
        part["pointer"] is not None,
        Box(*(int(number) for number in box.split(","))) if box is not None else None,
        part["quote"],
    )


def _name(quoted: str | None, quote: str) -> str:
    if quoted is None:
        return ""
    # Inside a quoted key an apostrophe is written twice.
    return str(json.loads(quoted.replace("''", "'") if quote else quoted))


def _read(value: str) -> str:
    if not value.startswith('"'):
        return value
    escaped = _BYTE.sub(lambda found: f"\\u00{found[1]}" if found[1] else found[0], value)
    return str(json.loads(escaped))
