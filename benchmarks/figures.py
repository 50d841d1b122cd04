"""The arithmetic of all benchmarks, once: medians, ratios of what ran in the same minutes, tables.

A ratio is taken within each round, where both met the same machine, and its median over the rounds
is what is told; a ratio of two medians may be of rounds that never met.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return float(statistics.median(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of each round; both have one figure for each."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the least value that is not exceeded by *percent* of all (the nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; a cell is text, and a bar in it ends no cell."""
    lines = [_line(header), "|" + "---|" * len(header)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells under a header of {len(header)}: {row}")
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def times(value: float) -> str:
    """Write a ratio."""
    return f"× {value:.2f}"


def milliseconds(value: float) -> str:
    """Write a duration, with as many digits as it deserves."""
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms"


@dataclass(frozen=True)
class Target:
    """What a figure is to be: at most *bound*, or at least that."""

    what: str
    figure: float
    bound: float
    at_most: bool = True
    unit: str = "×"

    @property
    def is_met(self) -> bool:
        """Whether it is."""
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound

    def cells(self) -> tuple[str, ...]:
        """Return its row of `targets_table`."""
        sign = "≤" if self.at_most else "≥"
        return (
            self.what,
            f"{sign} {self.bound:g} {self.unit}",
            f"{self.figure:.2f} {self.unit}",
            "yes" if self.is_met else "**no**",
        )


def targets_table(targets: Iterable[Target]) -> str:
    """Return what was to be shown, and whether it was."""
    return table(("to show", "bound", "measured", "met"), [each.cells() for each in targets])
