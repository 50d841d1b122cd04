"""The page that tells a run, from figures that are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.browser import CALLS, IN_BLOCKS, IN_TURNS, OURS as POSTED
from benchmarks.relay import AGENTS, BARE, CONNECTIONS, NAIVE, OURS
from benchmarks.rivals import DIRECT

ROOT = Path(__file__).parents[2]


def _relay() -> dict[str, Any]:
    speeds = {BARE: [1000.0, 2000.0], NAIVE: [250.0, 500.0], OURS: [900.0, 2000.0]}
    return {
        "servers": [
            {
                "server": server,
                "agents": agents,
                "connections": connections,
                "failures": 0,
                "per_second": speed,
                "p50_ms": [1000 / each for each in speed],
                "p99_ms": [5000 / each for each in speed],
                "cpu_ms": [0.1, 0.1],
            }
            for agents in AGENTS
            for connections in CONNECTIONS
            for server, speed in speeds.items()
        ]
    }


def _browser() -> dict[str, Any]:
    measured = [
        {
            "action": action,
            "arrangement": arrangement,
            "contestant": contestant,
            "p50": [milliseconds, milliseconds],
            "mean": [milliseconds, milliseconds],
            "around": [0.5, 0.5],
        }
        for action in CALLS
        for arrangement in (IN_BLOCKS, IN_TURNS)
        for contestant, milliseconds in ((DIRECT, 1.0), (POSTED, 1.3))
    ]
    return {"measured": measured, "absent": {"Selenium Grid, standalone": "it lacks Java"}}


@pytest.fixture
def found() -> dict[str, Any]:
    """A run of two suites, and one that failed."""
    return {
        "at": "2026-11-25T12:00:00+00:00",
        "command": "python -m benchmarks",
        "machine": {
            "processor": "a processor",
            "cores": 2,
            "memory_gib": 8.0,
            "system": "Linux",
            "python": "3.11",
            "packages": {"uvicorn": "1"},
            "commit": "abc",
            "load_before": 0.1,
        },
        "rounds": 2,
        "seconds": {"relay": 30.0, "browser": 60.0},
        "suites": {"relay": _relay(), "browser": _browser()},
        "failed": {"scale": "no sockets"},
    }


def test_targets_are_told_with_what_was_measured(found: dict[str, Any]) -> None:
    told = report.summary(found)

    assert "beside the bare relay | ≥ 1 × | 0.95 × | **no** |" in told
    assert "beside the naive FastAPI relay | ≥ 3 × | 3.80 × | yes |" in told
    assert "`evaluate` through POST beside direct Playwright | ≤ 1.4 × | 1.30 × | yes |" in told
    assert "`screenshot` through POST beside direct Playwright | ≤ 0.7 × | 1.30 × | **no**" in told
    assert "scale was not measured: no sockets" in told


def test_a_rival_that_is_not_here_has_its_row_or_line(found: dict[str, Any]) -> None:
    told = report.run(found)

    assert "httptools + picows | not here" in told
    assert "- Selenium Grid, standalone: it lacks Java" in told


def test_the_page_has_its_places_and_keeps_the_rest(tmp_path: Path, found: dict[str, Any]) -> None:
    page = tmp_path / "performance.md"
    page.write_text((ROOT / "docs" / "performance.md").read_text())

    report.write(page, found)
    once = page.read_text()
    report.write(page, found)

    assert page.read_text() == once
    assert "2 cores of a processor" in once
    assert "## A hundred thousand agents, a million" in once
    with pytest.raises(ValueError, match="no place for nowhere"):
        report.fill(once, {"nowhere": ""})
