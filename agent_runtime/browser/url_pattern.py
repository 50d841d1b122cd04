"""Patterns of URLs: globs and regular expressions that no URL can make slow.

A pattern is the caller's, but the URLs are the page's, and the agent has one thread. So a pattern
becomes an automaton. What no automaton can do is refused: look-around, references to a group, and
the borders of words.
"""

from __future__ import annotations

import re
import warnings
from typing import Final, Self

from agent_runtime.browser.automaton import (
    Automaton,
    Edge,
    Either,
    One,
    Part,
    Repeat,
    Row,
    TooManyStates,
)

_MAX_DEPTH: Final = 50

_ANY: Final = Repeat(One(re.compile("(?s:.)")), 0, None)
_WITHIN_SEGMENT: Final = Repeat(One(re.compile("[^/]")), 0, None)
_SEGMENTS: Final = Repeat(Row((_ANY, One(re.compile("/")))), 0, 1)

_ONLY_A_HOST: Final = re.compile(r"https?://[^/*?{}\\]+", re.IGNORECASE)
_COUNT: Final = re.compile(r"\{(?=[\d,])(\d{0,4})(?:(,)(\d{0,4}))?\}")
_NAME: Final = re.compile(r"P?<[A-Za-z_]\w*>")
_HEX: Final = re.compile(r"x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}")


class BadPattern(ValueError):
    """The pattern cannot be read, or asks for more than an automaton can do."""


class UrlPattern:
    """What a URL must look like."""

    def __init__(self, text: str, part: Part) -> None:
        """Take *part* as what *text*, as the caller wrote it, means."""
        self.text = text
        try:
            self._automaton = Automaton(part)
        except TooManyStates as error:
            raise BadPattern("it is too long, or repeats too much") from error

    @classmethod
    def of_glob(cls, glob: str) -> Self:
        """Read a pattern that the whole URL must fit.

        `*` stands for anything but a slash, `**` for anything, `{a,b}` for either; a backslash
        makes the next character stand for itself.

        Raises:
            BadPattern
        """
        # A browser writes the URL of a host with a slash, people write it without.
        whole = f"{glob}/" if _ONLY_A_HOST.fullmatch(glob) else glob
        return cls(glob, _Glob(whole).read())

    @classmethod
    def of_regex(cls, regex: str) -> Self:
        """Read a regular expression that must fit somewhere in the URL.

        Raises:
            BadPattern
        """
        return cls(regex, Row((_ANY, _Regex(regex).read(), _ANY)))

    def matches(self, url: str) -> bool:
        """Say whether *url* fits."""
        return self._automaton.matches(url)


class _Glob:
    """Reads a glob from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def read(self) -> Part:
        return self._row(until="")

    def _row(self, until: str) -> Row:
        parts: list[Part] = []
        while self._place < len(self._text) and self._text[self._place] not in until:
            parts.append(self._one(until))
        return Row(tuple(parts))

    def _one(self, until: str) -> Part:
        text, place = self._text, self._place
        if text.startswith("**/", place) and (place == 0 or text[place - 1] == "/"):
            self._place += 3
            return _SEGMENTS
        if text.startswith("**", place):
            self._place += 2
            return _ANY
        self._place += 1
        match text[place]:
            case "*":
                return _WITHIN_SEGMENT
            case "{":
                return self._either(until)
            case "\\" if place + 1 < len(text):
                self._place += 1
                return _literal(text[place + 1])
            case char:
                return _literal(char)

    def _either(self, until: str) -> Part:
        if until:
            raise BadPattern("braces cannot stand in braces")
        options = [self._row(until=",}")]
        while self._take() == ",":
            options.append(self._row(until=",}"))
        return Either(tuple(options))

    def _take(self) -> str:
        if self._place >= len(self._text):
            raise BadPattern("a brace is not closed")
        self._place += 1
        return self._text[self._place - 1]


class _Regex:
    """Reads a regular expression from left to right."""

    def __init__(self, text: str) -> None:
        self._flags = re.IGNORECASE if text.startswith("(?i)") else re.NOFLAG
        self._text = text.removeprefix("(?i)")
        self._place = 0
        self._depth = 0

    def read(self) -> Part:
        part = self._either()
        if self._place < len(self._text):
            raise BadPattern("a bracket is closed that was not opened")
        return part

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take_if(self, expected: str) -> bool:
        is_there = self._text.startswith(expected, self._place)
        self._place += len(expected) * is_there
        return is_there

    def _either(self) -> Part:
        options = [self._row()]
        while self._take_if("|"):
            options.append(self._row())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _row(self) -> Row:
        parts: list[Part] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._one()))
        return Row(tuple(parts))

    def _one(self) -> Part:
        char = self._peek()
        self._place += 1
        match char:
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case "^":
                return Edge.START
            case "$":
                return Edge.END
            case ".":
                return self._tested(".")
            case "*" | "+" | "?":
                raise BadPattern(f"there is nothing that {char!r} could repeat")
            case _:
                return self._tested(re.escape(char))

    def _group(self) -> Part:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadPattern("its groups are too deep")
        if self._take_if("?") and not self._take_if(":"):
            name = _NAME.match(self._text, self._place)
            if name is None:
                raise BadPattern("look-around and flags inside are not understood")
            self._place = name.end()
        part = self._either()
        if not self._take_if(")"):
            raise BadPattern("a group is not closed")
        self._depth -= 1
        return part

    def _class(self) -> Part:
        begin = self._place
        self._take_if("^")
        self._take_if("]")
        while (char := self._peek()) != "]":
            if not char:
                raise BadPattern("a set is not closed")
            self._place += 2 if char == "\\" else 1
        self._place += 1
        return self._tested(f"[{self._text[begin : self._place]}")

    def _escape(self) -> Part:
        if (code := _HEX.match(self._text, self._place)) is not None:
            self._place = code.end()
            return self._tested(f"\\{code[0]}")
        char = self._peek()
        self._place += 1
        if char and char in "dDsSwW":
            return self._tested(f"\\{char}")
        if char and char in "fnrtv":
            return self._tested(f"\\{char}")
        if not char or char.isalnum():
            raise BadPattern(f"{chr(92)}{char} is not understood")
        return self._tested(re.escape(char))

    def _repeated(self, part: Part) -> Part:
        count = _COUNT.match(self._text, self._place)
        if count is not None:
            self._place = count.end()
            least = int(count[1] or 0)
            most = least if count[2] is None else int(count[3]) if count[3] else None
        elif (char := self._peek()) and char in "*+?":
            self._place += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        else:
            return part
        if most is not None and most < least:
            raise BadPattern("a repetition has its smaller number last")
        # Whether it takes much or little makes no difference to whether it fits.
        self._take_if("?")
        if (again := self._peek()) and again in "*+?":
            raise BadPattern(f"{again!r} cannot repeat a repetition")
        return Repeat(part, least, most)

    def _tested(self, source: str) -> One:
        try:
            with warnings.catch_warnings():
                # Of what may mean something else in a Python to come.
                warnings.simplefilter("ignore", FutureWarning)
                return One(re.compile(source, self._flags))
        except re.error as error:
            raise BadPattern(str(error)) from error


def _literal(char: str) -> One:
    return One(re.compile(re.escape(char), re.DOTALL))
