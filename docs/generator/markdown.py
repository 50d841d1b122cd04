"""The few shapes of Markdown that the pages are made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Final

from docs.generator.source import ROOT

_EMPHASIS: Final = re.compile(r"(?<![\w*`])\*(\w+)\*(?![\w*`])")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells may hold Markdown, and a pipe in one is no column."""
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([_cell(cell) for cell in row]) for row in rows]
    return "\n".join(lines)


def code(text: object) -> str:
    """Return *text* as inline code."""
    return f"`{text}`"


def codes(texts: Iterable[object], between: str = ", ") -> str:
    """Return several pieces of inline code in a row."""
    return between.join(code(text) for text in texts)


def file_block(path: str, language: str) -> str:
    """Return a file of the repository as it is."""
    return f"```{language}\n{(ROOT / path).read_text(encoding='utf-8').strip()}\n```"


def prose(docstring: str) -> str:
    """Return a docstring as Markdown: what it calls *name* is a field or a parameter."""
    named = _EMPHASIS.sub(r"`\1`", inspect.cleandoc(docstring).replace("``", "`"))
    parts = named.split("`")
    # What is left of asterisks outside of code is meant as such: a glob, say.
    return "`".join(part if i % 2 else part.replace("*", r"\*") for i, part in enumerate(parts))


def sentence(text: str) -> str:
    """Return *text* with a capital and a full stop."""
    text = text.strip()
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
