"""What the source says that the running code no longer knows."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def member_docs(cls: type) -> dict[str, str]:
    """Return the docstring under each member of an enum, by the member's name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    docs: dict[str, str] = {}
    for assignment, after in pairwise(body):
        if not isinstance(assignment, ast.Assign) or not isinstance(after, ast.Expr):
            continue
        target, text = assignment.targets[0], after.value
        if isinstance(target, ast.Name) and isinstance(text, ast.Constant):
            docs[target.id] = str(text.value)
    return docs


def is_used(expression: str, *packages: str) -> bool:
    """Say whether the code of *packages* contains *expression* anywhere but in a class header."""
    return any(expression in line for line in _lines(packages) if not line.startswith("class "))


@cache
def _lines(packages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        line
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
