"""What changed between two outlines of one document, as lines with a sign before them.

An element keeps its ref for as long as it keeps its role and name, so lines are known by it and
need no guessing which became which. That also makes comparing cheap: each line is there once, and
what stayed in order is a longest rising run of numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Final

from agent_runtime.actions.outline import Line, Outline

_KEPT: Final = "  "
_GONE: Final = "- "
_NEW: Final = "+ "


def differences(old: Outline, new: Outline, refs_of: str, *, with_boxes: bool = False) -> str:
    """Return the lines that are gone (`-`) and new (`+`), under the lines that they stand in.

    Refs are those of snapshot *refs_of*; a line that is gone has none. Empty if nothing changed.
    """
    return _Comparison(old, new, refs_of, with_boxes).told()


class _Comparison:
    """Two outlines side by side."""

    def __init__(self, old: Outline, new: Outline, refs_of: str, with_boxes: bool) -> None:
        self._old, self._new = old, new
        self._refs_of, self._with_boxes = refs_of, with_boxes
        self._old_names, self._new_names = _names(old), _names(new)
        self._old_places = {name: index for index, name in enumerate(self._old_names)}
        self._new_places = {name: index for index, name in enumerate(self._new_names)}
        self._shown: set[str] = set()
        self._told: list[str] = []

    def told(self) -> str:
        stayed = self._stayed()
        ends = [*stayed, (len(self._old.lines), len(self._new.lines))]
        was, now = 0, 0
        for old_end, new_end in ends:
            for index in range(was, old_end):
                self._tell_gone(index)
            for index in range(now, new_end):
                self._tell_new(index)
            was, now = old_end + 1, new_end + 1
        return "\n".join(self._told)

    def _stayed(self) -> list[tuple[int, int]]:
        """Return what is the same on both sides, in the same order, as pairs of indexes."""
        same = [
            (self._old_places[name], index)
            for index, name in enumerate(self._new_names)
            if name in self._old_places and not self._has_changed(name)
        ]
        return [same[position] for position in _rising([was for was, _ in same])]

    def _has_changed(self, name: str) -> bool:
        was = self._old.lines[self._old_places[name]]
        return _content(was) != _content(self._new.lines[self._new_places[name]])

    def _tell_gone(self, index: int) -> None:
        name = self._old_names[index]
        if name in self._new_places and self._has_changed(name):
            return  # told beside what became of it
        for above in self._old.ancestors(index):
            place = self._new_places.get(self._old_names[above])
            if place is not None:
                self._tell_place(place)
        self._tell(_GONE, self._old.lines[index])

    def _tell_new(self, index: int) -> None:
        for above in self._new.ancestors(index):
            self._tell_place(above)
        name = self._new_names[index]
        if name in self._old_places and self._has_changed(name):
            self._tell(_GONE, self._old.lines[self._old_places[name]])
        self._shown.add(name)
        self._tell(_NEW, self._new.lines[index])

    def _tell_place(self, index: int) -> None:
        if self._new_names[index] not in self._shown:
            self._shown.add(self._new_names[index])
            self._tell(_KEPT, self._new.lines[index])

    def _tell(self, sign: str, line: Line) -> None:
        refs_of = None if sign == _GONE else self._refs_of
        written = line.written(refs_of, with_box=self._with_boxes and sign == _NEW)
        self._told.append(f"{sign}{'  ' * line.depth}- {written}")


def _names(outline: Outline) -> list[str]:
    """Return a name for each line that it has in no other outline but as the same thing."""
    names: list[str] = []
    seen: Counter[str] = Counter()
    for line in outline.lines:
        if line.ref is not None:
            names.append(line.ref)
            continue
        above = names[line.parent] if line.parent >= 0 else ""
        # Hashed, since a name that held all of those above it would grow with each level.
        name = f"#{hash((above, line.head, line.shown))}"
        seen[name] += 1
        names.append(f"{name}#{seen[name]}")
    return names


def _content(line: Line) -> tuple[str, str, bool]:
    return line.head, line.shown, line.is_pointer


def _rising(numbers: list[int]) -> list[int]:
    """Return the positions of a longest run of *numbers* that only grows."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        length = bisect_left(tails, number)
        before.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(number)
            ends.append(position)
        else:
            tails[length] = number
            ends[length] = position
    run: list[int] = []
    position = ends[-1] if ends else -1
    while position >= 0:
        run.append(position)
        position = before[position]
    return run[::-1]
