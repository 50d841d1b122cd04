"""The page that tells a run: its tables under their headings, between the marks of a page."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Final

from benchmarks import browser, journal, machine, many, relay, scale, simulate
from benchmarks.figures import Json, Target, targets_table

_SUITES: Final[dict[str, ModuleType]] = {
    "relay": relay,
    "browser": browser,
    "many": many,
    "scale": scale,
    "journal": journal,
}

HEADINGS: Final = {
    "relay": "The way there and back",
    "browser": "A browser, beside other ways to drive one",
    "many": "Thousands of commands",
    "scale": "Ten thousand agents",
    "journal": "A million commands",
    "live": "Looking on",
}

_BLOCK: Final = re.compile(
    r"(<!-- benchmarks: (?P<name>[a-z-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL
)


def targets(found: Json) -> list[Target]:
    """Return what was to be shown by all suites that ran."""
    return [
        target
        for name, module in _SUITES.items()
        if name in found["suites"]
        for target in module.targets(found["suites"][name])
    ]


def section(name: str, found: Json) -> str:
    """Return one suite's tables under their heading."""
    figures = found["suites"][name]
    if name not in _SUITES:
        return f"### {HEADINGS.get(name, name)}\n\n{figures['markdown']}"
    return f"### {HEADINGS[name]}\n\n{_SUITES[name].tables(figures)}"


def summary(found: Json) -> str:
    """Return what was to be shown, and what failed."""
    failed = "".join(f"\n- {name} was not measured: {why}" for name, why in found["failed"].items())
    return targets_table(targets(found)) + (f"\n{failed}" if failed else "")


def run(found: Json) -> str:
    """Return all of a run."""
    minutes = sum(found["seconds"].values()) / 60
    head = (
        f"`{found['command']}` of {found['at'][:10]}, {found['rounds']} rounds, "
        f"{minutes:.0f} minutes.\n{machine.sentence(found['machine'])}"
    )
    sections = [section(name, found) for name in found["suites"]]
    return "\n\n".join([head, summary(found), *sections])


def write(path: Path, found: Json) -> None:
    """Write a run, and what it foretells, into the marked places of a page.

    Raises:
        ValueError: the page has no such place.
    """
    page = path.read_text()
    blocks = {"last-run": run(found)}
    if simulate.is_measured(found):
        blocks["simulation"] = simulate.tables(simulate.unit_costs(found))
    path.write_text(fill(page, blocks))


def fill(page: str, blocks: dict[str, str]) -> str:
    """Return *page* with these blocks anew; others stay as they are."""
    missing = set(blocks) - {match["name"] for match in _BLOCK.finditer(page)}
    if missing:
        raise ValueError(f"the page has no place for {', '.join(sorted(missing))}")
    return _BLOCK.sub(
        lambda match: (
            f"{match[1]}\n{blocks[match['name']].strip()}\n\n{match[3]}"
            if match["name"] in blocks
            else match[0]
        ),
        page,
    )
