"""A matcher that looks at each character once, whatever it has to match.

One that goes back and tries again can be kept busy for hours by a text that was made for it. This
one keeps all the states in which it may be at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

_MAX_STATES: Final = 1_000
_MAX_TEXT: Final = 4_096
"""What comes after that many characters is not looked at."""
_MAX_REMEMBERED: Final = 500

_ACCEPT: Final = 0


class TooManyStates(ValueError):
    """The parts are too many, or repeat too much."""


class Edge(Enum):
    """A place between characters."""

    START = "start"
    END = "end"


@dataclass(frozen=True)
class One:
    """One character that passes the test."""

    test: re.Pattern[str]


@dataclass(frozen=True)
class Row:
    """One after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Either:
    """One or the other."""

    options: tuple[Part, ...]


@dataclass(frozen=True)
class Repeat:
    """The same so many times; *most* is none for any number."""

    part: Part
    least: int
    most: int | None


Part: TypeAlias = "Edge | One | Row | Either | Repeat"


class Automaton:
    """Says of texts whether they are made of one part, from the first to the last character."""

    def __init__(self, part: Part) -> None:
        """Make the states for *part*.

        Raises:
            TooManyStates
        """
        self._tests: list[re.Pattern[str] | Edge | None] = [None]
        self._next: list[tuple[int, ...]] = [()]
        self._takers: dict[str, frozenset[int]] = {}
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._entry = self._build(part, _ACCEPT)

    def matches(self, text: str) -> bool:
        """Say whether *text* fits."""
        text = text[:_MAX_TEXT]
        here = self._closure((self._entry,), is_start=True, is_end=not text)
        for place, char in enumerate(text, 1):
            here = self._after(here, char, is_end=place == len(text))
            if not here:
                return False
        return _ACCEPT in here

    def _after(self, here: frozenset[int], char: str, *, is_end: bool) -> frozenset[int]:
        known = None if is_end else self._steps.get((here, char))
        if known is not None:
            return known
        reached = (self._next[state][0] for state in here & self._taking(char))
        there = self._closure(reached, is_start=False, is_end=is_end)
        if not is_end:
            if len(self._steps) >= _MAX_REMEMBERED:
                self._steps.clear()
            self._steps[here, char] = there
        return there

    def _taking(self, char: str) -> frozenset[int]:
        takers = self._takers.get(char)
        if takers is None:
            takers = frozenset(
                state
                for state, test in enumerate(self._tests)
                if isinstance(test, re.Pattern) and test.fullmatch(char)
            )
            if len(self._takers) >= _MAX_REMEMBERED:
                self._takers.clear()
            self._takers[char] = takers
        return takers

    def _closure(self, states: Iterable[int], *, is_start: bool, is_end: bool) -> frozenset[int]:
        """Return all states that are reached from *states* without a further character."""
        open_edges = {Edge.START: is_start, Edge.END: is_end}
        seen: set[int] = set()
        to_see = list(states)
        while to_see:
            state = to_see.pop()
            if state in seen:
                continue
            seen.add(state)
            test = self._tests[state]
            if test is None or (isinstance(test, Edge) and open_edges[test]):
                to_see.extend(self._next[state])
        return frozenset(seen)

    def _build(self, part: Part, then: int) -> int:
        """Return the state in which *part* begins, after which it goes on with *then*."""
        match part:
            case Edge():
                return self._add(part, then)
            case One(test):
                return self._add(test, then)
            case Row(parts):
                for one in reversed(parts):
                    then = self._build(one, then)
                return then
            case Either(options):
                return self._add(None, *(self._build(one, then) for one in options))
            case Repeat(part, least, most):
                return self._build_repeat(part, least, most, then)

    def _build_repeat(self, part: Part, least: int, most: int | None, then: int) -> int:
        entry = then
        if most is None:
            entry = self._add(None, then)
            self._next[entry] = (self._build(part, entry), then)
        else:
            for _ in range(most - least):
                entry = self._add(None, self._build(part, entry), then)
        for _ in range(least):
            entry = self._build(part, entry)
        return entry

    def _add(self, test: re.Pattern[str] | Edge | None, *then: int) -> int:
        if len(self._tests) >= _MAX_STATES:
            raise TooManyStates
        self._tests.append(test)
        self._next.append(then)
        return len(self._tests) - 1
